from __future__ import annotations

import sys

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model import state as module
from twisted_chat.client.model.conversation import SERVER, Conversation, private_key, room_key
from twisted_chat.client.model.lines import Line
from twisted_chat.client.model.state import ClientState


def said(number: int, nick: str = "bob", text: str = "hi", *, mention: bool = False) -> Line:
    return Line("say", text, float(number), id=f"{number:016x}", nick=nick, mention=mention)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = ClientState()
        self.state.nick = "me"

    def room(self, name: str) -> Conversation:
        room = self.state.room(name)
        room.joined = True
        return room


class ViewTests(Case):
    def test_a_room_the_user_asked_for_is_shown(self) -> None:
        self.state.entered(self.room("lobby").key)
        self.state.want(room_key("dev"))
        self.assertEqual(self.state.view, room_key("lobby"))
        self.state.entered(self.room("dev").key)
        self.assertEqual(self.state.view, room_key("dev"))

    def test_a_room_the_user_is_in_is_shown_at_once(self) -> None:
        self.room("dev")
        self.state.want(room_key("dev"))
        self.assertEqual(self.state.view, room_key("dev"))

    def test_what_is_shown_is_read_and_what_is_left_has_a_mark(self) -> None:
        lobby, dev = self.room("lobby"), self.room("dev")
        self.state.add(dev, said(1))
        self.state.switch(dev.key)
        self.assertEqual(dev.unread, 0)
        self.state.switch(lobby.key)
        self.assertEqual(dev.mark, (f"{1:016x}", sys.maxsize))

    def test_the_first_room_and_those_asked_for_are_shown(self) -> None:
        self.state.switch(room_key("nowhere"))
        self.assertEqual(self.state.view, SERVER)
        for name in ("lobby", "dev"):
            self.state.entered(self.room(name).key)
        self.assertEqual(self.state.view, room_key("lobby"))

    def test_what_comes_while_the_user_looks_away_is_not_read(self) -> None:
        dev = self.room("dev")
        self.state.switch(dev.key)
        self.state.look(False)
        self.state.look(False)
        self.state.add(dev, said(1))
        self.assertEqual(dev.unread, 1)
        lobby = self.room("lobby")
        self.state.switch(lobby.key)
        self.state.switch(dev.key)
        self.assertEqual(dev.unread, 1)
        self.state.look(True)
        self.assertEqual(dev.unread, 0)

    def test_the_next_unread_has_mentions_first(self) -> None:
        first, second = self.room("first"), self.room("second")
        self.assertIsNone(self.state.next_unread())
        self.state.add(first, said(1))
        self.assertEqual(self.state.next_unread(), first.key)
        self.assertTrue(self.state.add(second, said(1, mention=True)))
        self.assertEqual(self.state.next_unread(), second.key)


class ConversationsTests(Case):
    def test_closing_shows_another_room_where_none_was_before(self) -> None:
        self.room("b")
        self.state.switch(self.room("a").key)
        self.state.close(room_key("a"))
        self.assertEqual(self.state.view, room_key("b"))

    def test_rooms_are_listed_before_private_ones(self) -> None:
        self.room("a")
        self.state.private("bob")
        self.room("c")
        titles = [each.title for each in self.state.conversations.values()]
        self.assertEqual(titles, ["server", "#a", "#c", "bob"])

    def test_closing_shows_what_was_shown_before_but_never_closes_the_servers(self) -> None:
        self.state.close(SERVER)
        self.state.close(room_key("nowhere"))
        self.assertIn(SERVER, self.state.conversations)
        for name in ("a", "b", "c"):
            self.state.switch(self.room(name).key)
        self.state.switch(room_key("a"))
        self.state.close(room_key("a"))
        self.assertEqual(self.state.view, room_key("c"))
        self.state.close(room_key("b"))
        self.state.close(room_key("c"))
        self.assertEqual(self.state.view, SERVER)

    def test_a_private_conversation_follows_a_new_name(self) -> None:
        bob = self.state.private("bob")
        self.state.switch(bob.key)
        self.state.sent("t", bob, "say", "hi", 1.0)
        self.assertIs(self.state.rename_private("Bob", "rob"), bob)
        self.assertEqual((self.state.view, self.state.shown.title), (private_key("rob"), "rob"))
        self.state.acked("t", f"{1:016x}", 1.0)
        self.assertFalse(bob.buffer.lines[0].waiting)

    def test_a_private_conversation_does_not_take_the_place_of_another(self) -> None:
        self.state.private("bob")
        self.state.private("rob")
        self.assertIsNone(self.state.rename_private("bob", "rob"))
        self.assertIsNone(self.state.rename_private("nobody", "anybody"))

    def test_there_are_only_so_many(self) -> None:
        self.patch(module, "MOST_CONVERSATIONS", 2)
        self.room("a")
        self.assertEqual(self.state.room("b").key, SERVER)
        self.assertEqual(len(list(self.state.rooms())), 1)


