from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.model.conversation import SERVER, Conversation, nick_key, room_key
from twisted_chat.client.model.lines import SPOKEN
from twisted_chat.client.model.reducer import reduce
from twisted_chat.client.model.state import ClientState


def spelled(number: int) -> str:
    return f"{number:016x}"


def said(number: int, sender: str = "bob", text: str = "hi", **more: Any) -> ev.Message:
    given = {"room": "dev"} | more
    made = ev.PrivateMessage if given.get("to") else ev.RoomMessage
    return made(sender=sender, content=text, id=spelled(number), time=float(number), **given)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = ClientState()
        self.hear(ev.Welcome(nick="me", session="s", content="Welcome, me."))

    def hear(self, *events: ev.Event) -> bool:
        called = [reduce(self.state, event, 1000.0) for event in events]
        return any(called)

    def enter(self, *names: str, room: str = "dev", count: int | None = None) -> Conversation:
        self.hear(ev.Entered(room=room, names=names, count=len(names) if count is None else count))
        return self.state.room(room)

    def texts(self, conversation: Conversation | None = None) -> list[str]:
        return [line.text for line in (conversation or self.state.shown).buffer.lines]


class MessageTests(Case):
    def test_what_is_said_stands_in_its_room(self) -> None:
        self.hear(said(1), said(2, room="ops"))
        self.assertEqual(self.texts(self.state.room("dev")), ["hi"])
        self.assertEqual(self.state.room("ops").unread, 1)

    def test_a_message_has_all_its_lines(self) -> None:
        self.hear(ev.RoomMessage(sender="bob", room="dev", content="a\nb", id=spelled(1)))
        self.assertEqual(self.texts(self.state.room("dev")), ["a\nb"])

    def test_room_that_is_renamed_goes_on_under_its_new_name(self) -> None:
        dev = self.enter("bob")
        self.hear(said(1, text="hi"), ev.RoomRenamed(room="dev", name="ops", content="renamed"))
        self.hear(ev.RoomMessage(sender="bob", room="ops", content="ho", id=spelled(2)))
        self.assertIs(self.state.room("ops"), dev)
        self.assertEqual(self.texts(dev), ["hi", "renamed", "ho"])

    def test_mentions_call_but_not_earlier_ones(self) -> None:
        self.assertFalse(self.hear(said(1, text="hey me", replay=True)))
        self.assertFalse(self.hear(said(1)))
        self.assertTrue(self.hear(said(2, text="hey me")))
        self.assertFalse(self.hear(said(2, text="hey me")))
        self.assertEqual(self.state.room("dev").mentions, 1)

    def test_what_is_seen_does_not_call(self) -> None:
        self.enter("me")
        self.assertFalse(self.hear(said(1, text="hey me")))

    def test_a_private_message_has_a_conversation_of_its_own_and_calls(self) -> None:
        self.assertTrue(self.hear(said(1, to="me", room=None)))
        self.assertEqual(self.texts(self.state.private("bob")), ["hi"])

    def test_what_another_session_of_mine_says_is_mine(self) -> None:
        self.hear(said(1, "me", to="bob", room=None), said(2, "Me", "me here"))
        self.assertEqual(self.texts(self.state.private("bob")), ["hi"])
        (line,) = self.state.room("dev").buffer.lines
        self.assertEqual((line.own, line.mention), (True, False))
        self.assertEqual(self.state.room("dev").unread, 0)

    def test_a_message_without_a_room_stands_where_the_user_looks(self) -> None:
        self.hear(ev.RoomMessage(sender="bob", content="hi", id=spelled(1), room=None))
        self.assertEqual(self.texts(self.state.private("bob")), ["hi"])
        self.hear(ev.RoomMessage(sender="me", content="ho", id=spelled(2), room=None))
        self.assertIn("ho", self.texts())

    def test_an_announcement_is_shown_and_calls(self) -> None:
        self.assertTrue(self.hear(ev.Announcement(sender="op", content="down at 5", id=spelled(1))))
        self.assertIn("Announcement by op, an operator of this server: down at 5", self.texts())


