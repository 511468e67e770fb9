"""Messages to a room or to one person."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.extras import BadTags, Extras, read_tags
from twisted_chat.core.values.ids import MessageId, read_id
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import BadText, CleanText, FormattedText, is_formatted
from twisted_chat.dialects.base import Request, Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import MAX_LINE, Message, middle
from twisted_chat.dialects.irc.rooms import listed, room_named
from twisted_chat.dialects.irc.services import SERVICES, asked
from twisted_chat.dialects.irc.view import begin

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

_ERRORS: Final = dict.fromkeys(
    ("not-in-room", "needs-account", "banned", "no-ctcp"), n.ERR_CANNOTSENDTOCHAN
)
_REDACT_ERRORS: Final = {
    "no-such-message": "UNKNOWN_MSGID",
    **dict.fromkeys(("not-operator", "not-your-message"), "REDACT_FORBIDDEN"),
}
#: The most rooms and people that one line says something to: as on Ergo. It is one line to the limit on floods, for all of them.
MAX_RECIPIENTS: Final = 4
#: The most lines of one message; as in JSON.
MAX_LINES: Final = 100
_CTCP: Final = "\x01"
_ACTION: Final = "ACTION "
# What people type to log in, and commands of clients that are private or have a password: a slip would say it to a room.
_PRIVATE: Final = re.compile(
    r"\s*/?(?:"
    r"msg\s+(?:nickserv|chanserv|ns|cs)\b"
    r"|(?:nickserv|ns)\s+(?:identify|register)\b"
    r"|identify\s"
    r")|\s*/(?:msg|oper|pass|passwd|login|register|drop-account|ns|nickserv)\b(?!-)",
    re.IGNORECASE,
)
# Printable ASCII, to one room.
_PLAIN: Final = re.compile(rb"PRIVMSG (#[!-+\--9;-~]+) :([ -~]*[!-~][ -~]*)")
_LOOKS_PRIVATE: Final = "That looks like a mistyped private command. It was not sent."


def privmsg(session: IrcSession, message: Message) -> Iterator[Step]:
    yield from _say(session, message, "say")


def plain(session: IrcSession, frame: bytes) -> Request | None:
    """Read a line that says something plain in a room, as nearly all do, by a shorter way; None if it is any other."""
    found = _PLAIN.fullmatch(frame)
    if found is None or len(frame) + session.source_size + len(": ") > MAX_LINE:
        return None
    target, text = found[1].decode(), found[2].decode()
    if _PRIVATE.match(text):
        return None
    try:
        room = room_named(target)
    except BadName:
        return None
    return session.asks(c.Say((CleanText(text),), room), target, errors=_ERRORS, verb="PRIVMSG")


def notice(session: IrcSession, message: Message) -> Iterator[Step]:
    """Say something that no program answers; the server does not answer it either, not even with an error."""
    with contextlib.suppress(BadText):
        for step in _say(session, message, "notice"):
            if isinstance(step, Request):
                yield step


def tagmsg(session: IrcSession, message: Message) -> Iterator[Step]:
    """Send tags alone."""
    if "message-tags" not in session.caps:
        yield session.numeric(n.ERR_UNKNOWNCOMMAND, "TAGMSG :Unknown command")
        return
    targets = listed(message.param(0))
    if not targets:
        yield session.numeric(n.ERR_NEEDMOREPARAMS, "TAGMSG :Not enough parameters")
    elif len(targets) > MAX_RECIPIENTS:
        yield _too_many(session, targets)
    elif any(name.startswith("+") for name in message.tags):
        yield from send(session, message, targets, Text(), "tags")


def redact(session: IrcSession, message: Message) -> Iterator[Step]:
    """Delete a message, see IRCv3 message-redaction."""
    target, number, text = message.params[0], message.params[1], message.param(2)
    # What is no id is none of a message: whether the client may ask in that place is looked at first.
    wanted = read_id(number) or MessageId(0)
    try:
        room = room_named(target) if target.startswith("#") else None
        partner = parse_nick(target) if room is None else None
    except BadName:
        yield session.fails("INVALID_TARGET", "There is no such room or person", middle(target))
        return

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Refused):
            return None
        code = _REDACT_ERRORS.get(reply.code, "INVALID_TARGET")
        about = (target,) if code == "INVALID_TARGET" else (target, middle(number))
        return (session.failure(code, reply.why, *about),)

    command = c.DeleteMessage(wanted, room, partner, CleanText(text) if text else None)
    yield session.asks(command, target, show=show)


def _say(session: IrcSession, message: Message, kind: c.Kind) -> Iterator[Step]:
    targets, text = listed(message.param(0)), message.param(1)
    if not targets:
        yield session.numeric(n.ERR_NORECIPIENT, f":No recipient given ({message.verb})")
        return
    if not text:
        yield session.numeric(n.ERR_NOTEXTTOSEND, ":No text to send")
        return
    if len(targets) > MAX_RECIPIENTS:
        yield _too_many(session, targets)
        return
    over = _too_long(session, message.verb, targets, text)
    if over > 0:
        why = f"The line would be {over:,} bytes too long for others. It was not sent."
        yield session.numeric(n.ERR_INPUTTOOLONG, f":{why}")
        return
    if text.startswith(_CTCP):
        text = text.strip(_CTCP)
        if kind == "notice":
            kind = "ctcp-reply"
        else:
            kind = "action" if text.startswith(_ACTION) else "ctcp"
            text = text.removeprefix(_ACTION)
    yield from send(session, message, targets, Text(text), kind)


def _too_many(session: IrcSession, targets: Sequence[str]) -> bytes:
    why = f"A message can have at most {MAX_RECIPIENTS} recipients. It was not sent."
    return session.numeric(n.ERR_TOOMANYTARGETS, f"{middle(targets[MAX_RECIPIENTS])} :{why}")


def _too_long(session: IrcSession, verb: str, targets: Iterable[str], text: str) -> int:
    """Return by how many bytes a line is too long once the prefix of its author is added."""
    assert session.me is not None
    longest = max(len(begin(session.me, verb, target).encode()) for target in targets)
    return longest + len(f" :{text}".encode()) - MAX_LINE


def _client_tags(session: IrcSession, message: Message) -> tuple[tuple[str, str], ...]:
    """Return the tags that others get. Raises :class:`BadTags`."""
    if "message-tags" not in session.caps:
        return ()
    return read_tags(
        (name[1:], value) for name, value in message.tags.items() if name.startswith("+")
    )


def _no_errors(reply: r.Reply) -> Iterable[str] | None:
    return () if isinstance(reply, r.Refused) else None


class Text:
    """The text of a message: its lines, and where they were cut on their way here."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self.cuts: list[tuple[int, int]] = []
        #: How many lines were added.
        self.count = len(lines)

    def add(self, line: str, *, concat: bool) -> None:
        """Add a line, or the rest of the last one."""
        self.count += 1
        if concat:
            self.cuts.append((len(self._lines) - 1, len(self._lines[-1])))
            self._lines[-1] += line
        else:
            self._lines.append(line)

    @property
    def blank(self) -> bool:
        return not any(self._lines)

    @property
    def plain(self) -> tuple[CleanText, ...]:
        """The lines without colours. Raises :class:`BadText`."""
        return tuple(map(CleanText, self._lines))

    @property
    def formatted(self) -> tuple[FormattedText, ...]:
        """The lines with their colours; nothing if they have none. Raises :class:`BadText`."""
        return tuple(map(FormattedText, self._lines)) if any(map(is_formatted, self._lines)) else ()


