"""Each command is decided, and each event applied, by one topic; deciding changes nothing."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_COMMAND, EVERY_EVENT
from tests.core.api.test_values import leaves
from tests.core.dump import dump
from tests.core.rules.cases import ChatCase
from tests.core.world import World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import CheckPassword, Decision, Propose, Repeat, SendReply
from twisted_chat.core.rules.dispatch import TOPICS
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.state.state import State
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText

HI = lines("hi")
GONE = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")
#: What somebody does; nobody closes a room.
DEEDS = [event for event in EVERY_EVENT if not isinstance(event, e.Closed)]


def takes(do: Callable[..., Any], place: int) -> set[object]:
    """Return the types that a method takes at a place of its arguments."""
    names = [name for name in inspect.signature(do).parameters if name != "self"]
    hint = get_type_hints(inspect.unwrap(do))[names[place]]
    return set(get_args(hint)) or {hint}


class TopicTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.topics = [topic(State(Limits())) for topic in TOPICS]

    def test_every_command_event_and_password_is_for_one_topic(self) -> None:
        commands = [kind for topic in self.topics for kind in topic.commands]
        self.assertCountEqual(commands, leaves(c.Command))
        events = [kind for topic in self.topics for kind in topic.events]
        self.assertCountEqual(events, get_args(e.Event))
        proven = [kind for topic in self.topics for kind in topic.proven]
        hints = get_type_hints(CheckPassword)
        self.assertCountEqual(proven, get_args(hints["command"]))

    def test_each_method_takes_what_its_table_gives_it(self) -> None:
        for topic in self.topics:
            for kind, do in topic.commands.items():
                self.assertIn(kind, takes(do, 1))
            for event, rule in topic.events.items():
                taken = takes(rule.apply, 1)
                self.assertTrue(event in taken or taken == set(get_args(e.Event)), rule.apply)
                if rule.check is not None:
                    taken = takes(rule.check, 1)
                    self.assertTrue(event in taken or taken == set(get_args(e.Event)), rule.check)


class GoneTests(ChatCase):
    def test_what_somebody_who_left_the_chat_did_is_void(self) -> None:
        user = self.world.session(self.eve).user
        self.applied(self.eve, e.Departed(CleanText("quit")))
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(self.eve, event, LOBBY_ID, user=user), GONE)

    def test_what_nobody_did_is_void_and_what_is_made_for_show_cannot_be_proposed(self) -> None:
        new = self.world.open()
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(new, event, LOBBY_ID), GONE)
        why = self.void(self.bob, e.Gathered((), (), 5))
        self.assertEqual(
            why, Refused("internal", "This event is only for display and cannot be proposed.")
        )

    def test_what_a_replaced_session_did_is_void(self) -> None:
        bob = self.user("bob")
        seat = self.world.open()
        self.applied(seat, e.Arrived(nick("bob"), bob.author.scope, "there"))
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(self.bob, event, LOBBY_ID), GONE)
        self.applied(seat, e.Said("say", HI), LOBBY_ID)

    def test_a_nick_that_came_back_is_somebody_else(self) -> None:
        user = self.world.session(self.eve).user
        self.world.close(self.eve)
        new = self.world.enter("eve")
        self.assertEqual(self.void(new, e.Said("say", HI), LOBBY_ID, user=user), GONE)


class NothingChangesTests(ChatCase):
    def everything(self) -> object:
        """What the hub knows: what is shared, and each session."""
        return copy.deepcopy((dump(self.hub.state), self._sessions()))

    def _sessions(self) -> list[object]:
        return [
            (
                session.id,
                session.user,
                session.focus,
                session.before,
                session.answer_to,
                session.ignored,
                (session.bucket.tokens, session.bucket.at),
            )
            for session in self.hub.state.sessions.values()
        ]

    def test_deciding_changes_nothing(self) -> None:
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.bob, c.Ignore(nick("eve")))
        before = self.everything()
        new = self.world.open()
        opened = self.everything()
        for seat in (self.bob, self.eve, new):
            for command in EVERY_COMMAND:
                for tag in (None, "1"):
                    self.decide(seat, command, tag)
                    self.assertEqual(self.everything(), opened, repr(command))
        self.assertNotEqual(before, opened)

    def test_refusals_and_repeats_change_nothing(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        before = self.everything()
        self.decide(self.bob, c.Say(HI), "1")
        self.decide(self.bob, c.Say(lines("other")), "1")
        self.decide(self.bob, c.Say(lines("x" * 5000)), "2")
        self.assertEqual(self.everything(), before)


class TotalTests(SynchronousTestCase):
    """A refusal of a text says that it was not sent; every command of everybody has an answer."""

    def setUp(self) -> None:
        self.world = World(limits=Limits(max_rooms=2, max_text=20))
        self.seats = [self.world.enter(name) for name in ("bob", "alice", "eve")]
        self.seats.append(self.world.open())
        self.world.do(self.seats[0], c.Join(room("dev"), "x"))
        self.world.do(self.seats[1], c.Leave())
        self.world.do(self.seats[2], c.PrivateMessage(nick("bob"), HI), "1")

    names = st.sampled_from(["bob", "alice", "eve", "carol", "b\u043eb"]).map(nick)
    rooms = st.sampled_from(["dev", "lobby", "new", "d\u0435v"]).map(room)
    texts = st.sampled_from([HI, lines("x" * 30), lines(" "), lines("a", "b")])
    talk = st.one_of(
        st.builds(c.Say, texts, st.none() | rooms),
        st.builds(c.PrivateMessage, names, texts),
        st.builds(c.ReplyPrivately, texts),
    )

    @settings(max_examples=300)
    @given(st.integers(0, 3), talk, st.sampled_from([None, "1", "2"]))
    def test_text_that_is_refused_is_said_not_to_be_sent(
        self, who: int, command: c.Command, tag: str | None
    ) -> None:
        decision = self.world.decide(self.seats[who], command, tag)
        if isinstance(decision, SendReply):
            assert isinstance(decision.reply, r.Refused)
            self.assertRegex(decision.reply.why, "[Nn]othing was sent|was not sent")
        else:
            self.assertIsInstance(decision, Propose | Repeat)

    def test_every_command_has_an_answer(self) -> None:
        for seat in self.seats:
            for command in EVERY_COMMAND:
                self.assertIsInstance(self.world.decide(seat, command), Decision)