class SendingTests(Case):
    def test_what_is_sent_waits_until_it_is_acknowledged(self) -> None:
        self.enter("me")
        self.hear(ev.Sending(tag="t", room="dev", content="ho"))
        (line,) = self.state.shown.buffer.lines
        self.assertTrue(line.waiting)
        self.hear(said(1), ev.Ack(tag="t", message=spelled(2), time=5.0), said(3))
        self.assertEqual(self.texts(), ["hi", "ho", "hi"])
        self.assertFalse(self.state.shown.buffer.lines[1].waiting)

    def test_other_errors_are_shown_where_the_user_looks(self) -> None:
        self.enter("me")
        self.hear(
            ev.Refused(code="usage", content="what?"), ev.Undone(tag="t", what="/who", content="")
        )
        lost = "/who: the connection was lost before the answer; it may or may not have been done."
        self.assertEqual(self.texts(), ["what?", lost])

    def test_what_is_refused_says_why_and_stray_acks_change_nothing(self) -> None:
        self.hear(ev.Ack(tag="t", message=spelled(1)), ev.Ack(tag=None, message=spelled(1)))
        self.assertEqual(self.texts(), ["Welcome, me."])
        self.enter("me")
        self.hear(ev.Sending(tag="t", to="bob", content="ho"))
        self.hear(ev.Refused(tag="t", code="no-such-nick", content="bob is not here"))
        (line,) = self.state.private("bob").buffer.lines
        self.assertEqual((line.kind, line.text), ("error", "bob is not here (not sent: ho)"))


class HistoryTests(Case):
    def test_a_page_is_put_before_and_says_whether_there_is_more(self) -> None:
        room = self.enter("me")
        self.hear(said(9))
        self.state.loading("t", room.key)
        self.hear(ev.Page(tag="t", room="dev", messages=(said(1), said(2)), more=False))
        self.assertEqual([line.time for line in room.buffer.lines], [1.0, 2.0, 9.0])
        self.assertFalse(room.buffer.more)
        self.assertFalse(self.state.is_loading(room.key))

    def test_pages_can_be_asked_for_again_and_rooms_without_history_have_none(self) -> None:
        room = self.enter("me")
        self.state.loading("t", room.key)
        self.hear(ev.Refused(tag="t", code="history-unavailable", content="later"))
        self.assertTrue(self.state.can_load(room.key))
        self.hear(ev.HistoryEnd(room="dev"))
        self.assertFalse(self.state.can_load(room.key))

    def test_what_was_missed_counts_and_what_was_before_does_not(self) -> None:
        self.enter("me")
        room = self.enter("me", room="ops")
        self.hear(said(1, room="ops", replay=True), ev.HistoryEnd(room="ops"))
        self.assertEqual(room.unread, 0)
        self.hear(ev.Offline(why="reset", again=1.0), ev.Connecting())
        self.hear(ev.Welcome(nick="me", session="s"))
        self.hear(ev.Page(tag="auto", room="ops", messages=(said(2, room="ops"),)))
        self.assertEqual(room.unread, 1)


class ForgetTests(Case):
    def forget(self, **more: Any) -> None:
        given: dict[str, Any] = {"room": "dev"} | more
        self.hear(ev.Forgotten(account="bob", id=spelled(50), time=50.0, content="gone", **given))

    def test_what_an_account_said_in_a_room_vanishes(self) -> None:
        self.hear(said(1), said(2, "eve"), said(3, room="ops"))
        self.forget()
        room, other = self.state.room("dev"), self.state.room("ops")
        self.assertEqual(self.texts(room), ["hi", "gone"])
        self.assertEqual((room.unread, other.unread), (1, 1))
        self.hear(said(1, replay=True))
        self.assertEqual(len(room.buffer), 2)

    def test_what_an_account_said_everywhere_vanishes(self) -> None:
        self.hear(said(1), said(2, room="ops"), said(3, room=None, to="me"))
        self.forget(room=None, everywhere=True)
        rest = [
            line.nick for each in self.state.conversations.values() for line in each.buffer.lines
        ]
        self.assertNotIn("bob", rest)
        self.assertIn("gone", self.texts())

    def test_it_is_known_who_uses_another_name(self) -> None:
        self.hear(ev.Who(users=(ev.Person(nick="rob", account="Bob"),), count=1, room="dev"))
        self.hear(ev.Renamed(sender="rob", content="robert", id=spelled(1), time=1.0))
        self.hear(said(2, "robert"), said(3, "rob"))
        self.forget()
        lines = self.state.room("dev").buffer.lines
        self.assertEqual([line.nick for line in lines if line.kind in SPOKEN], ["rob"])

    def test_who_came_and_went_stays(self) -> None:
        self.enter("me")
        self.hear(ev.Joined(sender="bob", room="dev", id=spelled(1), time=1.0))
        self.forget()
        self.assertEqual(len(self.state.room("dev").buffer), 2)


