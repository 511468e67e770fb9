"""The newest messages in memory: what they answer, and that they never answer wrongly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from twisted.trial.unittest import SynchronousTestCase

from tests.making import said
from twisted_chat.core.api.events import Envelope
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store import recent
from twisted_chat.store.port import Page
from twisted_chat.store.recent import Recent

OLD, NEW = RoomId(1), RoomId(1000)


def with_account(message: int, account: str, where: int) -> Envelope:
    envelope = said(message, where)
    assert envelope.author is not None
    return structs.replace(envelope, author=structs.replace(envelope.author, account=account))


class RecentTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.recent = Recent(3, MessageId(100))
        self.next = 1001

    def say(self, count: int = 1, room: int = NEW) -> None:
        for _ in range(count):
            self.recent.append(said(self.next, room))
            self.next += 1

    def page(
        self,
        limit: int = 3,
        *,
        before: int | None = None,
        after: int | None = None,
        room: int = NEW,
    ) -> tuple[list[int], bool] | None:
        page = self.recent.page(
            RoomId(room),
            None if before is None else MessageId(before),
            None if after is None else MessageId(after),
            limit,
        )
        return None if page is None else ([each.id for each in page.envelopes], page.more)

    def test_room_of_this_run_is_known_from_its_beginning(self) -> None:
        self.assertEqual(self.page(), ([], False))
        self.say(2)
        self.assertEqual(self.page(), ([1001, 1002], False))
        self.assertEqual(self.page(1), ([1002], True))

    def test_room_of_an_earlier_run_is_not(self) -> None:
        self.assertIsNone(self.page(room=OLD))
        self.say(3, OLD)
        self.assertIsNone(self.page(room=OLD))
        self.say(1, OLD)
        self.assertEqual(self.page(room=OLD), ([1002, 1003, 1004], True))

    def test_what_is_not_stored_stays_and_the_rest_is_trimmed(self) -> None:
        self.say(10)
        self.assertEqual(len(self.recent.unstored(NEW)), 10)
        self.recent.stored(MessageId(1008))
        self.assertEqual([each.id for each in self.recent.unstored(NEW)], [1009, 1010])
        self.assertEqual(self.page(), ([1008, 1009, 1010], True))
        self.assertIsNone(self.page(4))

    def test_what_comes_after_a_message_is_answered_if_there_is_no_gap(self) -> None:
        self.say(6)
        self.assertEqual(self.page(2, after=1002), ([1003, 1004], True))
        self.recent.stored(MessageId(1006))
        self.assertEqual(self.page(5, after=1003), ([1004, 1005, 1006], False))
        self.assertIsNone(self.page(5, after=1002))
        self.assertEqual(self.page(5, after=1004, before=1006), ([1005], False))

    def test_page_that_was_read_is_put_before_what_was_said_since(self) -> None:
        mark = self.recent.mark(OLD)
        self.say(1, OLD)
        read = Page((said(7, OLD), said(9, OLD)), more=True)
        self.recent.adopt(OLD, read, mark)
        self.assertEqual(self.page(2, room=OLD), ([9, 1001], True))
        self.assertIsNone(self.page(3, room=OLD))

    def test_page_that_was_read_to_the_beginning_makes_the_room_known(self) -> None:
        self.recent.adopt(OLD, Page((said(9, OLD),), more=False), self.recent.mark(OLD))
        self.assertEqual(self.page(3, room=OLD), ([9], False))

    def test_page_that_was_overtaken_or_of_a_room_that_is_gone_is_not_kept(self) -> None:
        mark = self.recent.mark(OLD)
        self.recent.forget(OLD)
        self.recent.adopt(OLD, Page((said(9, OLD),), more=False), mark)
        self.assertIsNone(self.page(room=OLD))
        self.say(9, OLD)
        self.recent.stored(MessageId(1009))
        self.recent.adopt(OLD, Page((said(9, OLD),), more=False), mark)
        self.assertIsNone(self.page(4, room=OLD))
        self.assertEqual(self.page(3, room=OLD), ([1007, 1008, 1009], True))

    def test_what_is_deleted_is_cut_off(self) -> None:
        self.say(4)
        self.recent.cut(NEW, MessageId(1002))
        self.recent.cut(OLD, MessageId(1002))
        self.assertEqual(self.page(9), ([1003, 1004], False))

    def test_what_is_erased_is_gone_and_what_was_being_read_is_not_adopted(self) -> None:
        self.say(2)
        old = Page((with_account(5, "ann", OLD),), more=False)
        mark = self.recent.mark(OLD)
        self.recent.append(with_account(self.next, "ann", NEW))
        self.recent.erase("ann", None, MessageId(self.next + 1))
        self.assertEqual(self.page(), ([1001, 1002], False))
        self.recent.adopt(OLD, old, mark)
        self.assertIsNone(self.page(room=OLD))
        # Nothing is miscounted by that.
        self.assertEqual(self.recent._count, 2)

    def test_only_what_is_meant_is_erased(self) -> None:
        for number, (account, room) in enumerate(
            (("ann", NEW), ("bob", NEW), ("ann", NEW + 1)), 1001
        ):
            self.recent.append(with_account(number, account, room))
        self.recent.append(with_account(1005, "ann", NEW))
        self.recent.erase("ann", NEW, MessageId(1004))
        self.assertEqual(self.page(), ([1002, 1005], False))
        self.assertEqual(self.page(room=NEW + 1), ([1003], False))

    def test_rooms_that_were_silent_longest_go_when_it_is_too_much(self) -> None:
        self.patch(recent, "MAX_MESSAGES", 6)
        for room in (NEW, 1001, 1002):
            self.say(2, room)
        self.say(1, NEW)
        self.recent.stored(MessageId(self.next - 1))
        self.say(1, 1003)
        self.assertIsNone(self.page(room=1001))  # and is not taken for one where nothing was said
        self.assertEqual(self.page(room=1002), ([1005, 1006], False))
        self.say(1, 1001)
        self.assertIsNone(self.page(room=1001))

    def test_what_is_not_stored_does_not_go_however_much_it_is(self) -> None:
        self.patch(recent, "MAX_MESSAGES", 3)
        for room in (NEW, 1001, 1002):
            self.say(2, room)
        for room in (NEW, 1001, 1002):
            self.assertEqual(len(self.recent.unstored(RoomId(room))), 2)

    def test_account_is_settled_when_rooms_go(self) -> None:
        self.say(5)
        self.say(5, 1001)
        self.recent.cut(NEW, MessageId(1002))
        self.recent.stored(MessageId(self.next))
        for room in (NEW, 1001):
            self.recent.forget(RoomId(room))
        self.assertEqual(self.recent._count, 0)

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("say"), st.integers(0, 2)),
                st.tuples(st.just("stored"), st.integers(0, 30)),
                st.tuples(st.just("read"), st.integers(0, 2)),
                st.tuples(st.just("cut"), st.integers(0, 2)),
            ),
            max_size=40,
        ),
        st.integers(0, 5),
    )
    def test_every_answer_is_what_all_of_history_would_give(
        self, steps: list[tuple[str, int]], limit: int
    ) -> None:
        """Against a model that keeps everything; "no answer" is always right."""
        kept = Recent(2, MessageId(100))
        rooms = (RoomId(1), RoomId(2), RoomId(100))
        said_in: dict[RoomId, list[Envelope]] = {
            room: [said(number, room) for number in range(3, 9) if room < 100] for room in rooms
        }
        number = 1000
        for step, value in steps:
            room = rooms[value % 3]
            if step == "say":
                number += 1
                said_in[room].append(said(number, room))
                kept.append(said_in[room][-1])
            elif step == "stored":
                kept.stored(MessageId(max(number - value, kept._stored)))
            elif step == "cut":
                gone = said_in[room].pop(0).id if len(said_in[room]) > 3 else 0
                kept.cut(room, MessageId(gone))
            else:
                mark = kept.mark(room)
                page = Page(tuple(said_in[room][-3:]), more=len(said_in[room]) > 3)
                kept.adopt(room, page, mark)
            for each in rooms:
                history = said_in[each]
                ids = [None, *(envelope.id for envelope in history[-4:])]
                for place in ids:
                    earlier = [e for e in history if place is None or e.id < place]
                    later = [e for e in history if place is not None and e.id > place]
                    found = kept.page(each, place, None, limit)
                    if found is not None:
                        wanted = earlier[max(len(earlier) - limit, 0) :]
                        self.assertEqual(list(found.envelopes), wanted)
                        self.assertEqual(found.more, len(earlier) > limit)
                    if place is None:
                        continue
                    found = kept.page(each, None, place, limit)
                    if found is not None:
                        self.assertEqual(list(found.envelopes), later[:limit])
                        self.assertEqual(found.more, len(later) > limit)
