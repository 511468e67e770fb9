"""One session of IRC: what it said about itself, what it asked for last, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import BadName, RoomName
from twisted_chat.core.values.profile import Profile
from twisted_chat.core.values.text import BadText, CleanText, Secret
from twisted_chat.dialects.base import DialectSession, Request, Step, Steps
from twisted_chat.dialects.irc import letters
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.labels import MAX_LABEL, Label, begins_batch, inside
from twisted_chat.dialects.irc.message import BadMessage, Message, encode, parse, verb_of
from twisted_chat.dialects.irc.phrases import phrased
from twisted_chat.dialects.irc.replies import logged_in, told
from twisted_chat.dialects.irc.view import IrcView, join

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.dialect import IrcDialect
    from twisted_chat.dialects.irc.multiline import Collected

#: What a client needs for answers with labels.
_LABELS: Final = frozenset(("labeled-response", "batch"))

#: Renders a reply to one command; None: as it is rendered for all.
Show = Callable[[r.Reply], Iterable[str] | None]

#: Verbs of specifications that have standard replies; clients that send them know those.
_STANDARD: Final = frozenset(
    ("REGISTER", "VERIFY", "CHATHISTORY", "MARKREAD", "REDACT", "METADATA", "RENAME")
)

#: What a client is called that has no nickname yet.
NOBODY: Final = "*"


class Asked(msgspec.Struct):
    """What a session asks for now. ``about``: what a numeric names before it says why something was refused.

    ``errors``: numerics by codes of refusals, where this command has others than most. ``refused``: the code of the refusal.
    """

    verb: str
    about: tuple[str, ...] = ()
    show: Show | None = None
    errors: dict[str, int] = {}
    refused: str | None = None


class Registration(msgspec.Struct):
    """What a client has sent before it is logged in."""

    nick: str = ""
    user: str = ""
    real_name: str = ""
    password: Secret | None = None
    negotiating: bool = False
    #: What it wants its profile to say.
    profile: Profile = {}


class IrcSession:
    """One session: it reads messages, and renders what it is told.

    A verb is a generator of steps. Each step is taken once the command before it is finished and its answers are rendered, so
    what ends an answer (such as 366) simply is the next step.
    """

    acks = False
    serial = True
    pings = True

    def __init__(self, dialect: IrcDialect) -> None:
        self.dialect = dialect
        self.caps: frozenset[str] = frozenset()
        #: The keys of profiles that the client has subscribed to.
        self.subs: frozenset[str] = frozenset()
        self.view = dialect.view(self.caps)
        self.registration = Registration()
        #: The client as others see it, once it has logged in.
        self.me: e.Author | None = None
        self.motd: tuple[CleanText, ...] = ()
        #: What a client has sent of an authentication that goes on; None: none does.
        self.sasl: str | None = None
        self.asked = Asked("")
        self._label: Label | None = None
        self._batches = 0
        self._sized: e.Author | None = None
        self._size = 0
        #: A message of several lines that the client has begun, and whether one was given up, whose end is still to come.
        self.collected: Collected | None = None
        self.spoiled = False
        self._in_batch = ""  # the name of the batch that history goes into, if it does
        #: The rooms that it is in; some may be left already. And behind which message some were not read, until that is told.
        self.rooms: set[RoomName] = set()
        self.missed: dict[RoomName, MessageId] = {}
        #: The rooms that another session of the same user entered, and of which this one was told no more yet.
        self._entered: dict[RoomName, None] = {}

    @property
    def here(self) -> IrcView:
        return self.view

    @property
    def elsewhere(self) -> IrcView:
        return self.view

    @property
    def echoes(self) -> bool:
        return "echo-message" in self.caps

    @property
    def nick(self) -> str:
        """What numerics call the client."""
        return self.me.nick.text if self.me is not None else NOBODY

    @property
    def server(self) -> str:
        """The name of the server."""
        return self.dialect.server

    def negotiate(self, caps: frozenset[str]) -> None:
        """Set the capabilities of the session."""
        self.caps = caps
        self.view = self.dialect.view(caps, self.subs)

    def subscribe(self, keys: frozenset[str]) -> None:
        """Be told of what profiles say under these keys from now on."""
        self.subs = keys
        self.view = self.dialect.view(self.caps, keys)

    # --- what it sends ---

    def take(self, frame: bytes, *, logged_in: bool) -> Steps:
        if self.me is not None and (said := self.dialect.plain(self, frame)) is not None:
            return (said,)
        try:
            message = parse(frame)
        except BadMessage as bad:
            return (self._bad(bad, verb_of(frame)),)
        if message is None:
            return ()
        label = message.tags.get("label", "")
        if message.verb == "BATCH":
            # What a batch began with has the label of the answer to its end.
            ends = self.collected is not None and message.param(0).startswith("-")
            label = self.collected.label if self.collected is not None and ends else ""
        elif "batch" in message.tags and "draft/multiline" in self.caps:
            return self.dialect.collect(self, message)
        if label and self.caps >= _LABELS and len(label.encode()) <= MAX_LABEL:
            return self._run_labeled(message, label)
        return self._run(message)

    def _run_labeled(self, message: Message, label: str) -> Iterator[Step]:
        """Yield the steps of a message whose answer is to have a label."""
        self._label = Label(label, self.server, self.batch())
        try:
            yield from self._run(message)
        finally:
            ended, self._label = self._label, None
        yield ended.end()

    def batch(self) -> str:
        """Return a name for a batch, which no other of the session has."""
        self._batches += 1
        return str(self._batches)

    @property
    def unasked(self) -> bool:
        return bool(self._entered) or not self.rooms.isdisjoint(self.missed)

    def more(self) -> Iterator[Step]:
        while self._entered:
            room = next(iter(self._entered))
            del self._entered[room]
            yield from self.dialect.inside(self, room)
        for room in self.rooms.intersection(self.missed):
            yield from self.dialect.missed(self, room)
        self.asked = Asked("")

    def _bad(self, bad: BadMessage, verb: str) -> Step:
        if bad.code == "INPUT_TOO_LONG":
            return self.numeric(n.ERR_INPUTTOOLONG, f":{bad}")
        return self.lines([f":{self.server} FAIL {verb} {bad.code} :{bad}"])

    def _run(self, message: Message) -> Iterator[Step]:
        """Yield the steps of a message; a name or text in it that is none is answered, and ends it."""
        self.asked = Asked(message.verb)
        verb = self.dialect.verbs.get(message.verb)
        if verb is None:
            run = self.dialect.other(self, message)
        elif self.me is None and not verb.early:
            yield self.numeric(n.ERR_NOTREGISTERED, ":You have not registered")
            return
        elif len(message.params) < verb.least:
            yield self.numeric(
                n.ERR_NEEDMOREPARAMS, f"{message.verb} :Not enough parameters. Usage: {verb.usage}"
            )
            return
        else:
            run = verb.run(self, message)
        try:
            yield from run
        except (BadText, BadName) as bad:
            yield self.fails("INVALID_TEXT", f"That was not sent: {bad}.")
        finally:
            # What comes now answers nothing.
            self.asked = Asked("")

    def asks(
        self,
        command: c.Command,
        *about: str,
        show: Show | None = None,
        errors: dict[str, int] | None = None,
        verb: str = "",
    ) -> Request:
        """Return the step that asks for something, see :class:`Asked`; what came of it stands in :attr:`asked` then."""
        self.asked = Asked(verb or self.asked.verb, about, show, errors or {})
        return Request(command)

    # --- what it is sent ---

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        reply, asked = phrased(reply), self.asked
        if isinstance(reply, r.Refused | r.PasswordNeeded):
            asked.refused = reply.code if isinstance(reply, r.Refused) else "password-needed"
        match reply:
            case r.Entered(room=room):
                self._enter(room)
            case r.FocusSet(left=RoomName() as room):
                self.rooms.discard(room)
            case r.Missed(rooms=rooms) if "draft/chathistory" not in self.caps:
                self.missed.update((each.room, each.after) for each in rooms)
            case _:
                pass
        shown = asked.show(reply) if asked.show is not None else None
        return self.lines(told(self, reply) if shown is None else shown)

    def _enter(self, room: RoomName) -> None:
        if len(self.rooms) > 2 * self.dialect.limits().max_rooms:
            # Most were left since, where that was not told to this session itself.
            self.rooms.clear()
        self.rooms.add(room)

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        event, me = envelope.event, self.me
        if isinstance(event, e.RoomRenamed) and envelope.room is not None:
            return self._renamed(envelope, envelope.room.name, event.name)
        data = self.view.own(envelope, acked=acked)
        if self._label is not None and begins_batch(data):
            self._label.is_batch("")
        if isinstance(event, e.Joined):
            self._entered[event.room] = None
            self._enter(event.room)
        after = envelope.after
        if me is not None and after is not None:
            self.me = msgspec.structs.replace(after, scope=me.scope, host=me.host)
        match event:
            case e.ProfileChanged() if self.asked.verb == "METADATA":
                return b""  # the verb itself answers what it did
            case e.LoggedIn():
                account = after.account_name if after is not None else ""
                told = encode(logged_in(self, account))
                # Clients wait for that first; but not under a nick that they do not have yet.
                renamed = me is not None and me.nick.text != self.nick
                return self._sent(data + told if renamed else told + data)
            case e.AwaySet(text=text):
                return self.away(text is not None)
            case e.UserChanged(changes=changes):
                return self.lines([self._mode(letters.spell_user_changes(changes))])
            case e.OperatorSet(operator=operator):
                sign = "+" if operator is not None else "-"
                return self.lines([self._mode(f"{sign}{letters.OPERATOR}")])
            case _:
                return self._sent(data)

    def _renamed(self, envelope: e.Envelope, room: RoomName, name: RoomName) -> bytes:
        """Tell that a room has another name; to a client that knows no such thing, that is another room."""
        self.rooms.discard(room)
        self.rooms.add(name)
        data = self._sent(self.view.event(envelope))
        if data or self.me is None:
            return data
        self._entered[name] = None
        left = f":{self.source} PART {room} :The room is now called {name}"
        return self.lines((left, join(self.view, self.me, str(name))))

    def _mode(self, how: str) -> str:
        return f":{self.source} MODE {self.nick} {how}"

    def replay(self, envelope: e.Envelope, *, here: bool) -> bytes:
        data = self.view.replay(envelope)
        return self._sent(inside(data, self._in_batch) if self._in_batch else data)

    def found(self, envelope: e.Envelope, *, here: bool) -> bytes:
        return self._sent(self.view.replay(envelope))

    # --- how it is written ---

    def numeric(self, number: int, rest: str) -> bytes:
        """Write a numeric, which names the client first."""
        return self.lines([self.spell(number, rest)])

    def spell(self, number: int, rest: str) -> str:
        """Return the line of a numeric."""
        return f":{self.server} {number:03} {self.nick} {rest}"

    def notice(self, text: str) -> str:
        """Return the line that tells the client something in the server's own words."""
        return f":{self.server} NOTICE {self.nick} :{text}"

    def fails(self, code: str, why: str, *about: str) -> bytes:
        """Write a standard reply about the verb that was asked for; for clients that do not know those, as a numeric."""
        return self.lines([self.failure(code, why, *about)])

    def failure(self, code: str, why: str, *about: str) -> str:
        """Return the line that says why something failed, see :meth:`fails`."""
        verb = self.asked.verb
        if "standard-replies" in self.caps or verb in _STANDARD:
            return f":{self.server} FAIL {' '.join((verb, code, *about))} :{why}"
        return self.spell(n.ERR_UNKNOWNERROR, f"{' '.join((verb, *about))} :{why}")

    def away(self, away: bool) -> bytes:
        """Write that the client is away, or back."""
        if away:
            return self.numeric(n.RPL_NOWAWAY, ":You have been marked as being away")
        return self.numeric(n.RPL_UNAWAY, ":You are no longer marked as being away")

    def open_batch(self, kind: str, *about: str) -> Iterable[str]:
        """Return the line that begins a batch, which is the whole answer to what was asked; from now on history goes into it."""
        if "batch" not in self.caps:
            return ()
        self._in_batch = self.batch()
        if self._label is not None:
            self._label.is_batch(self._in_batch)
        return (f":{self.server} BATCH {' '.join((f'+{self._in_batch}', kind, *about))}",)

    def close_batch(self) -> Iterable[str]:
        """Return the line that ends the batch."""
        ended, self._in_batch = self._in_batch, ""
        return (f":{self.server} BATCH -{ended}",) if ended else ()

    def lines(self, lines: Iterable[str]) -> bytes:
        """Write lines to this session alone."""
        return self._sent(encode(lines))

    def history_lines(self, lines: Iterable[str]) -> bytes:
        """Write lines into the batch that is open, if one is."""
        data = encode(lines)
        return self._sent(inside(data, self._in_batch) if self._in_batch else data)

    def _sent(self, data: bytes) -> bytes:
        """Return what goes out of whole lines: those that answer a message with a label have that."""
        return data if self._label is None else self._label.put(data)

    @property
    def source_size(self) -> int:
        """The length of :attr:`source`, in bytes."""
        if self._sized is not self.me:
            self._sized, self._size = self.me, len(self.source.encode())
        return self._size

    @property
    def source(self) -> str:
        """The prefix of what the client itself does."""
        return self.me.prefix if self.me is not None else NOBODY


_check: Callable[[IrcDialect], DialectSession] = IrcSession