class AwayTests(Case):
    def test_private_messages_that_waited_are_news(self) -> None:
        private = self.state.private("bob")
        waited = said(1, to="me", room=None, replay=True)
        self.assertTrue(self.hear(ev.WaitingStart(count=1), waited, ev.WaitingEnd(count=1)))
        self.assertEqual((private.unread, private.mentions), (1, 1))
        self.hear(said(2, to="me", room=None, replay=True))
        self.assertEqual(private.unread, 1)

    def test_what_was_missed_is_told_and_a_lost_connection_ends_what_waited(self) -> None:
        self.hear(ev.WaitingStart(count=2), ev.Offline(why="reset"))
        self.assertFalse(self.hear(said(1, to="me", room=None, replay=True)))
        self.hear(ev.Missed(content="While you were away: #dev 12 lines"))
        self.assertIn("While you were away: #dev 12 lines", self.texts())

    def test_what_was_read_elsewhere_opens_nothing_and_private_history_makes_no_room(self) -> None:
        self.hear(ev.ReadUpTo(room="ops", message=spelled(1)))
        self.hear(ev.ReadUpTo(partner="bob", message=spelled(1)))
        self.assertEqual(list(self.state.conversations), [SERVER])
        self.hear(ev.HistoryEnd(partner="bob", more=False))
        self.assertEqual(list(self.state.rooms()), [])
        self.assertFalse(self.state.private("bob").buffer.more)

    def test_what_was_written_in_private_stays_together_whatever_one_was_called(self) -> None:
        old = said(1, "robert", room=None, to="me")
        self.hear(ev.Page(tag="t", room="", partner="bob", messages=(old,)))
        self.assertEqual(self.texts(self.state.private("bob")), ["hi"])
        self.assertEqual(len(self.state.conversations), 2)

    def test_what_is_read_elsewhere_is_read_here(self) -> None:
        room = self.state.room("dev")
        self.hear(
            said(1), said(2, text="hey me"), said(3), ev.ReadUpTo(room="dev", message=spelled(2))
        )
        self.assertEqual((room.unread, room.mentions), (1, 0))
        self.hear(ev.ReadUpTo(room="dev", message=spelled(1)))
        self.assertEqual((room.unread, room.mentions), (1, 0))
        self.hear(said(4, to="me", room=None), ev.ReadUpTo(partner="bob", message=spelled(4)))
        self.assertEqual(self.state.private("bob").mentions, 0)


