"""What help says that a command needs is what the rules ask for."""

from __future__ import annotations

from typing import Final

from tests.core.ruled import RuledCase, typed
from tests.core.world import Seat
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules.decisions import SendReply

ARGUMENTS: Final = {
    "register": "secret-12",
    "login": "carl secret-12",
    "passwd": "secret-12 secret-21",
    "privacy": "rooms",
    "drop-account": "secret-12",
    "forget-me": "all",
}


class NeedsTests(RuledCase):
    def code_of(self, seat: Seat, line: str) -> str:
        decision = self.world.decide(seat, typed(line))
        if isinstance(decision, SendReply) and isinstance(decision.reply, Refused):
            return decision.reply.code
        return ""

    def test_commands_for_accounts_are_refused_to_guests_and_the_other_way_round(self) -> None:
        for name, spec in COMMANDS.items():
            if spec.account is None:
                continue
            line = f"{name} {ARGUMENTS.get(name, '')}".rstrip()
            if spec.account:
                want = "not-operator" if spec.action else ("no-account", "needs-account")
                self.assertIn(self.code_of(self.eve, line), want, name)
            else:
                self.assertEqual(self.code_of(self.olga, line), "already-logged-in", name)

    def test_commands_of_this_machine_are_refused_to_others(self) -> None:
        for name, spec in COMMANDS.items():
            if spec.local:
                self.assertEqual(self.code_of(self.olga, name), "not-operator", name)
                self.world.session(self.olga).local = True
                self.assertEqual(self.code_of(self.olga, name), "", name)
                self.world.session(self.olga).local = False
