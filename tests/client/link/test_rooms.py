"""In which rooms one is, through lost connections."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.link.rooms import Membership


class MembershipTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.rooms = Membership(())

    def enters(self, room: str, password: str | None = None, spelled: str | None = None) -> None:
        self.rooms.wants(room, password, "t")
        self.rooms.entered(spelled or room, "t")

    def test_a_room_that_was_left_is_visited_once_more_with_its_password(self) -> None:
        self.enters("dev", "pw")
        self.rooms.leaves("dev")
        self.assertEqual(self.rooms.to_visit({"ops"}), [])
        self.assertEqual(self.rooms.to_visit({"dev", None}), [("dev", "pw")])
        self.rooms.gone("dev")
        self.assertEqual(self.rooms.to_visit({"dev"}), [])

    def test_one_begins_in_the_lobby_or_in_the_last_of_the_rooms_to_begin_with(self) -> None:
        self.assertEqual((list(self.rooms.wanted), self.rooms.focus), (["lobby"], "lobby"))
        self.assertEqual(self.rooms.to_enter(), [])
        rooms = Membership((("a", None), ("b", "pw")))
        self.assertEqual(rooms.focus, "b")
        self.assertEqual(rooms.to_enter(), [("a", None), ("b", "pw")])

    def test_a_room_is_entered_again_with_its_password_and_needs_it_only_once(self) -> None:
        self.enters("dev", "pw")
        self.assertEqual(self.rooms.to_enter(), [("dev", "pw")])
        self.enters("dev")
        self.assertEqual(self.rooms.to_enter(), [("dev", "pw")])

    def test_the_room_that_is_talked_in_is_entered_last(self) -> None:
        self.enters("a")
        self.enters("b")
        self.enters("a")
        self.assertEqual([room for room, _ in self.rooms.to_enter()], ["b", "a"])

    def test_who_talks_in_the_lobby_turns_to_it_again(self) -> None:
        self.enters("a")
        self.rooms.wants("lobby", None, "u")
        self.rooms.focused("lobby", "u")
        self.assertEqual([room for room, _ in self.rooms.to_enter()], ["a", "lobby"])

    def test_a_room_has_the_name_that_the_server_gives_it(self) -> None:
        self.enters("DEV", "pw", "dev")
        self.assertEqual(self.rooms.focus, "dev")
        self.assertEqual(self.rooms.to_enter(), [("dev", "pw")])

    def test_a_refused_room_is_not_tried_again_and_other_refusals_change_nothing(self) -> None:
        self.rooms.wants("dev", None, "t")
        self.assertEqual(self.rooms.refused("t"), "dev")
        self.assertEqual(self.rooms.to_enter(), [])
        self.enters("dev")
        self.assertEqual((self.rooms.refused("x"), self.rooms.refused(None)), (None, None))
        self.assertEqual(self.rooms.to_enter(), [("dev", None)])

    def test_who_is_refused_talks_where_they_talked_before(self) -> None:
        self.rooms.to_enter()
        self.enters("ops")
        self.rooms.wants("dev", None, "t")
        self.rooms.wants("vault", "pw", "u")
        self.rooms.refused("t")
        self.assertEqual(self.rooms.focus, "vault")
        self.rooms.refused("u")
        self.assertEqual(self.rooms.focus, "ops")

    def test_a_room_that_one_is_in_is_kept_though_it_refuses_to_let_one_in_again(self) -> None:
        self.enters("dev", "pw")
        self.rooms.wants("dev", "wrong", "u")
        self.rooms.refused("u")
        self.assertEqual((self.rooms.focus, self.rooms.to_enter()), ("dev", [("dev", "pw")]))

    def test_a_room_that_is_closed_at_the_return_is_left_for_the_lobby(self) -> None:
        self.enters("dev", "pw")
        self.rooms.to_enter()
        self.rooms.asked("u", "dev")
        self.rooms.refused("u")
        self.assertEqual((self.rooms.focus, list(self.rooms.wanted)), ("lobby", ["lobby"]))

    def test_a_room_gets_its_name_though_one_talks_elsewhere_by_then(self) -> None:
        self.rooms.wants("DEV", None, "t")
        self.rooms.wants("ops", None, "u")
        self.rooms.entered("dev", "t")
        self.assertEqual(
            (self.rooms.focus, list(self.rooms.wanted)), ("ops", ["lobby", "ops", "dev"])
        )

    def test_who_leaves_talks_in_the_room_before_and_who_is_put_out_nowhere(self) -> None:
        self.enters("dev")
        self.rooms.leaves("dev")
        self.assertEqual(self.rooms.focus, "lobby")
        self.rooms.gone("dev")
        self.rooms.focused(None, None)
        self.assertIsNone(self.rooms.focus)
        self.assertEqual(self.rooms.to_enter(), [])

    def test_a_room_that_was_left_without_a_connection_is_left_at_the_next(self) -> None:
        self.enters("dev")
        self.rooms.leaves("dev")
        self.assertEqual((self.rooms.to_enter(), self.rooms.to_leave()), ([], ["dev"]))
        self.rooms.entered("dev", None)  # a session that is taken up again is still in it
        self.assertNotIn("dev", self.rooms.wanted)
        self.rooms.gone("dev")
        self.assertEqual(self.rooms.to_leave(), [])

    def test_the_lobby_is_left_after_each_login_by_who_has_left_it(self) -> None:
        self.enters("dev")
        self.rooms.leaves("lobby")
        self.rooms.gone("lobby")
        self.assertEqual(self.rooms.to_leave(), ["lobby"])
        self.enters("lobby")
        self.assertEqual(self.rooms.to_leave(), [])

    def test_rooms_that_another_session_entered_are_kept_but_not_without_end(self) -> None:
        self.rooms.entered("ops", None)
        self.assertIn(("ops", None), [*self.rooms.to_enter(), ("ops", None)])
        self.assertEqual(self.rooms.focus, "lobby")
        for number in range(2_000):
            self.rooms.entered(f"r{number}", None)
        self.assertLess(len(self.rooms.wanted), 1_002)

    def test_the_focus_of_the_server_does_not_count_while_it_is_asked_otherwise(self) -> None:
        self.rooms.wants("dev", None, "t")
        self.rooms.focused("lobby", None)
        self.assertEqual(self.rooms.focus, "dev")