class PeopleTests(Case):
    def names(self, room: str = "dev") -> list[str]:
        return [member.nick for member in self.state.room(room).members.values()]

    def test_people_come_and_go(self) -> None:
        room = self.enter("me", "bob")
        self.hear(
            ev.Joined(sender="eve", room="dev", id=spelled(1)),
            ev.Left(sender="bob", room="dev", id=spelled(2), reason="tea"),
            ev.Joined(sender="eve", room="dev", id=spelled(3)),
            ev.Left(sender="bob", room="dev", id=spelled(4)),
        )
        self.assertEqual(self.names(), ["me", "eve"])
        (line,) = room.buffer.lines
        self.assertEqual((line.came, line.went), (("eve",), ("bob",)))

    def test_of_who_spoke_it_is_told_that_they_went_and_why(self) -> None:
        self.enter("me", "bob")
        self.hear(said(1), ev.Quit(sender="bob", id=spelled(2), time=2.0, reason="tea"))
        self.assertEqual(self.texts(), ["hi", "bob left the chat (tea)"])

    def test_who_leaves_the_chat_leaves_all_rooms(self) -> None:
        self.enter("me", "bob")
        self.enter("me", "bob", room="ops")
        self.hear(ev.Away(sender="bob", away=True, content="tea"))
        self.hear(ev.Quit(sender="bob", id=spelled(1)), ev.Quit(sender="nobody", id=spelled(2)))
        self.assertEqual((self.names(), self.names("ops")), (["me"], ["me"]))
        self.assertEqual(self.state.away, {})

    def test_the_words_of_bots_are_told(self) -> None:
        words = ("!flip", "!roll")
        self.hear(ev.Entered(room="dev", names=("me",), count=1, bot_commands=words))
        self.state.look(True)
        self.hear(
            ev.BotCommands(sender="dice", commands=("!roll",), content="dice answers to !roll")
        )
        told = ["Bots here answer to !flip, !roll.", "dice answers to !roll"]
        self.assertEqual(self.texts(), told)

    def test_a_crowd_is_gathered(self) -> None:
        room = self.enter("me", count=200)
        self.hear(ev.Gathered(room="dev", joined=("a", "b"), left=("c",), count=201))
        self.assertEqual((room.count, self.names()), (201, ["me", "a", "b"]))
        (line,) = room.buffer.lines
        self.assertEqual((line.came, line.went), (("a", "b"), ("c",)))
        self.hear(ev.Gathered(room="dev", joined=(), left=(), count=250))
        self.assertEqual((room.count, len(room.buffer)), (250, 1))

    def test_who_is_put_out_is_gone_and_oneself_is_told(self) -> None:
        room = self.enter("me", "bob", "eve")
        self.hear(ev.Kicked(sender="bob", to="eve", room="dev", id=spelled(1), reason="spam"))
        self.assertEqual(self.names(), ["me", "bob"])
        self.hear(ev.Kicked(sender="bob", to="me", room="dev", id=spelled(2)))
        self.assertFalse(room.joined)
        self.assertEqual(
            self.texts(), ["bob removed eve from the room (spam)", "bob removed me from the room"]
        )

    def test_who_is_banned_is_gone(self) -> None:
        room = self.enter("me", "eve")
        ban = ev.BanSet(sender="op", room="dev", out=("eve",), content="op banned eve")
        self.hear(ban)
        self.assertEqual((self.names(), self.texts()), (["me"], ["op banned eve"]))
        self.hear(ev.RoomDropped(sender="op", room="dev"))
        self.assertFalse(room.joined)
        self.hear(ev.Forgotten(sender=None, content="all of eve's was deleted"))
        self.assertIn("all of eve's was deleted", self.texts())

    def test_a_new_name_is_taken_everywhere(self) -> None:
        self.enter("me", "bob")
        self.hear(said(1, to="me", room=None), ev.Away(sender="bob", away=True, content="tea"))
        self.hear(ev.Renamed(sender="bob", content="rob", id=spelled(2)))
        self.assertEqual(self.names(), ["me", "rob"])
        self.assertEqual(self.texts(), ["bob is now called rob"])
        self.assertEqual(self.texts(self.state.private("rob")), ["hi", "bob is now called rob"])
        self.assertEqual(self.state.away, {nick_key("rob"): "tea"})

    def test_presence_follows_who_is_away_and_my_new_name_mentions_me(self) -> None:
        self.hear(ev.Away(sender="Bob", away=True, content="tea"))
        self.assertEqual(self.state.away, {nick_key("bob"): "tea"})
        self.hear(ev.Away(sender="bob", away=False))
        self.assertEqual(self.state.away, {})
        self.enter("me")
        self.hear(ev.Renamed(sender="me", content="we", id=spelled(1)))
        self.assertEqual(self.state.nick, "we")
        self.hear(ev.Renamed(sender="we", content="we", id=spelled(2), account="we"))
        self.assertEqual(self.texts(), ["me is now called we"])

    def test_a_list_of_people_brings_roles_and_who_is_away(self) -> None:
        room = self.enter("me", count=3)
        people = (ev.Person(nick="bob", away="tea", roles=("operator",)), ev.Person(nick="eve"))
        self.hear(ev.Away(sender="eve", away=True))
        self.hear(ev.Who(users=people, count=3, room="dev"), ev.Who(users=people, count=2))
        self.assertEqual((self.names(), room.unnamed), (["me", "bob", "eve"], 0))
        self.assertEqual(self.state.away, {nick_key("bob"): "tea"})


class RoomTests(Case):
    def test_topics_are_known_and_changes_are_told(self) -> None:
        room = self.enter("me")
        self.hear(ev.Topic(room="dev", sender="bob", id=spelled(1), content="release"))
        self.assertEqual((room.topic, self.texts()), ("release", ["bob set the topic: release"]))
        self.hear(ev.ShownTopic(room="dev"))
        self.assertEqual(
            (room.topic, self.texts()[1:]), ("", ["#dev has no topic. Set one with /topic TEXT."])
        )

    def test_roles_are_known_and_told(self) -> None:
        room = self.enter("me", "bob")
        give = {"sender": "op", "room": "dev", "to": "bob", "role": "voice"}
        self.hear(ev.Role(**give, given=True, id=spelled(1), content="op gave bob voice."))  # type: ignore[arg-type]
        self.assertEqual(room.members[nick_key("bob")].roles, ("voice",))
        self.hear(ev.Role(**give, given=False, id=spelled(2), content="op took it."))  # type: ignore[arg-type]
        self.assertEqual(self.texts(), ["op gave bob voice.", "op took it."])

    def test_who_leaves_a_room_sees_the_one_before(self) -> None:
        self.enter("me")
        self.state.want(room_key("ops"))
        self.enter("me", room="ops")
        self.assertEqual(self.state.view, room_key("ops"))
        self.hear(ev.Gone(room="ops", focus="dev"))
        self.assertEqual((self.state.view, self.state.focus), (room_key("dev"), room_key("dev")))
        self.hear(ev.Gone(room="dev", focus=None))
        self.assertEqual((self.state.view, self.state.focus), (SERVER, None))

    def test_invitations_and_announcements_call_and_the_focus_is_known(self) -> None:
        self.assertTrue(self.hear(ev.Invited(sender="bob", room="ops")))
        self.assertIn("bob invites you to #ops. Enter it with /join #ops.", self.texts())
        self.enter("me")
        self.hear(ev.Focus(focus=None))
        self.assertIsNone(self.state.focus)
        self.hear(ev.Focus(focus="dev"))
        self.assertEqual(self.state.focus, room_key("dev"))