class LineTests(Case):
    def test_lines_are_bounded_by_their_bytes_too(self) -> None:
        self.patch(module, "MOST_BYTES", 100_000)
        for number in range(30):
            self.state.add(self.room("dev"), said(number, text="x" * 10_000))
            self.state.add(self.room("ops"), said(number, text="short"))
        heavy = sum(each.buffer.weight for each in self.state.conversations.values())
        self.assertLess(heavy, 100_000)
        self.assertEqual(len(self.room("ops").buffer), 30)

    def test_people_are_bounded_in_all_rooms_together(self) -> None:
        self.patch(module, "MOST_PEOPLE", 100)
        for number in range(60):
            self.room("dev").come(f"n{number}")
            self.room("ops").come(f"n{number}") if number < 50 else None
        self.state.bound_people()
        self.assertEqual((self.room("dev").members, self.room("dev").count), ({}, 60))
        self.assertEqual(len(self.room("ops").members), 50)

    def test_who_is_away_is_bounded(self) -> None:
        self.patch(module, "MOST_NAMED", 2)
        for nick in ("a", "b", "c"):
            self.state.know_away(nick, "x" * 9_999)
        self.state.know_away("a", None)
        self.assertEqual(self.state.away, {"b": "x" * module.MOST_AWAY})

    def test_lines_are_bounded_and_the_oldest_go(self) -> None:
        self.state = ClientState(most=100)
        big, small = self.room("big"), self.room("small")
        self.state.add(small, said(1))
        for number in range(2, 301):
            self.state.add(big, said(number))
        self.assertLessEqual(len(big.buffer) + len(small.buffer), 100)
        self.assertEqual(len(small.buffer), 1)
        self.assertEqual(big.buffer.last_id, f"{300:016x}")

    def test_nothing_is_loaded_where_there_is_no_room_for_it(self) -> None:
        self.state = ClientState(most=10)
        self.state.connected("online")
        room = self.room("dev")
        self.assertTrue(self.state.can_load(room.key))
        for number in range(10):
            self.state.add(room, said(number + 1))
        self.assertFalse(self.state.can_load(room.key))

    def test_older_lines_are_asked_for_once(self) -> None:
        self.state.connected("online")
        room = self.room("dev")
        self.state.loading("t", room.key)
        self.assertFalse(self.state.can_load(room.key))
        self.state.loaded("t", more=True)
        self.assertTrue(self.state.can_load(room.key))
        self.state.loading("u", room.key)
        self.state.loaded("u", more=False)
        self.assertFalse(self.state.can_load(room.key))

    def test_a_lost_connection_lets_one_ask_again(self) -> None:
        self.state.connected("online")
        room = self.room("dev")
        self.state.loading("t", room.key)
        self.state.connected("offline", "reset", 3.0)
        self.state.connected("online")
        self.assertTrue(self.state.can_load(room.key))

    def test_what_was_sent_is_told_once(self) -> None:
        room = self.room("dev")
        for _ in range(2):
            self.state.sent("t", room, "say", "hi", 1.0)
        self.assertEqual(len(room.buffer), 1)
        self.assertTrue(self.state.refused("t", "no"))
        self.assertFalse(self.state.refused("t", "no"))
        self.assertFalse(self.state.refused(None, "no"))

    def test_who_is_ignored_vanishes_is_not_heard_and_not_unread(self) -> None:
        room = self.room("dev")
        self.state.add(room, said(1, "eve"))
        self.state.add(room, said(2, "bob"))
        self.state.ignore("Eve")
        self.state.add(room, said(3, "eve"))
        self.assertEqual([line.nick for line in room.buffer.lines], ["bob"])
        self.state.unignore("eve")
        self.state.add(room, said(4, "eve"))
        self.assertEqual(len(room.buffer), 2)
        self.state.add(self.state.private("eve"), said(1, "eve"))
        self.state.ignore("eve")
        private = self.state.private("eve")
        self.assertEqual((private.unread, private.mentions), (0, 0))

    def test_where_the_user_will_want_to_go_stands_first(self) -> None:
        for name in ("one", "two", "three", "four", "five"):
            self.state.switch(self.room(name).key)
        self.state.add(self.room("one"), said(1, "bob"))
        self.state.add(self.state.private("bob"), said(2, "bob"))
        names = [each.name for each in self.state.likely()]
        self.assertEqual(names, ["bob", "one", "four", "three", "two", "server", "five"])

    def test_what_is_told_is_shown_where_the_user_looks(self) -> None:
        room = self.room("dev")
        self.state.switch(room.key)
        self.state.tell(("a", "b"), 1.0)
        self.state.tell((), 1.0)
        self.state.tell(("c",), 1.0, key=SERVER)
        self.state.tell(("d",), 1.0, key=room_key("nowhere"))
        self.assertEqual([line.text for line in room.buffer.lines], ["a\nb", "d"])


class MentionTests(Case):
    def test_the_name_as_a_word_is_a_mention_and_nothing_else(self) -> None:
        for text in ("me", "hi Me!", "@me, look", "(ME)"):
            self.assertTrue(self.state.mentions(text), text)
        for text in ("meet", "some", "me-too", "you"):
            self.assertFalse(self.state.mentions(text), text)
        self.assertTrue(self.state.mentions("me"))
        self.state.nick = "we"
        self.assertFalse(self.state.mentions("me"))
        self.assertTrue(self.state.mentions("we"))
        self.state.nick = ""
        self.assertFalse(self.state.mentions("me"))
