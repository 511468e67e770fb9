"""Tests for twisted_chat.core.rules.private."""

from __future__ import annotations

from msgspec.structs import replace

from tests.core.rules.test_apply_private import PrivateCase
from tests.core.world import Seat, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.rules import private
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.values.account import Privacy


class AddresseeTests(PrivateCase):
    def test_name_of_an_account_is_the_account_or_who_is_here_with_it(self) -> None:
        bob = self.state.accounts["bob"]
        self.assertIs(private.addressee(self.state, nick("Bob"), "say"), bob)
        back = self.world.login("bob")
        self.world.do(back, c.Rename(nick("rob")))
        user = self.world.user(back)
        for name in ("bob", "rob"):
            self.assertIs(private.addressee(self.state, nick(name), "say"), user)
        self.assertIsNone(private.addressee(self.state, nick("nobody"), "say"))

    def test_requests_between_programs_are_for_who_is_here(self) -> None:
        self.assertIsNone(private.addressee(self.state, nick("bob"), "ctcp"))
        self.assertIsNotNone(private.addressee(self.state, nick("ann"), "ctcp"))


class RefusalTests(PrivateCase):
    def refused(self, seat: Seat, privacy: Privacy) -> bool:
        """Tell whether Bob, who is not here, takes nothing from somebody."""
        bob = replace(self.state.accounts["bob"], privacy=privacy)
        self.state.accounts.put(bob)
        told = self.world.decide(seat, c.PrivateMessage(bob.name, lines("hi")))
        return isinstance(told, SendReply)

    def test_who_is_not_here_takes_messages_from_whom_they_want(self) -> None:
        seat = self.world.enter("eve")
        for privacy, ann, eve in (("all", False, False), ("accounts", False, True)):
            self.assertEqual(self.refused(self.ann, privacy), ann)  # type: ignore[arg-type]
            self.assertEqual(self.refused(seat, privacy), eve)  # type: ignore[arg-type]

    def test_rooms_are_those_where_they_were_last(self) -> None:
        self.world.do(self.ann, c.Leave())  # the lobby
        bob = self.world.login("bob")
        self.world.do(bob, c.Join(room("dev")))
        self.world.close(bob)
        self.assertTrue(self.refused(self.ann, "rooms"))
        # Dev is another room by now: that one was gone with him.
        self.world.do(self.ann, c.Join(room("dev")))
        self.assertTrue(self.refused(self.ann, "rooms"))
        bob = self.world.login("bob")
        self.world.do(bob, c.Join(room("dev")))
        self.world.close(bob)
        self.assertFalse(self.refused(self.ann, "rooms"))
