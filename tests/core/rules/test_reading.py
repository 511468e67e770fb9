"""Until when people have read: times that programs set, and that the server notes."""

from __future__ import annotations

from tests.core.ruled import give_account
from tests.core.rules.cases import ChatCase
from tests.core.world import nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.outcomes import Between


class ReadUntilTests(ChatCase):
    def test_any_name_has_one_and_none_to_begin_with(self) -> None:
        for target in (room("nowhere"), nick("nobody"), room("dev")):
            self.assertEqual(
                self.reply(self.bob, c.ShowReadUntil(target)), r.ReadUntil(target, None)
            )
            self.world.do(self.bob, c.MarkReadUntil(target, 1_546_612_406_123))
            self.world.do(self.bob, c.MarkReadUntil(target, 1))
            self.assertEqual(
                self.reply(self.bob, c.ShowReadUntil(target)),
                r.ReadUntil(target, 1_546_612_406_123),
            )
            self.assertEqual(
                self.reply(self.alice, c.ShowReadUntil(target)), r.ReadUntil(target, None)
            )

    def test_it_stays_when_the_room_is_left_and_goes_with_a_guest(self) -> None:
        self.world.do(self.bob, c.MarkReadUntil(room("dev"), 5))
        self.world.do(self.bob, c.Leave(room("dev")))
        self.assertEqual(self.state.read_times.get(self.user("bob").invitation, room("dev")), 5)
        self.world.close(self.bob)
        self.assertEqual(self.state.read_times.dump(), {})

    def test_all_users_of_the_account_are_told_what_it_is_now(self) -> None:
        for seat in (self.bob, self.alice):
            give_account(self.world, seat, "bob")
        self.world.do(self.alice, c.MarkReadUntil(room("dev"), 9))
        outcome = self.applied(self.bob, e.ReadUntil(room("dev"), 5))
        assert isinstance(outcome.audience, Between)
        users = outcome.audience.users
        self.assertEqual(set(users), {self.user("bob").id, self.user("alice").id})
        told = r.ReadUntil(room("dev"), 9)
        self.assertEqual(
            outcome.effects,
            (f.TellRead(users, told, tagged=True), f.NoteReadMessage(self.dev, 9, room("dev"))),
        )

    def test_time_that_no_program_can_write_is_refused(self) -> None:
        for time in (-1, 253_402_300_800_000):
            refused = self.world.refusal(self.bob, c.MarkReadUntil(room("dev"), time))
            self.assertEqual(refused.code, "bad-time")

    def test_time_of_a_message_that_was_read_is_looked_up(self) -> None:
        give_account(self.world, self.bob, "bob")
        message = self.next
        outcome = self.applied(self.bob, e.Read(message), self.dev)
        self.assertIn(f.NoteReadTime(self.dev, message, room("dev")), outcome.effects)
