"""METADATA: the profiles of users and rooms, see the IRCv3 draft metadata."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick
from twisted_chat.core.values.profile import (
    MAX_KEYS,
    MAX_VALUE,
    BadKey,
    Profile,
    ProfileChange,
    changed,
    parse_key,
)
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.capabilities import MAX_SUBS
from twisted_chat.dialects.irc.message import MAX_LINE, Message, middle, pack
from twisted_chat.dialects.irc.rooms import room_named
from twisted_chat.dialects.irc.view import key_line

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: The codes of the draft by those of refusals; all others mean that the profile is not theirs to change.
_CODES: Final = {
    **dict.fromkeys(("no-such-room", "not-in-room", "no-such-nick"), "INVALID_TARGET"),
    "too-many-keys": "LIMIT_REACHED",
    "too-long": "INVALID_VALUE",
}


def metadata(session: IrcSession, message: Message) -> Iterator[Step]:
    target, what, words = message.params[0], message.params[1].upper(), message.params[2:]
    match what:
        case "SUB":
            yield from _subscribe(session, words)
        case "UNSUB":
            gone = [key for each in words if (key := _key(each)) is not None]
            session.subscribe(session.subs - set(gone))
            yield _names(session, n.RPL_METADATAUNSUBOK, gone)
        case "SUBS":
            yield _names(session, n.RPL_METADATASUBS, sorted(session.subs))
        case _ if session.me is None:
            yield from _before_login(session, target, what, words)
        case _:
            yield from _profile(session, target, what, words)


def _profile(session: IrcSession, target: str, what: str, words: tuple[str, ...]) -> Iterator[Step]:
    """Show or change a profile."""
    try:
        of: Nick | RoomName = (
            room_named(target) if target.startswith("#") else parse_nick(_own(session, target))
        )
    except BadName:
        yield session.fails("INVALID_TARGET", "There is no such room or user", middle(target))
        return
    match what:
        case "GET":
            yield from _get(session, of, words[:MAX_KEYS])
        case "LIST":
            yield from _list(session, of, None)
        case "SYNC":
            yield from _list(session, of, session.subs)
        case "SET" if words:
            yield from _set(session, of, words[0], words[1] if len(words) > 1 else None)
        case "CLEAR":
            yield from _clear(session, of)
        case _:
            yield session.fails("SUBCOMMAND_INVALID", "There is no such subcommand", middle(what))


def _before_login(
    session: IrcSession, target: str, what: str, words: tuple[str, ...]
) -> Iterator[Step]:
    """Take what the profile of a client is to say once it has logged in, and show that."""
    given = session.registration.profile
    if target != "*":
        why = "Only your own profile can be set before the login"
        yield session.fails("INVALID_TARGET", why, middle(target))
    elif what == "SET" and words:
        read = yield from _read(session, words[0], words[1] if len(words) > 1 else None)
        if read is None:
            return
        after = changed(given, (read,))
        if len(after) > MAX_KEYS:
            yield session.fails("LIMIT_REACHED", f"A profile can have {MAX_KEYS} keys", "*")
            return
        session.registration.profile = after
        yield session.lines([_line(session, "*", *read)])
    elif what in ("GET", "LIST"):
        keys = [_key(each) for each in words[:MAX_KEYS]] if what == "GET" else list(given)
        lines = [_line(session, "*", key, given.get(key)) for key in keys if key is not None]
        yield _batch(session, "*", lines)
    else:
        yield session.fails("SUBCOMMAND_INVALID", "Log in first", middle(what))


def begin(session: IrcSession, profile: Profile) -> Iterator[Step]:
    """Let the profile of a client that has logged in say what it sent before."""
    if not profile:
        return
    yield session.asks(c.ChangeProfile(tuple(profile.items())))
    if session.asked.refused is None:
        lines = [_line(session, session.nick, key, value) for key, value in profile.items()]
        yield _batch(session, session.nick, lines)


def _own(session: IrcSession, target: str) -> str:
    return session.nick if target == "*" else target


def _key(text: str) -> str | None:
    try:
        return parse_key(text)
    except BadKey:
        return None


def _line(session: IrcSession, of: str, key: str, value: str | None) -> str:
    return f":{session.server} {key_line(session.nick, of, key, value)}"


def _batch(session: IrcSession, of: str, lines: Iterable[str]) -> bytes:
    """Write lines as one batch, for clients that know batches."""
    if "batch" not in session.caps:
        return session.lines(lines)
    name = session.batch()
    return session.lines(
        [
            f":{session.server} BATCH +{name} metadata {of}",
            *(f"@batch={name} {line}" for line in lines),
            f":{session.server} BATCH -{name}",
        ]
    )


# --- what a profile says ---


def _values(
    session: IrcSession, of: Nick | RoomName, found: list[r.ProfileValues], *about: str
) -> Step:
    """Ask for a profile."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.ProfileValues):
            found.append(reply)
            return ()
        return _refused(session, reply, of, *about)

    command = c.ShowProfile(room=of) if isinstance(of, RoomName) else c.ShowProfile(of)
    return session.asks(command, show=show)


