"""Who may what: the table, in all its combinations of roles."""

from __future__ import annotations

from itertools import combinations
from typing import Final, get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.core.matrix import arrange, rows
from tests.core.world import NOW, World, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.room_settings import NEEDED, Action, Role, Roles

ROLES: Final[tuple[Role, ...]] = get_args(Role)


def all_flags() -> list[Roles]:
    return [frozenset(some) for n in range(4) for some in combinations(ROLES, n)]


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        seat = self.world.enter("bob")
        self.world.do(seat, c.Join(room("dev")))
        self.user = self.world.user(seat)
        self.room = self.world.hub.state.rooms_by_key["dev"]

    def arrange(self, how: str) -> tuple[User, Room, Roles]:
        """Set the room as a row says; return who does it, where, and the roles of whom it is done to."""
        return self.user, self.room, arrange(how, self.world.hub.state, self.user, self.room)

    def test_table_has_every_action(self) -> None:
        self.assertEqual({action for action, _, _ in rows()}, set(get_args(Action)))
        self.assertEqual(set(NEEDED), set(get_args(Action)))

    def test_table_holds_for_all_combinations_of_roles(self) -> None:
        for action, how, (nobody, *each) in rows():
            for roles in all_flags():
                user, dev, against = self.arrange(how)
                dev.members[user.id] = roles
                allowed = nobody or any(
                    yes
                    for role, yes in zip(("voice", "operator", "owner"), each, strict=True)
                    if role in roles
                )
                refused = may(action, user, dev, NOW, against)  # type: ignore[arg-type]
                self.assertEqual(refused is None, allowed, (action, how, sorted(roles)))

    def test_roles_of_an_account_count_before_it_is_there(self) -> None:
        user, dev, _ = self.arrange("invite-only")
        del dev.members[user.id]
        self.assertIsNotNone(may("enter", user, dev, NOW))
        dev.roles["bob"] = frozenset(("voice",))
        self.assertIsNone(may("enter", user, dev, NOW))

    def test_refusals_say_what_would_help(self) -> None:
        for action, how, roles, code, why in (
            (
                "speak",
                "slow",
                [],
                "slow",
                "#dev is in slow mode. The message was not sent. Wait 1 second.",
            ),
            ("enter", "banned", [], "banned", "You are banned from #dev."),
            (
                "kick",
                "",
                ["voice"],
                "not-operator",
                "Only operators of #dev can do that. Nothing was changed.",
            ),
            (
                "drop",
                "",
                ["operator"],
                "not-owner",
                "Only the owner of #dev can do that. Nothing was changed.",
            ),
            (
                "ban",
                "the owner",
                ["operator"],
                "is-owner",
                "Nobody can do that to the owner of #dev. Nothing was changed.",
            ),
        ):
            user, dev, against = self.arrange(how)
            dev.members[user.id] = frozenset(roles)  # type: ignore[arg-type]
            refused = may(action, user, dev, NOW, against)  # type: ignore[arg-type]
            assert refused is not None
            self.assertEqual((refused.code, refused.why), (code, why))

    def test_ban_says_how_long_and_why(self) -> None:
        user, dev, _ = self.arrange("")
        dev.members[user.id] = Roles()
        spam = msgspec.structs.replace(Ban(read_target("bob"), "eve", NOW, NOW + 7200), reason=None)
        dev.bans["bob"] = spam
        refused = may("enter", user, dev, NOW + 3600)
        assert refused is not None
        self.assertEqual(refused.why, "You are banned from #dev, for 1 hour more.")
        self.assertIsNone(may("enter", user, dev, NOW + 7200))

    def test_nobody_waits_in_a_slow_room_for_a_clock_that_was_set_back(self) -> None:
        user, dev, _ = self.arrange("slow")
        dev.members[user.id] = Roles()
        dev.spoke[user.invitation] = NOW + 1000
        self.assertIsNone(may("speak", user, dev, NOW))
        dev.spoke[user.invitation] = NOW
        refused = may("speak", user, dev, NOW)
        assert refused is not None
        self.assertIn("Wait 30 seconds.", refused.why)
        dev.spoke[user.invitation] = NOW - 30
        self.assertIsNone(may("speak", user, dev, NOW))

    def test_nobody_rules_the_lobby(self) -> None:
        lobby = self.world.hub.state.rooms_by_key["lobby"]
        for action, needed in NEEDED.items():
            if needed:
                refused = may(action, self.user, lobby, NOW)
                assert refused is not None
                self.assertEqual(
                    refused.why,
                    "Nobody can do that in #lobby, because it has no operators. Nothing was changed.",
                )

    def test_nick_of_a_nobody_is_no_role(self) -> None:
        """Who calls himself as a role is called has none."""
        seat = self.world.enter("voice")
        self.world.do(seat, c.Join(room("dev")))
        user = self.world.user(seat)
        self.assertEqual(user.nick, nick("voice"))
        self.assertIsNotNone(may("kick", user, self.room, NOW))
