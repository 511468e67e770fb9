from __future__ import annotations

import sys

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model import conversation as module
from twisted_chat.client.model.conversation import (
    MOST_FOLDED,
    SILENT,
    Conversation,
    Member,
    nick_key,
    private_key,
    room_key,
)
from twisted_chat.client.model.lines import Line


def said(number: int, nick: str = "bob", *, mention: bool = False, own: bool = False) -> Line:
    return Line(
        "say", "hi", float(number), id=f"{number:016x}", nick=nick, mention=mention, own=own
    )


def came(number: int, *nicks: str) -> Line:
    return Line("presence", "", float(number), id=f"{number:016x}", came=nicks)


class KeyTests(SynchronousTestCase):
    def test_spellings_of_one_name_have_one_key_and_a_title(self) -> None:
        self.assertEqual(nick_key("Bob"), nick_key("bOB"))
        self.assertEqual(room_key("#Dev"), room_key("dev"))
        self.assertEqual(private_key("Bob"), private_key("bob"))
        self.assertNotEqual(private_key("dev").sort, room_key("dev").sort)
        self.assertEqual(nick_key("A:B"), "a:b")
        self.assertEqual(room_key("A,B").name, "a,b")


class ConversationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = Conversation(room_key("dev"), "dev")
        self.private = Conversation(private_key("bob"), "bob")

    def counts(self) -> tuple[int, int]:
        return self.room.unread, self.room.mentions

    # Unread

    def test_what_is_not_seen_counts(self) -> None:
        self.room.add(said(1), seen=False)
        self.room.add(said(2, mention=True), seen=False)
        self.assertEqual(self.counts(), (2, 1))
        self.room.looked_at()
        self.assertEqual(self.counts(), (0, 0))

    def test_what_is_seen_or_own_or_not_spoken_does_not_count(self) -> None:
        self.room.add(said(1), seen=True)
        self.room.add(said(2, own=True), seen=False)
        self.room.add(Line("event", "topic", 3.0, id=f"{3:016x}"), seen=False)
        self.assertEqual(self.counts(), (0, 0))

    def test_only_what_was_said_while_the_connection_was_lost_counts_of_replays(self) -> None:
        self.room.add(said(1), seen=False, replay=True)
        self.room.caught_up()
        self.assertEqual(self.counts(), (0, 0))
        self.room.add(said(2), seen=False, replay=True)
        self.room.caught_up()
        self.assertEqual(self.counts(), (1, 0))

    def test_older_history_does_not_count_and_neither_does_the_same_line_again(self) -> None:
        self.room.add(said(5), seen=False)
        self.room.looked_at()
        self.room.add(said(2), seen=False, replay=True)
        self.room.add(said(5), seen=False)
        self.assertEqual(self.counts(), (0, 0))

    def test_the_mark_stands_behind_what_was_seen(self) -> None:
        self.assertIsNone(self.room.mark)
        self.room.looked_away()
        self.assertEqual(self.room.mark, ("", sys.maxsize))
        self.room.add(said(1), seen=True)
        self.room.looked_away()
        self.assertEqual(self.room.mark, (f"{1:016x}", sys.maxsize))

    # People

    def test_a_crowd_is_counted_and_who_is_not_here_does_not_go(self) -> None:
        self.room.enter(["alice"], 1)
        self.assertFalse(self.room.go("bob"))
        self.assertEqual(self.room.count, 1)
        self.room.enter(["alice", "bob"], 2000)
        self.assertEqual((self.room.count, self.room.unnamed), (2000, 1998))
        self.assertTrue(self.room.come("carol"))
        self.assertFalse(self.room.come("Carol"))
        self.assertTrue(self.room.go("somebody"))
        self.assertTrue(self.room.go("bob"))
        self.assertEqual(self.room.count, 1999)

    def test_a_page_of_people_brings_roles(self) -> None:
        self.room.enter(["alice"], 3)
        self.room.name_members([Member("alice", ("owner",)), Member("bob")], 3)
        self.assertEqual(self.room.members[nick_key("alice")].roles, ("owner",))
        self.assertEqual((len(self.room.members), self.room.unnamed), (2, 1))

    def test_roles_are_given_and_taken(self) -> None:
        self.room.enter(["bob"], 1)
        self.room.give_role("Bob", "operator", given=True)
        self.room.give_role("bob", "operator", given=True)
        self.room.give_role("nobody", "operator", given=True)
        self.assertEqual(self.room.members[nick_key("bob")], Member("bob", ("operator",)))
        self.room.give_role("bob", "operator", given=False)
        self.assertEqual(self.room.members[nick_key("bob")].roles, ())

    def test_who_is_renamed_keeps_the_roles_and_is_no_stranger(self) -> None:
        self.room.enter(["bob"], 1)
        self.room.give_role("bob", "voice", given=True)
        self.room.add(said(1), seen=True)
        self.assertTrue(self.room.rename("bob", "rob"))
        self.assertFalse(self.room.rename("bob", "rob"))
        self.assertEqual(self.room.members[nick_key("rob")], Member("rob", ("voice",)))
        self.assertFalse(self.room.is_silent("rob", 2.0))

    def test_only_so_many_names_are_remembered(self) -> None:
        self.patch(module, "MOST_NAMED", 3)
        for number in range(5):
            self.room.come(f"a{number}")
            self.room.add(said(number + 1, f"a{number}"), seen=True)
        self.room.name_members([Member("b")], 6)
        self.assertEqual((len(self.room.members), self.room.count), (3, 6))
        self.assertEqual(self.room.speakers(), [nick_key(f"a{n}") for n in (4, 3, 2)])

    def test_leaving_forgets_who_is_there_and_everything_in_private_is_a_mention(self) -> None:
        self.room.enter(["bob"], 5)
        self.room.leave()
        self.assertEqual((self.room.joined, self.room.count), (False, 0))
        self.assertEqual((self.room.title, self.private.title), ("#dev", "bob"))
        self.private.add(said(1), seen=False)
        self.assertEqual(self.private.mentions, 1)

    # Silent people

    def test_who_spoke_lately_is_not_silent(self) -> None:
        self.assertTrue(self.room.is_silent("bob", 1.0))
        self.room.add(said(1), seen=True)
        self.assertFalse(self.room.is_silent("Bob", 2.0))
        self.assertTrue(self.room.is_silent("bob", 2.0 + SILENT))

    def test_latest_speakers_come_first(self) -> None:
        for line in (said(1, "a"), said(3, "b"), said(2, "c")):
            self.room.add(line, seen=True)
        self.assertEqual(self.room.speakers(), ["b", "c", "a"])

    def test_silent_people_share_one_line(self) -> None:
        self.room.add(came(1, "a"), seen=True)
        self.room.add(came(2, "b"), seen=True)
        self.assertFalse(self.room.add(came(2, "b"), seen=True))
        self.room.add(Line("presence", "", 3.0, came=("c",), went=("a",)), seen=True)
        (line,) = self.room.buffer.lines
        self.assertEqual((line.came, line.went), (("a", "b", "c"), ("a",)))

    def test_what_is_said_between_parts_them(self) -> None:
        for line in (came(1, "a"), said(2), came(3, "b")):
            self.room.add(line, seen=True)
        self.assertEqual(len(self.room.buffer), 3)

    def test_one_line_stands_for_so_many_only(self) -> None:
        for number in range(MOST_FOLDED + 1):
            self.room.add(came(number + 1, f"n{number}"), seen=True)
        self.assertEqual([len(line.came) for line in self.room.buffer.lines], [MOST_FOLDED, 1])
