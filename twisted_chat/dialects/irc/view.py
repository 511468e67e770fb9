"""How sessions of IRC see events: those with the same capabilities share one view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import UserId, spell
from twisted_chat.core.values.names import Nick
from twisted_chat.dialects.base import Variant
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import MAX_LINE, encode, spell_tags, split
from twisted_chat.dialects.irc.mode_changes import MODES
from twisted_chat.dialects.schema.base import rfc3339
from twisted_chat.dialects.wording import events as say
from twisted_chat.dialects.wording.words import date_and_clock


class IrcView:
    """What sessions with the capabilities ``caps`` see. ``server`` is the name of the server."""

    sums = False

    def __init__(
        self, server: str, caps: frozenset[str], subs: frozenset[str] = frozenset()
    ) -> None:
        """``subs``: the keys of profiles that these sessions have subscribed to."""
        self.server = server
        self.caps = caps
        self.subs = subs
        self._tagging = not caps.isdisjoint(("server-time", "account-tag", "message-tags"))

    def event(self, envelope: e.Envelope) -> bytes:
        if isinstance(envelope.event, e.Said | e.Told):
            return self.message(envelope)
        render = EVENTS.get(type(envelope.event))
        lines = (
            render(self, envelope, envelope.event) if render is not None else self._room(envelope)
        )
        return encode(lines, spell_tags(self._tags(envelope)))

    def _tags(self, envelope: e.Envelope) -> Iterator[tuple[str, str]]:
        """Yield the tags that any event has."""
        caps, author = self.caps, envelope.author
        if "server-time" in caps:
            yield "time", rfc3339(envelope.time)
        if author is not None and author.account_name and "account-tag" in caps:
            yield "account", author.account_name
        if author is not None and author.bot and "message-tags" in caps:
            yield "bot", ""

    def message(self, envelope: e.Envelope, stamp: str = "") -> bytes:
        """Write a message: as one line or several, of which the first has its id, and each fits what a line can have.

        ``stamp`` stands before each text.
        """
        event, author = envelope.event, envelope.author
        assert isinstance(event, e.Said | e.Told) and author is not None
        tagged, extras = "message-tags" in self.caps, event.extras
        if event.kind == "tags" and not tagged:
            return b""
        room = envelope.room
        to = event.nick.text if isinstance(event, e.Told) else str(room.name if room else "")
        if extras is not None and extras.operators:
            to = f"@{to}"
        start = begin(author, _VERBS.get(event.kind, "PRIVMSG"), to)
        tags = list(self._tags(envelope)) if self._tagging else []
        first = [("msgid", spell(envelope.id)), *tags] if tagged else tags
        if extras is None and event.kind == "say" and len(event.lines) == 1 and not stamp:
            # Nearly always.
            line = f"{start} :{event.lines[0]}\r\n".encode()
            if len(line) <= MAX_LINE + 2 and event.lines[0].strip():
                return spell_tags(first).encode() + line if first else line
        if tagged and extras is not None:
            first += [(f"+{name}", value) for name, value in extras.tags]
        if event.kind == "tags":
            return encode([start], spell_tags(first))
        before, behind = _AROUND.get(event.kind, ("", ""))
        around = len(f" :{before}{stamp}{behind}")
        pieces = list(_pieces(event, MAX_LINE - len(start.encode()) - around))
        if len(pieces) > 1 and "draft/multiline" in self.caps:
            name = spell(envelope.id)
            batch = begin(author, f"BATCH +{name} draft/multiline", to)
            lines = encode([batch], spell_tags(first))
            for text, goes_on in pieces:
                inside = [("batch", name), *([("draft/multiline-concat", "")] if goes_on else [])]
                lines += encode([f"{start} :{before}{text}{behind}"], spell_tags(inside))
            return lines + encode([f":{author.prefix} BATCH -{name}"])
        texts = [
            f"{start} :{before}{stamp}{text}{behind}"
            for text, _ in pieces
            if before or text.strip()
        ]
        rest = [each for each in first if each[0] != "msgid"]
        return encode(texts[:1], spell_tags(first)) + encode(texts[1:], spell_tags(rest))

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        if isinstance(envelope.event, e.Told) and not self._shows_own(envelope.event, mine=acked):
            return b""
        return self.event(envelope)

    def _shows_own(self, event: e.Told, *, mine: bool) -> bool:
        """Return whether the author's own private message is shown: one from this session (``mine``), or from another."""
        return "echo-message" in self.caps or (not mine and "znc.in/self-message" in self.caps)

    def replay(self, envelope: e.Envelope) -> bytes:
        """Render a message of earlier; clients that are not told the time otherwise are told it in the text."""
        if "server-time" in self.caps or not isinstance(envelope.event, e.Said | e.Told):
            return self.event(envelope)
        _, clock = date_and_clock(int(envelope.time) // 60, None)
        return self.message(envelope, f"[{clock}] ")

    def _room(self, envelope: e.Envelope) -> Iterable[str]:
        """Show an event that has no form of its own in IRC, as a notice of the server in the room."""
        event, author, room = envelope.event, envelope.author, envelope.room
        if not isinstance(event, e.RoomEvent) or author is None or room is None:
            return ()
        text = say.in_room(event, author.nick.text, str(room.name))
        return (f":{self.server} NOTICE {room.name} :{text}",)


#: The most bytes before a text: what is left is more than can stand around it, and all but the longest names take less.
_MOST: Final = MAX_LINE - 128


def begin(author: e.Author, verb: str, to: str) -> str:
    """Return a message up to its text; where the names leave little room for that, without user name and host."""
    rest = f"{verb} {to}"
    start = f":{author.prefix} {rest}"
    if len(start) * 4 > _MOST and len(start.encode()) > _MOST:
        return f":{author.nick} {rest}"
    return start


#: The verbs of messages; of the others it is PRIVMSG.
_VERBS: Final = {"notice": "NOTICE", "ctcp-reply": "NOTICE", "tags": "TAGMSG"}
#: What stands before and behind the text of what is no plain message.
_AROUND: Final = {
    "action": ("\x01ACTION ", "\x01"),
    "ctcp": ("\x01", "\x01"),
    "ctcp-reply": ("\x01", "\x01"),
}


def _pieces(event: e.Said | e.Told, size: int) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a message, with its colours, in pieces of at most ``size`` bytes, and whether each goes on with a line.

    A line that its sender had cut is cut in the same places.
    """
    extras = event.extras
    lines: Sequence[str] = event.lines
    cuts: tuple[tuple[int, int], ...] = ()
    if extras is not None:
        lines, cuts = extras.formatted or lines, extras.cuts
    for number, line in enumerate(lines):
        ends = [place for at, place in cuts if at == number]
        parts = [line[start:end] for start, end in pairwise((0, *ends, len(line)))]
        pieces = [piece for part in parts for piece in split(part, size)]
        for place, piece in enumerate(pieces):
            yield piece, place > 0


def _joined(view: IrcView, envelope: e.Envelope, event: e.Joined) -> Iterable[str]:
    assert envelope.author is not None
    lines = [join(view, envelope.author, str(event.room))]
    return lines if event.away is None else [*lines, *away(view, envelope.author, event.away)]


def join(view: IrcView, author: e.Author, room: str) -> str:
    """Return the line of a user who enters a room."""
    if "extended-join" in view.caps:
        return f":{author.prefix} JOIN {room} {author.account_name or '*'} :{author.real_name}"
    return f":{author.prefix} JOIN {room}"


def _gathered(view: IrcView, envelope: e.Envelope, event: e.Gathered) -> Iterable[str]:
    """Show leaves and joins, a line each."""
    assert envelope.room is not None
    room = str(envelope.room.name)
    for author in event.left:
        departed = author.user in event.departed
        yield f":{author.prefix} QUIT" if departed else f":{author.prefix} PART {room}"
    for author in event.joined:
        yield join(view, author, room)


def _left(view: IrcView, envelope: e.Envelope, event: e.Left) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    why = f" :{event.reason}" if event.reason else ""
    return (f":{envelope.author.prefix} PART {envelope.room.name}{why}",)


def _departed(view: IrcView, envelope: e.Envelope, event: e.Departed) -> Iterable[str]:
    assert envelope.author is not None
    return (f":{envelope.author.prefix} QUIT :{event.reason}",)


def _renamed(view: IrcView, envelope: e.Envelope, event: e.Renamed) -> Iterable[str]:
    assert envelope.author is not None
    return (f":{envelope.author.prefix} NICK {event.nick}",)


def _kicked(view: IrcView, envelope: e.Envelope, event: e.Kicked) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    why = event.reason or envelope.author.nick.text
    return (f":{envelope.author.prefix} KICK {envelope.room.name} {event.nick} :{why}",)


def _message_deleted(view: IrcView, envelope: e.Envelope, event: e.MessageDeleted) -> Iterable[str]:
    assert envelope.author is not None
    if "draft/message-redaction" not in view.caps:
        return ()
    target = event.partner or (envelope.room.name if envelope.room is not None else "")
    why = f" :{event.reason}" if event.reason else ""
    return (f":{envelope.author.prefix} REDACT {target} {spell(event.message)}{why}",)


def _topic_set(view: IrcView, envelope: e.Envelope, event: e.TopicSet) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    return (f":{envelope.author.prefix} TOPIC {envelope.room.name} :{event.topic}",)


def _room_renamed(view: IrcView, envelope: e.Envelope, event: e.RoomRenamed) -> Iterable[str]:
    """Tell clients that know this that a room has another name; to others it is two rooms, see :meth:`.IrcSession.own`."""
    assert envelope.author is not None and envelope.room is not None
    if "draft/channel-rename" not in view.caps:
        return ()
    why = f" :{event.reason}" if event.reason else ""
    return (f":{envelope.author.prefix} RENAME {envelope.room.name} {event.name}{why}",)


def _mode(view: IrcView, envelope: e.Envelope, event: e.Event) -> Iterable[str]:
    author = envelope.author
    assert author is not None and envelope.room is not None
    yield f":{author.prefix} MODE {envelope.room.name} {MODES[type(event)](author, event)}"


def _banned(view: IrcView, envelope: e.Envelope, event: e.Banned) -> Iterable[str]:
    yield from _mode(view, envelope, event)
    yield from _put_out(envelope, event.out, event.ban.reason or "Banned")


def _put_out(envelope: e.Envelope, out: Iterable[tuple[UserId, Nick]], why: str) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    for _, nick in out:
        yield f":{envelope.author.prefix} KICK {envelope.room.name} {nick} :{why}"


def _invited(view: IrcView, envelope: e.Envelope, event: e.InvitedToRoom) -> Iterable[str]:
    assert envelope.author is not None and envelope.room is not None
    if not event.you and "invite-notify" not in view.caps:
        return ()
    return (f":{envelope.author.prefix} INVITE {event.nick} {envelope.room.name}",)


def _away_set(view: IrcView, envelope: e.Envelope, event: e.AwaySet) -> Iterable[str]:
    assert envelope.author is not None
    return away(view, envelope.author, event.text)


def away(view: IrcView, author: e.Author, text: str | None) -> Iterable[str]:
    """Return the line that says that a user is away, and why, or is back."""
    if "away-notify" not in view.caps:
        return ()
    return (f":{author.prefix} AWAY" + ("" if text is None else f" :{text}"),)


def _real_name_set(view: IrcView, envelope: e.Envelope, event: e.RealNameSet) -> Iterable[str]:
    assert envelope.author is not None
    if "setname" not in view.caps:
        return ()
    return (f":{envelope.author.prefix} SETNAME :{event.real_name}",)


def _became(view: IrcView, envelope: e.Envelope, event: e.Event) -> Iterable[str]:
    """Show that a user has another nick, another account, and so another host."""
    author, after = envelope.author, envelope.after
    assert author is not None and after is not None
    if after.nick.text != author.nick.text:
        yield f":{author.prefix} NICK {after.nick}"
    author = msgspec.structs.replace(author, nick=after.nick)
    if "account-notify" in view.caps and after.account_name != author.account_name:
        yield f":{author.prefix} ACCOUNT {after.account_name or '*'}"
    if "chghost" in view.caps and after.prefix != author.prefix:
        yield f":{author.prefix} CHGHOST {after.shown_user} {after.shown_host}"


def _profile_changed(view: IrcView, envelope: e.Envelope, event: e.ProfileChanged) -> Iterable[str]:
    assert envelope.author is not None
    room = envelope.room
    of = str(room.name) if event.of_room and room is not None else envelope.author.nick.text
    for key, value in event.changes:
        if key in view.subs:
            yield f":{view.server} {key_line('*', of, key, value)}"


def key_line(nick: str, of: str, key: str, value: str | None) -> str:
    """Return what a profile says under a key, or (None) that it says nothing, behind the name of the server."""
    if value is None:
        return f"{n.RPL_KEYNOTSET} {nick} {of} {key} :is not set"
    return f"{n.RPL_KEYVALUE} {nick} {of} {key} * :{value}"


def _announced(view: IrcView, envelope: e.Envelope, event: e.Announced) -> Iterable[str]:
    assert envelope.author is not None
    if event.wallops:
        return [f":{envelope.author.prefix} WALLOPS :{line}" for line in event.lines]
    text = say.announced(envelope.author.nick.text, "")
    return [f":{view.server} NOTICE $$* :{text}{line}" for line in event.lines]


#: How each event is written; one that is not here is told in words if it is about a room, and else not at all.
EVENTS: Final[dict[type[e.Event], Callable[[IrcView, e.Envelope, Any], Iterable[str]]]] = {
    e.Gathered: _gathered,
    e.Joined: _joined,
    e.Left: _left,
    e.Departed: _departed,
    e.Renamed: _renamed,
    e.Kicked: _kicked,
    e.ProfileChanged: _profile_changed,
    e.TopicSet: _topic_set,
    e.MessageDeleted: _message_deleted,
    e.InvitedToRoom: _invited,
    e.RoomRenamed: _room_renamed,
    **dict.fromkeys(MODES, _mode),
    e.Banned: _banned,
    e.Announced: _announced,
    e.AwaySet: _away_set,
    e.RealNameSet: _real_name_set,
    e.LoggedIn: _became,
    e.AccountRegistered: _became,
    e.AccountDropped: _became,
}

_check: type[Variant] = IrcView
