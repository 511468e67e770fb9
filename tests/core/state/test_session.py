from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.values.ids import RoomId, SessionId
from twisted_chat.core.values.ratelimit import Bucket


class SessionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.session = SessionState(SessionId(1), "somewhere", Bucket(20, NOW))

    def focus_on(self, *rooms: int) -> None:
        for each in rooms:
            self.session.focus_on(RoomId(each))

    def leave(self, left: int) -> int | None:
        self.session.drop(RoomId(left), fall_back=True)
        return self.session.focus

    def kick(self, out_of: int) -> int | None:
        self.session.drop(RoomId(out_of), fall_back=False)
        return self.session.focus

    def test_leaving_goes_back_the_way_one_came(self) -> None:
        for went, left, talks in (
            ((1, 2, 3), (3, 2, 1), [2, 1, None]),
            # A return to a room changes the way back, and the focus on the focus does not.
            ((1, 2, 3, 1), (1, 3, 2), [3, 2, None]),
            ((1, 2, 2, 2), (2, 1), [1, None]),
            # Another room than the focus, and one that was never the focus.
            ((1, 2, 3), (2, 3), [3, 1]),
            ((1,), (7,), [1]),
        ):
            self.setUp()
            self.focus_on(*went)
            self.assertEqual(self.session.focus, went[-1])
            self.assertEqual([self.leave(each) for each in left], talks, went)

    def test_after_a_kick_from_the_focus_there_is_none_but_the_way_back_is(self) -> None:
        self.focus_on(1, 2)
        self.assertIsNone(self.kick(2))
        self.focus_on(3)
        self.assertEqual(self.leave(3), 1)

    def test_kick_from_another_room_keeps_the_focus(self) -> None:
        self.focus_on(1, 2)
        self.assertEqual(self.kick(1), 2)
        self.assertIsNone(self.leave(2))

    @given(st.lists(st.tuples(st.sampled_from("flk"), st.integers(1, 4))))
    def test_focus_and_way_back_name_each_room_once(self, steps: list[tuple[str, int]]) -> None:
        session, rooms = SessionState(SessionId(1), "", Bucket(20, NOW)), set[int]()
        for step, number in steps:
            if step == "f":
                session.focus_on(RoomId(number))
                rooms.add(number)
                self.assertEqual(session.focus, number)
            else:
                session.drop(RoomId(number), fall_back=step == "l")
                rooms.discard(number)
            known = [*session.before, *([session.focus] if session.focus is not None else [])]
            self.assertEqual(sorted(known), sorted(rooms))