def _refused(
    session: IrcSession, reply: r.Reply, of: Nick | RoomName, *about: str
) -> Iterable[str] | None:
    if not isinstance(reply, r.Refused):
        return None
    code = _CODES.get(reply.code, "KEY_NO_PERMISSION")
    names = {"INVALID_TARGET": (str(of),), "INVALID_VALUE": about, "LIMIT_REACHED": (str(of),)}
    return (session.failure(code, reply.why, *names.get(code, (str(of), *about))),)


def _get(session: IrcSession, of: Nick | RoomName, words: Iterable[str]) -> Iterator[Step]:
    found: list[r.ProfileValues] = []
    yield _values(session, of, found)
    for profile in found:
        values, lines = dict(profile.values), []
        for word in words:
            key = _key(word)
            if key is None:
                lines.append(session.failure("KEY_INVALID", "Not a key", middle(word)))
            else:
                lines.append(_line(session, str(profile.of), key, values.get(key)))
        yield _batch(session, str(profile.of), lines)


def _list(session: IrcSession, of: Nick | RoomName, keys: frozenset[str] | None) -> Iterator[Step]:
    """List what a profile says, under some keys only if they are given."""
    found: list[r.ProfileValues] = []
    yield _values(session, of, found)
    for profile in found:
        of_ = str(profile.of)
        some = (each for each in profile.values if keys is None or each[0] in keys)
        yield _batch(session, of_, [_line(session, of_, *each) for each in some])


# --- changing it ---


def _change(
    session: IrcSession, of: Nick | RoomName, changes: tuple[ProfileChange, ...], about: str
) -> Iterator[Step]:
    """Change a profile; that of another user is not theirs to change."""
    if isinstance(of, Nick) and of.key != parse_nick(session.nick).key:
        why = "Only that person can change the profile. Nothing was changed."
        yield session.fails("KEY_NO_PERMISSION", why, str(of), about)
        return
    room = of if isinstance(of, RoomName) else None
    yield session.asks(
        c.ChangeProfile(changes, room is not None, room),
        show=lambda reply: _refused(session, reply, of, about),
    )


def _read(
    session: IrcSession, word: str, text: str | None
) -> Generator[Step, None, ProfileChange | None]:
    """Read a key and its value; answer one that is none."""
    key = _key(word)
    if key is None:
        yield session.fails("KEY_INVALID", "Not a key. Nothing was changed.", middle(word))
        return None
    try:
        value = CleanText(text) if text else None
    except BadText as bad:
        yield session.fails("INVALID_VALUE", f"Nothing was changed: {bad}.", key)
        return None
    if value is not None and len(value.encode()) > MAX_VALUE:
        why = f"A value can have at most {MAX_VALUE} bytes. Nothing was changed."
        yield session.fails("INVALID_VALUE", why, key)
        return None
    return key, value


def _set(session: IrcSession, of: Nick | RoomName, word: str, text: str | None) -> Iterator[Step]:
    read = yield from _read(session, word, text)
    if read is None:
        return
    asked = session.asked
    yield from _change(session, of, (read,), read[0])
    if session.asked is not asked and session.asked.refused is None:
        yield session.lines([_line(session, str(of), *read)])


def _clear(session: IrcSession, of: Nick | RoomName) -> Iterator[Step]:
    found: list[r.ProfileValues] = []
    yield _values(session, of, found, "*")
    for profile in found:
        keys = [key for key, _ in profile.values]
        if not keys:
            yield _batch(session, str(of), ())
            return
        asked = session.asked
        yield from _change(session, of, tuple((key, None) for key in keys), "*")
        if session.asked is not asked and session.asked.refused is None:
            yield _batch(session, str(of), [_line(session, str(of), key, None) for key in keys])


# --- subscriptions ---


def _subscribe(session: IrcSession, words: Iterable[str]) -> Iterator[Step]:
    added: list[str] = []
    for word in words:
        key = _key(word)
        if key is None:
            yield session.fails("KEY_INVALID", "Not a key", middle(word))
        elif len(session.subs | {*added, key}) > MAX_SUBS:
            why = f"There can be at most {MAX_SUBS} subscriptions"
            yield session.fails("TOO_MANY_SUBS", why, key)
            break
        elif key not in added:
            added.append(key)
    session.subscribe(session.subs | set(added))
    if added:
        yield _names(session, n.RPL_METADATASUBOK, added)


def _names(session: IrcSession, number: int, keys: Iterable[str]) -> bytes:
    start = session.spell(number, "")
    rows = list(pack(keys, MAX_LINE - len(start.encode()))) or [""]
    return session.lines([f"{start}{row}".rstrip() for row in rows])
