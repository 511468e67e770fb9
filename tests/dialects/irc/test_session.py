"""A session of IRC takes any bytes, and writes no line that a client could read as two, or not at all."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.strategies import any_text, envelopes, nicks, replies
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Author, Envelope
from twisted_chat.core.values.ids import Scope, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick, parse_nick, parse_room
from twisted_chat.dialects.base import Request
from twisted_chat.dialects.irc.capabilities import OFFERED
from twisted_chat.dialects.irc.dialect import IrcDialect
from twisted_chat.dialects.irc.message import MAX_LINE
from twisted_chat.dialects.irc.server import greeting
from twisted_chat.dialects.irc.session import IrcSession
from twisted_chat.dialects.irc.verbs import VERBS

DIALECT = IrcDialect("server", "1.0", Limits, lambda: 1_800_000_000.25)

_verbs = st.sampled_from(sorted(VERBS)) | st.sampled_from(["HISTORY", "SEARCH", "SET", "NOSUCH"])
_words = st.sampled_from(["#dev", "bob", "+o", "-v", "*", "LS", "0", "a!b@c", "", ":x"]) | any_text
#: Lines with a verb, and some parameters of any kind.
_lines = st.builds(
    lambda verb, words: " ".join((verb, *words)).encode("utf-8", "surrogatepass"),
    _verbs,
    st.lists(_words, max_size=5),
)
frames = st.binary(max_size=40) | _lines
caps = st.sets(st.sampled_from(sorted(OFFERED))).map(frozenset)


def entered(nick: Nick, caps: frozenset[str]) -> IrcSession:
    """Return a session that has logged in."""
    session = DIALECT.open()
    session.me = Author(UserId(1), nick, Scope("scope"), host="host")
    session.negotiate(caps)
    return session


class SessionTests(SynchronousTestCase):
    def check(self, shown: bytes) -> None:
        """Output is whole lines, which a client can read, without anything that moves a cursor."""
        if not shown:
            return
        self.assertTrue(shown.endswith(b"\r\n"), shown)
        for line in shown[:-2].split(b"\r\n"):
            tags = line.partition(b" ")[0] + b" " if line.startswith(b"@") else b""
            self.assertLessEqual(len(line) - len(tags), MAX_LINE)
            text = line.decode()
            self.assertFalse({"\0", "\r", "\n", "\x1b"} & set(text), ascii(text))
            self.assertTrue(text)

    @given(frames, st.booleans(), nicks, caps, st.lists(replies, max_size=3))
    def test_any_bytes_are_steps_whatever_is_answered(
        self, frame: bytes, inside: bool, nick: Nick, some: frozenset[str], told: list[r.Reply]
    ) -> None:
        session = entered(nick, some) if inside else DIALECT.open()
        for step in itertools.islice(session.take(frame, logged_in=inside), 200):
            if isinstance(step, Request):
                self.assertIsInstance(step.command, c.Command)
                for reply in told:
                    self.check(session.reply(reply, None))
            else:
                assert isinstance(step, bytes)
                self.check(step)

    @given(envelopes(), nicks, caps, st.booleans())
    def test_events_are_whole_lines_or_nothing(
        self, envelope: Envelope, nick: Nick, some: frozenset[str], acked: bool
    ) -> None:
        session = entered(nick, some)
        self.check(session.here.event(envelope))
        self.check(session.own(envelope, acked=acked))
        self.check(session.replay(envelope, here=True))
        self.check(session.found(envelope, here=False))

    @given(replies, nicks, caps)
    def test_replies_are_whole_lines_or_nothing(
        self, reply: r.Reply, nick: Nick, some: frozenset[str]
    ) -> None:
        self.check(entered(nick, some).reply(reply, None))
        if not isinstance(reply, r.Entered | r.FocusSet):  # which nobody is told before they are in
            self.check(DIALECT.open().reply(reply, None))

    def test_sessions_that_see_the_same_share_a_view(self) -> None:
        ann, bob = DIALECT.open(), DIALECT.open()
        ann.negotiate(frozenset(("multi-prefix",)))
        self.assertIs(ann.here, bob.here)
        self.assertIs(ann.here, ann.elsewhere)
        bob.negotiate(frozenset(("extended-join",)))
        self.assertIsNot(ann.here, bob.here)

    def test_every_verb_can_be_asked_about(self) -> None:
        for name, verb in VERBS.items():
            self.assertEqual(verb.usage.split()[0], name)

    def test_whatever_the_server_is_called_its_lines_are_whole(self) -> None:
        nick = parse_nick("\U00020000" * 32)
        for name, written, network in (
            (":My chat = ours", "My-chat-=-ours.irc", r"My-chat-\x3D-ours"),
            ("x" * 500, "x" * 63, "x" * 63),
            (" : ", "server", "server"),
            ("chat.example.org", "chat.example.org", "chat.example.org"),
        ):
            session = IrcDialect(name, "1.0", Limits, lambda: 1.0).open()
            session.me = Author(UserId(1), nick, Scope("scope"), host="host")
            lines = [line.partition(f" {nick} ") for line in greeting(session)]
            self.assertEqual({start.split()[0] for start, _, _ in lines}, {f":{written}"})
            tokens = [rest for start, _, rest in lines if start.endswith(" 005")]
            self.assertIn(f" NETWORK={network} ", " ".join(tokens))
            for line in tokens:
                self.assertTrue(line.endswith(" :are supported by this server"))
            self.check(session.lines(greeting(session)))
            for line in greeting(session):
                self.assertLessEqual(len(line.encode()), MAX_LINE)

    def test_a_history_that_breaks_off_ends_its_batch(self) -> None:
        session = entered(parse_nick("ann"), frozenset(("batch", "draft/chathistory")))
        steps = iter(
            session.take(b"CHATHISTORY AROUND #dev msgid=0000000000000007 4", logged_in=True)
        )
        self.assertIsInstance(next(steps), Request)
        begun = session.reply(r.HistoryStart(parse_room("dev"), None, True), None)
        self.assertEqual(begun, b":server BATCH +1 chathistory #dev\r\n")
        self.assertIsInstance(next(steps), Request)
        session.reply(r.Refused("history-unavailable", "It cannot be read now."), None)
        self.assertEqual(next(steps), b":server BATCH -1\r\n")
        self.assertIsNone(next(steps, None))
