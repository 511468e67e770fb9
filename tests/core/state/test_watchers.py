"""Which sessions watch which nicknames."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import nick
from twisted_chat.core.state.watchers import Watchers
from twisted_chat.core.values.ids import SessionId

ONE, TWO = SessionId(1), SessionId(2)


class WatchersTests(SynchronousTestCase):
    def test_names_are_watched_in_any_case_of_letters(self) -> None:
        watchers = Watchers()
        watchers.add(ONE, [nick("Bob")])
        watchers.add(TWO, [nick("bob"), nick("eve")])
        self.assertEqual(watchers.of(nick("BOB")), (ONE, TWO))
        self.assertEqual(watchers.watched_by(TWO), (nick("bob"), nick("eve")))

    def test_nothing_is_left_of_what_is_watched_no_more(self) -> None:
        watchers = Watchers()
        for session in (ONE, TWO):
            watchers.add(session, [nick("bob"), nick("eve")])
            watchers.in_detail.add(session)
        watchers.remove(ONE, [nick("BOB"), nick("dan")])
        self.assertEqual(
            (watchers.of(nick("bob")), watchers.watched_by(ONE)), ((TWO,), (nick("eve"),))
        )
        watchers.remove(ONE, [nick("eve")])
        watchers.forget(TWO)
        watchers.forget(TWO)
        self.assertFalse(watchers)
        self.assertEqual((watchers.of(nick("eve")), watchers.in_detail), ((), {ONE}))
