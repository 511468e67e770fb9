"""Tests for what goes into and comes out of the core: all commands, events and replies."""

from __future__ import annotations

from typing import get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_COMMAND, EVERY_EVENT, EVERY_REPLY
from tests.core.world import NOW, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId

ORIGIN = e.Origin(Node("a"), SessionId(1), "tag")
AUTHOR = e.Author(UserId(1), nick("bob"), Scope("s"))
SAID = e.Said("say", lines("hi"))


def leaves(base: type) -> set[type]:
    """Return the classes below a base that nothing else is made from."""
    below: list[type] = base.__subclasses__()
    return {leaf for each in below for leaf in leaves(each)} if below else {base}


class ApiTests(SynchronousTestCase):
    def test_unions_have_all_there_are(self) -> None:
        self.assertEqual(set(get_args(e.Event)), leaves(e.BaseEvent))
        self.assertEqual(set(get_args(r.Reply)), leaves(r.BaseReply))

    def test_examples_are_one_of_each(self) -> None:
        examples = (*EVERY_COMMAND, *EVERY_EVENT, *EVERY_REPLY)
        every = leaves(c.Command) | leaves(e.BaseEvent) | leaves(r.BaseReply)
        self.assertEqual({type(each) for each in examples}, every)

    def test_all_are_frozen_values_that_say_what_they_are(self) -> None:
        around = (
            AUTHOR,
            ORIGIN,
            e.RoomRef(RoomId(0), room("lobby")),
            e.Proposal(SAID, ORIGIN, NOW),
            e.Envelope(MessageId(1), NOW, SAID, ORIGIN, AUTHOR),
        )
        for value in (*EVERY_COMMAND, *EVERY_EVENT, *EVERY_REPLY, *around):
            again = msgspec.structs.replace(value)
            self.assertEqual((value, hash(value)), (again, hash(again)))
            self.assertRegex(type(value).__doc__ or "", r"^[A-Z].*\.")
            for field in value.__struct_fields__:
                with self.assertRaises(AttributeError):
                    setattr(value, field, None)


class EnvelopeTests(SynchronousTestCase):
    def test_tag_is_that_of_the_origin_if_there_is_one(self) -> None:
        self.assertEqual(e.Envelope(MessageId(1), NOW, SAID, ORIGIN, AUTHOR).tag, "tag")
        self.assertIsNone(e.Envelope(MessageId(1), NOW, SAID, None, None).tag)
