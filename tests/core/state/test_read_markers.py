from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.state.read_markers import MAX_MARKERS, ReadMarkers
from twisted_chat.core.values.ids import MessageId, RoomId

DEV, OPS, TALK = RoomId(1), RoomId(2), RoomId(-3)


class MarkersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.read_markers = ReadMarkers()

    def read(self, account: str, place: RoomId, up_to: int) -> int:
        return self.read_markers.read(account, place, MessageId(up_to))

    def altered(self) -> dict[tuple[str, RoomId], MessageId | None]:
        altered = dict(self.read_markers.altered)
        self.read_markers.altered.clear()
        return altered

    def test_marker_moves_forward_only(self) -> None:
        self.assertEqual([self.read("bob", DEV, n) for n in (5, 7, 6, 7)], [5, 7, 7, 7])
        self.assertEqual(self.altered(), {("bob", DEV): 7})
        self.read("bob", DEV, 6)
        self.assertEqual(self.altered(), {})

    def test_entering_begins_a_marker_and_moves_none(self) -> None:
        self.read("bob", DEV, 5)
        self.read_markers.enter("bob", (DEV, OPS), MessageId(9))
        self.assertEqual(self.read_markers.of("bob"), {DEV: 5, OPS: 9})

    def test_left_place_has_none(self) -> None:
        self.read("bob", DEV, 5)
        self.altered()
        for place in (DEV, OPS):
            self.read_markers.quit("bob", place)
        self.read_markers.quit("ann", DEV)
        self.assertEqual(self.altered(), {("bob", DEV): None})
        self.assertEqual(self.read_markers.of("bob"), {})

    def test_closed_place_has_those_of_who_is_there(self) -> None:
        for account in ("ann", "bob"):
            self.read(account, DEV, 5)
        self.read("carl", OPS, 5)
        self.read_markers.close(DEV, {"ann", None})
        self.assertEqual(self.read_markers.dump(), {"ann": [(DEV, 5)], "carl": [(OPS, 5)]})

    def test_rooms_that_are_gone_are_forgotten_without_a_word(self) -> None:
        for place in (DEV, OPS, TALK):
            self.read("bob", place, 5)
        self.altered()
        self.read_markers.prune("bob", {OPS})
        self.read_markers.prune("ann", {OPS})
        self.assertEqual(self.read_markers.of("bob"), {OPS: 5, TALK: 5})
        self.assertEqual(self.altered(), {})

    def test_dropped_account_has_none_and_none_to_be_kept(self) -> None:
        for account in ("ann", "bob"):
            self.read(account, DEV, 5)
        self.read_markers.drop("bob")
        self.assertEqual(self.read_markers.dump(), {"ann": [(DEV, 5)]})
        self.assertEqual(self.altered(), {("ann", DEV): 5})

    def test_oldest_places_go_when_there_are_too_many(self) -> None:
        for number in range(MAX_MARKERS + 2):
            self.read("bob", RoomId(number), 5)
        mine = self.read_markers.of("bob")
        self.assertEqual((len(mine), min(mine)), (MAX_MARKERS, 2))
        self.assertIsNone(self.altered()["bob", RoomId(0)])

    def test_everything_comes_back(self) -> None:
        self.read_markers.restore([("bob", DEV, MessageId(5)), ("bob", TALK, MessageId(6))])
        self.assertEqual(self.read_markers.dump(), {"bob": [(DEV, 5), (TALK, 6)]})
        self.assertEqual(self.altered(), {})