class ConnectionTests(Case):
    def test_tries_that_end_alike_are_told_once(self) -> None:
        room = self.enter("me")
        for _ in range(3):
            self.hear(ev.Offline(why="refused", again=2.0), ev.Connecting())
        self.hear(ev.Offline(why="reset", again=2.0))
        told = self.texts(self.state.conversations[SERVER])
        self.assertEqual(told[-2:], ["Not connected: refused", "Not connected: reset"])
        self.assertEqual(self.texts(room), [])

    def test_that_there_will_be_no_other_try_is_told_where_the_user_looks(self) -> None:
        room = self.enter("me")
        self.hear(ev.Offline(why="the certificate has changed"))
        self.assertEqual(self.texts(room), ["Not connected: the certificate has changed"])

    def test_without_a_name_one_is_not_in_and_notices_are_shown(self) -> None:
        self.hear(
            ev.Notice(code="hint", content="try help"), ev.Notice(code="done", content="done")
        )
        self.assertEqual(self.texts(), ["Welcome, me.", "done"])
        self.hear(ev.Connecting(), ev.NameRefused(code="nick-taken", nick="me"))
        self.assertEqual(
            (self.state.connection, self.state.why), ("offline", "a nickname is needed")
        )

    def test_the_connection_is_known_and_unknown_things_change_nothing(self) -> None:
        self.hear(ev.Unknown(type="x"), ev.Malformed(type="x", why="y"), ev.Pong())
        self.assertEqual(self.texts(), ["Welcome, me."])
        self.assertEqual(self.state.connection, "online")
        self.hear(ev.Lag(seconds=0.5))
        self.assertEqual(self.state.lag, 0.5)
        self.hear(ev.Offline(why="refused", again=2.0))
        self.assertEqual((self.state.connection, self.state.again), ("offline", 2.0))
        self.assertIsNone(self.state.lag)
        self.hear(ev.Connecting())
        self.assertEqual(self.state.connection, "connecting")


# --- any order of events gives a consistent state ---

NICKS = st.sampled_from(["me", "bob", "eve", "Bob", "a:b"])
ROOMS = st.sampled_from(["dev", "ops", "#Dev"])
IDS = st.integers(1, 40).map(spelled)
TAGS = st.sampled_from(["t1", "t2", "t3"])
NAMES = st.lists(NICKS, max_size=3).map(tuple)
TIMES = st.floats(0, 5000)
CONTENTS = st.sampled_from(["hi", "hey me", "a\nb", ""])

