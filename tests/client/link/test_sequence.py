"""The messages of a room: no gap, no double, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.events import Message, RoomMessage
from twisted_chat.client.link import sequence
from twisted_chat.client.link.sequence import ZERO, Sequences
from twisted_chat.client.link.weight import MOST_HELD, weight
from twisted_chat.core.values.ids import spell


def message(
    number: int, room: str = "dev", *, nonce: str | None = None, scope: str = "s"
) -> Message:
    return RoomMessage(
        id=spell(number), sender="bob", room=room, nonce=nonce, scope=nonce and scope
    )


def numbers(messages: list[Message]) -> list[int]:
    return [int(each.id, 16) for each in messages]


class SequenceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sequences = Sequences(lambda message: message.sender == "me")

    def live(self, *ids: int) -> list[int]:
        return numbers([out for each in ids for out in self.sequences.live(message(each))])

    def replayed(self, *ids: int) -> list[int]:
        return numbers([out for each in ids for out in self.sequences.replayed(message(each))])

    def test_live_messages_pass(self) -> None:
        self.assertEqual(self.live(1, 2, 3), [1, 2, 3])

    def test_history_at_the_entry_passes_and_a_room_that_was_never_behind_needs_none(self) -> None:
        self.assertIsNone(self.sequences.behind("dev"))
        self.sequences.entered("dev")
        self.assertIsNone(self.sequences.behind("dev"))
        self.sequences.note(spell(100))
        self.sequences.entered("dev")
        self.assertEqual(self.replayed(5, 6), [5, 6])

    def test_what_was_missed_comes_before_what_is_said_meanwhile(self) -> None:
        self.live(1, 2)
        self.sequences.lose()
        self.assertEqual(self.sequences.behind("dev"), spell(2))
        self.assertEqual(self.live(5, 6), [])
        self.assertEqual(self.replayed(2, 3, 4, 5), [3, 4, 5])
        messages, after = self.sequences.caught_up("dev", False)
        self.assertEqual((numbers(messages), after), ([6], None))
        self.assertEqual(self.live(7), [7])

    def test_what_was_said_since_one_is_back_is_not_old(self) -> None:
        self.live(1)
        self.sequences.lose()
        self.live(3)
        old = [replace(message(number), replay=True) for number in (2, 3)]
        told = [out for each in old for out in self.sequences.replayed(each)]
        self.assertEqual([each.replay for each in told], [True, False])

    def test_history_is_read_on_until_there_is_no_more(self) -> None:
        self.live(1)
        self.sequences.lose()
        self.replayed(2, 3)
        self.assertEqual(self.sequences.caught_up("dev", True), ([], spell(3)))
        self.replayed(4)
        self.assertEqual(self.sequences.caught_up("dev", False), ([], None))
        self.assertIsNone(self.sequences.behind("dev"))

    def test_a_page_of_which_nothing_is_shown_is_gone_past(self) -> None:
        self.live(1)
        self.sequences.lose()
        self.live(2)
        self.live(9)
        self.assertEqual(self.sequences.caught_up("dev", True, spell(7)), ([], spell(7)))
        self.assertEqual(numbers(self.sequences.caught_up("dev", False)[0]), [9])

    def test_a_server_that_always_has_more_and_brings_nothing_is_not_asked_for_ever(self) -> None:
        self.live(1)
        self.sequences.lose()
        self.live(9)
        self.assertEqual(self.sequences.caught_up("dev", True), ([], spell(1)))
        messages, after = self.sequences.caught_up("dev", True)
        self.assertEqual((numbers(messages), after), ([9], None))

    def test_more_than_can_be_held_is_read_from_history(self) -> None:
        self.patch(sequence, "MAX_HELD", 2)
        self.live(1)
        self.sequences.lose()
        self.assertEqual(self.live(3, 4, 5), [])
        self.replayed(2, 3)
        self.assertEqual(self.sequences.caught_up("dev", False), ([], spell(3)))
        self.replayed(4, 5)
        self.assertEqual(self.sequences.caught_up("dev", False), ([], None))

    def test_rooms_that_are_behind_hold_no_more_bytes_than_may_be_held_in_all(self) -> None:
        rooms = [f"r{number}" for number in range(20)]
        for number, room in enumerate(rooms, 1):
            self.sequences.live(message(number, room))
        self.sequences.lose()
        for number in range(1, 10):
            for room in rooms:
                long = replace(message(100 * number, room), content="x" * 250_000)
                self.assertEqual(self.sequences.live(long), [])
        held = [room.held for room in self.sequences._rooms.values()]
        self.assertLess(sum(weight(tuple(each)) for each in held), MOST_HELD + 10_000)
        # Of a room that had to let go all is read from history.
        spilled = rooms[-1]
        self.assertEqual(self.sequences.caught_up(spilled, False), ([], spell(20)))

    def test_a_room_in_which_nothing_was_said_is_read_from_where_it_was_entered(self) -> None:
        self.sequences.note(spell(7))
        self.sequences.entered("dev")
        self.sequences.lose()
        self.assertEqual(self.sequences.behind("dev"), spell(7))

    def test_a_resend_of_what_was_shown_is_dropped_but_not_the_nonce_of_somebody_else(self) -> None:
        self.sequences.live(message(1, nonce="n"))
        self.assertEqual(self.sequences.live(message(2, nonce="n")), [])
        self.assertEqual(numbers(self.sequences.live(message(2, nonce="n", scope="x"))), [2])

    def test_neither_long_nonces_nor_many_are_remembered(self) -> None:
        long = "n" * 65
        self.sequences.live(message(1, nonce=long))
        self.assertEqual(numbers(self.sequences.live(message(2, nonce=long))), [2])
        self.patch(sequence, "MAX_SEEN", 1)
        self.sequences.live(message(1, nonce="a"))
        self.sequences.live(message(2, nonce="b"))
        self.assertEqual(numbers(self.sequences.live(message(3, nonce="a"))), [3])

    def test_ones_own_message_is_not_told_again(self) -> None:
        own = RoomMessage(id=spell(3), sender="me", room="dev")
        self.live(1)
        self.sequences.lose()
        self.assertEqual(self.sequences.replayed(own), [])
        self.assertEqual(self.sequences.behind("dev"), spell(3))

    def test_who_cannot_get_history_goes_on_with_what_is_said(self) -> None:
        self.live(1)
        self.sequences.lose()
        self.live(5)
        self.assertEqual(numbers(self.sequences.give_up("dev")), [5])
        self.assertIsNone(self.sequences.behind("dev"))
        self.assertEqual(self.sequences.give_up("nowhere"), [])
        self.assertEqual(self.sequences.caught_up("nowhere", False), ([], None))

    def test_rooms_are_not_remembered_for_ever(self) -> None:
        self.patch(sequence, "MAX_ROOMS", 1)
        self.sequences.entered("a")
        self.sequences.entered("b")
        self.sequences.lose()
        self.assertIsNone(self.sequences.behind("a"))
        self.assertEqual(self.sequences.behind("b"), ZERO)

    @given(st.data())
    def test_whatever_breaks_every_message_is_told_once_and_in_order(
        self, data: st.DataObject
    ) -> None:
        """A server says 1, 2, 3 …; connections break; history brings so many at once."""
        self.patch(sequence, "MAX_HELD", 3)
        sequences = Sequences(lambda _: False)
        sequences.entered("dev")
        told: list[int] = []
        said = seen = 0
        online = True

        def catch_up() -> None:
            while (after := sequences.behind("dev")) is not None:
                start = int(after, 16) + 1
                stop = min(said, start + data.draw(st.integers(0, 4)))
                for each in range(start, stop + 1):
                    told.extend(numbers(sequences.replayed(message(each))))
                messages, _ = sequences.caught_up("dev", stop < said)
                told.extend(numbers(messages))

        for step in data.draw(
            st.lists(st.sampled_from(["say", "lose", "back", "catch up"]), max_size=40)
        ):
            match step:
                case "say":
                    said += 1
                    if online:
                        told += numbers(sequences.live(message(said)))
                case "lose":
                    sequences.lose()
                    online = False
                case "back":
                    online = True
                case _ if online:
                    catch_up()
                case _:
                    pass
        sequences.lose()
        catch_up()
        self.assertEqual(told, list(range(1, said + 1)))
        self.assertEqual(seen, 0)
