"""What passes the seam is plain data: it goes through MessagePack and comes back as it was."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_COMMAND, EVERY_EVENT, EVERY_REPLY
from tests.core.world import NOW, lines, nick, room
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText, FormattedText, Secret
from twisted_chat.seam.codec import NotPlain, decode, encode
from twisted_chat.seam.ports import Identity

AUTHOR = e.Author(UserId(1), nick("bob"), Scope("s"))
ORIGIN = e.Origin(Node("a"), SessionId(1), "tag")


class CodecTests(SynchronousTestCase):
    def test_every_command_event_and_reply_comes_back_as_it_was(self) -> None:
        ref = e.RoomRef(RoomId(1), room("dev"))
        envelopes = (
            e.Envelope(MessageId(2**53), NOW, event, ORIGIN, AUTHOR, ref) for event in EVERY_EVENT
        )
        for value in (*EVERY_COMMAND, *EVERY_EVENT, *EVERY_REPLY, *envelopes):
            again = decode(encode(value))
            self.assertEqual(again, value)
            # A text is valid because of its class, so that has to come back, too. Equality does not look at it.
            self.assertEqual(encode(again), encode(value))

    def test_other_values_of_the_ports_come_back_as_they_were(self) -> None:
        values: tuple[object, ...] = (
            None, True, 0, 1.5, "a", b"\x00\xff", (), ("a", ("b",)), [1], frozenset({1}), {"k": "v"},
            Limits(), Identity(nick("bob"), guest=True), lines("hi"),
        )  # fmt: skip
        for value in values:
            again = decode(encode(value))
            self.assertEqual((type(again), again), (type(value), value))
        for text in (CleanText("hi"), FormattedText("\x02hi"), Secret("word")):
            self.assertIs(type(decode(encode(text))), type(text))

    def test_what_is_no_plain_data_is_refused(self) -> None:
        for value in (object(), self, lambda: None, {"k": {1}}):
            self.assertRaises(NotPlain, encode, value)