EVENTS = st.one_of(
    st.builds(
        ev.RoomMessage,
        sender=NICKS,
        room=st.none() | ROOMS,
        id=IDS,
        time=TIMES,
        content=CONTENTS,
        nonce=st.none() | TAGS,
        replay=st.booleans(),
    ),
    st.builds(
        ev.PrivateMessage,
        sender=NICKS,
        to=NICKS,
        id=IDS,
        time=TIMES,
        content=CONTENTS,
        replay=st.booleans(),
    ),
    st.builds(ev.Sending, tag=TAGS, room=st.none() | ROOMS, to=st.none() | NICKS, content=CONTENTS),
    st.builds(ev.Ack, tag=TAGS, message=IDS, time=TIMES),
    st.builds(ev.Refused, tag=st.none() | TAGS, code=st.just("no"), content=CONTENTS),
    st.builds(ev.Entered, room=ROOMS, names=NAMES, count=st.integers(-1, 9)),
    st.builds(ev.Gathered, room=ROOMS, joined=NAMES, left=NAMES, count=st.integers(-1, 9)),
    st.builds(ev.Joined, sender=NICKS, room=ROOMS, id=IDS, time=TIMES),
    st.builds(ev.Left, sender=NICKS, room=ROOMS, id=IDS, time=TIMES),
    st.builds(ev.Quit, sender=NICKS, id=IDS, time=TIMES),
    st.builds(ev.Kicked, sender=NICKS, to=NICKS, room=ROOMS, id=IDS, time=TIMES),
    st.builds(ev.Renamed, sender=NICKS, content=NICKS, id=IDS, time=TIMES),
    st.builds(ev.Away, sender=NICKS, away=st.booleans()),
    st.builds(ev.BotCommands, sender=NICKS, commands=NAMES, content=CONTENTS),
    st.builds(ev.Gone, room=ROOMS, focus=st.none() | ROOMS),
    st.builds(ev.Focus, focus=st.none() | ROOMS),
    st.builds(ev.HistoryEnd, room=ROOMS, more=st.booleans()),
    st.builds(ev.HistoryEnd, partner=NICKS, more=st.booleans()),
    st.builds(ev.ReadUpTo, room=ROOMS, message=IDS),
    st.builds(ev.ReadUpTo, partner=NICKS, message=IDS),
    st.builds(ev.WaitingStart),
    st.builds(ev.WaitingEnd),
    st.builds(
        ev.Who,
        users=st.lists(st.builds(ev.Person, nick=NICKS), max_size=3).map(tuple),
        count=st.integers(-1, 9),
        room=st.none() | ROOMS,
    ),
    st.builds(ev.RoomDropped, room=ROOMS, out=NAMES, id=IDS),
    st.builds(ev.Offline, why=st.just("reset")),
    st.builds(ev.Welcome, nick=NICKS, session=st.just("s")),
)
STEPS = st.lists(EVENTS | st.tuples(st.sampled_from(["look", "away", "switch", "close"]), ROOMS))


class AnyOrderTests(SynchronousTestCase):
    def consistent(self, state: ClientState) -> None:
        self.assertIn(state.view, state.conversations)
        total = 0
        for key, conversation in state.conversations.items():
            lines = conversation.buffer.lines
            total += len(lines)
            self.assertEqual(conversation.key, key)
            places = [line.place for line in lines]
            self.assertEqual(places, sorted(places))
            self.assertEqual(len(set(places)), len(places))
            ids = [line.id for line in lines if line.id]
            ids += [each for line in lines for each in line.ids]
            self.assertEqual(len(ids), len(set(ids)), "a line twice")
            self.assertEqual([i for i in ids if i in conversation.buffer], ids)
            waiting = [line.tag for line in lines if line.waiting]
            self.assertEqual(len(waiting), len(set(waiting)))
            self.assertTrue(0 <= conversation.mentions <= conversation.unread)
            self.assertGreaterEqual(conversation.unnamed, 0)
            for who, member in conversation.members.items():
                self.assertEqual(nick_key(member.nick), who)
            self.assertEqual(conversation.count, len(conversation.members) + conversation.unnamed)
            if not conversation.joined:
                self.assertEqual(conversation.key.sort, "room")
            self.assertEqual(
                len({line.serial for line in lines}), len(lines), "two lines are drawn as one"
            )
        self.assertLessEqual(total, 30)
        next_one = state.next_unread()
        self.assertTrue(next_one is None or next_one in state.conversations)

    @given(STEPS)
    def test_any_order_of_events_gives_a_consistent_state(
        self, steps: list[ev.Event | tuple[str, str]]
    ) -> None:
        state = ClientState(most=30)
        for step in steps:
            if isinstance(step, tuple):
                what, room = step
                match what:
                    case "look":
                        state.look(True)
                    case "away":
                        state.look(False)
                    case "switch":
                        state.switch(room_key(room))
                    case _:
                        state.close(room_key(room))
            else:
                reduce(state, step, 1000.0)
            self.consistent(state)

    @given(st.permutations([said(number) for number in range(1, 12)]))
    def test_messages_in_any_order_and_twice_stand_in_theirs(
        self, messages: list[ev.Event]
    ) -> None:
        state = ClientState()
        for message in [*messages, *messages]:
            reduce(state, message, 0.0)
        lines = state.room("dev").buffer.lines
        self.assertEqual([line.time for line in lines], [float(n) for n in range(1, 12)])
        self.assertTrue(all(line.kind in SPOKEN for line in lines))