def send(
    session: IrcSession, message: Message, targets: Iterable[str], text: Text, kind: c.Kind
) -> Iterator[Step]:
    """Say something to each target. ``message`` has the tags of it."""
    try:
        tags = _client_tags(session, message)
    except BadTags as bad:
        yield session.fails("INVALID_TAGS", str(bad))
        return
    formatted, lines, cuts = text.formatted, text.plain, tuple(text.cuts)
    private = any(map(_PRIVATE.match, lines))
    show = _no_errors if kind in ("notice", "ctcp-reply") else None
    for target in targets:
        if target.lower() in SERVICES and kind == "say":
            yield from asked(session, target, " ".join(lines))
            continue
        if private and target.startswith(("#", "@#")):
            yield session.numeric(n.ERR_CANNOTSENDTOCHAN, f"{middle(target)} :{_LOOKS_PRIVATE}")
            continue
        operators = target.startswith("@#")
        some = tags or formatted or cuts or operators
        extras = Extras(tags, formatted, cuts, operators) if some else None
        try:
            command: c.Command = (
                c.Say(lines, room_named(target.removeprefix("@")), kind, extras=extras)
                if target.startswith(("#", "@#"))
                else c.PrivateMessage(parse_nick(target), lines, kind, extras=extras)
            )
        except BadName:
            yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(target)} :No such nick/channel")
        else:
            yield session.asks(command, target, errors=_ERRORS, show=show)
