"""The table of who may what holds for clients of IRC as well."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.core.matrix import rows
from tests.doors.house import STRANGER, Guest
from tests.doors.irc.house import irc_door
from tests.doors.line.test_room_rules import DOES, ROLES, Scene

#: What a client sends; for what IRC has no verb of its own, our command without its slash.
SENDS = {
    "enter": "JOIN #dev",
    "speak": "PRIVMSG #dev :hello",
    "read all": "HISTORY",
    "set topic": "TOPIC #dev :news",
    "forget me": "FORGET-ME dev",
    "delete": "REDACT #dev OLD-NEWS",
    "keep": "KEEP #dev 30 days",
    "set": "MODE #dev +s",
    "lock": "MODE #dev +k secret",
    "invite": "INVITE carl #dev",
    "kick": "KICK #dev eve",
    "ban": "MODE #dev +b eve",
    "unban": "MODE #dev -b mallory",
    "list bans": "MODE #dev b",
    "mute": "MODE #dev +b m:eve",
    "unmute": "MODE #dev -b m:mallory",
    "change role": "MODE #dev +v eve",
    "register": "REGISTER-ROOM #dev",
    "rename": "RENAME #dev #other",
    "transfer": "TRANSFER #dev eve",
    "export": "EXPORT #dev",
    "drop": "DROP-ROOM dev",
}
#: What refuses: numerics from 400 on, and the errors that standard replies have.
_REFUSED = re.compile(r"^:server (?:[4-6][0-9]{2}|FAIL) ")


class IrcScene(Scene):
    """The same, with a client of IRC as the actor."""

    def come(self) -> Guest:
        actor = Guest(self.house, STRANGER, irc_door(self.house))
        actor.types("NICK actor", "USER actor 0 * :Actor")
        return actor

    def types(self, line: str) -> None:
        self.actor.types({"/join dev": "JOIN #dev", "/leave": "PART #dev"}.get(line, line))

    def may(self, action: str) -> bool:
        self.types(SENDS[action].replace("OLD-NEWS", self.old_news))
        said = self.actor.sees()
        if action == "read all":
            return any("old news" in each for each in said)
        return not any(map(_REFUSED.match, said))


class MatrixTests(SynchronousTestCase):
    def test_table_holds_for_clients_of_irc(self) -> None:
        self.assertEqual(SENDS.keys(), DOES.keys())
        for action, how, expected in rows():
            for role, allowed in zip(ROLES, expected, strict=True):
                scene = IrcScene(action, how, role)
                self.assertEqual(scene.may(action), allowed, (action, how, role))
                scene.house.closes()
