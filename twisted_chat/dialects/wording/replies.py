"""What only the asker is told, as sentences: one text each, or several lines, of which those of a list begin with two blanks.

Names and texts are inserted as they are given: rooms with ``#``, and isolated where a line of plain text needs that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from twisted_chat.core.api.commands import NO_REASON
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.dialects.wording.words import because, counted, folded, some, span, wrapped

#: What is asked before the login.
PICK: Final = "Pick a nickname, or press Enter for a guest name."
NOTHING_FOUND: Final = "Nothing was found."
WAITING: Final = "Private messages that came while you were away:"

_NARROW: Final = "Narrow the search: add a word, from:NICK or in:ROOM."
# For how many seconds somebody has said nothing before a list tells that: five minutes.
_SILENT: Final = 300


# --- logging in and out ---


def greeting(server: str) -> str:
    return f"Welcome to {server}."


def welcome(nick: str, *, resumed: bool = False) -> str:
    return f"Welcome{' back' if resumed else ''}, {nick}."


def authenticated(account: str) -> str:
    return f"The password of {account} is correct. You will be logged in to that account."


def farewell(why: str) -> str:
    return f"Goodbye{because(why)}."


# --- rooms ---


def password_needed(room: str, how: str = "Type /join") -> str:
    """Say that a room has a password, and ``how`` to send it."""
    return f"{room} is locked with a password. You did not enter it. {how} {room} PASSWORD."


def name_registered(nick: str) -> str:
    return f'"{nick}" is registered.'


def wrong_password(room: str, how: str = "Type /join") -> str:
    return f"Wrong password for {room}. You did not enter it. {how} {room} PASSWORD."


def entered(
    room: str,
    names: Iterable[str],
    count: int,
    left_out: int,
    *,
    topic: str = "",
    created: bool = False,
    locked: bool = False,
    bot_commands: Sequence[str] = (),
) -> list[str]:
    """Say which room the user is in now, and list its members; ``left_out`` of the ``count`` are not among the names."""
    lines = [you_are_in(room, count, created=created, locked=locked)]
    if count != 1:
        lines += wrapped(names)
    if count != 1 and left_out > 0:
        lines.append(f"  … and {left_out:,} more; /who {room} lists them.")
    if topic:
        lines.append(shown_topic(room, topic))
    return [*lines, *bots_here(bot_commands)]


def you_are_in(room: str, count: int, *, created: bool = False, locked: bool = False) -> str:
    which = f"a new room, {room}" if created else room
    here = "Nobody else is here." if count == 1 else f"{count:,} people are here:"
    return f"You are in {which}{', locked with a password' if locked else ''}. {here}"


def bots_here(words: Sequence[str]) -> Sequence[str]:
    return folded("Bots here answer to ", f"{', '.join(words)}.") if words else ()


def focus(room: str | None, left: str | None = None, join: str = "/join") -> str:
    """Say in which room somebody talks now, and which they left; ``join`` is the command that enters one."""
    gone = f"You left {left}. " if left is not None else ""
    if room is None:
        return f"{gone}You are not in any room now. Enter one with {join} ROOM."
    return f"{gone}You talk in {room} now."


def shown_topic(room: str, topic: str, by: str | None = None) -> str:
    if not topic:
        return f"{room} has no topic. Set one with /topic TEXT."
    return f"Topic of {room}{f' (set by {by})' if by is not None else ''}: {topic}"


def retention(room: str, keep: object) -> str:
    return f"The history of {room} is kept {keep}."


def invitations(lines: Iterable[tuple[str, str]], count: int, pages: str = "") -> list[str]:
    """List the rooms to which the user is invited, and by whom."""
    if not count:
        return ["You are not invited to any room."]
    return [
        f"You are invited to {counted(count, 'room')}{pages}:",
        *(f"  {room}{f', by {by}' if by else ''}" for room, by in lines),
    ]


def settings(
    room: str,
    owner: str | None,
    roles: Iterable[tuple[str, Iterable[str]]],
    *,
    locked: bool,
    private: bool,
    invite_only: bool,
    moderated: bool,
    slow: float,
    topic_lock: bool,
    since_join: bool,
    limit: int,
    outside: bool,
    no_ctcp: bool,
    accounts_only: bool,
    accounts_speak: bool,
) -> list[str]:
    """List the settings of a room, and the accounts that have roles in it."""
    words = [
        word
        for word, is_so in (
            ("locked with a password", locked),
            ("private", private),
            ("invite-only", invite_only),
            ("moderated", moderated),
            (f"slow ({spell_duration(slow)})", slow),
            ("topic locked", topic_lock),
            ("history from the time of joining", since_join),
            (f"at most {limit:,} members", limit),
            ("people outside can speak", outside),
            ("no requests from programs (CTCP)", no_ctcp),
            ("only people with an account enter", accounts_only),
            ("guests cannot speak", accounts_speak),
        )
        if is_so
    ]
    whose = f"belongs to {owner}" if owner is not None else "belongs to nobody"
    return [
        f"{room} {whose}; {', '.join(words) or 'open to everyone'}.",
        *(f"  {account}: {', '.join(each)}" for account, each in roles if account != owner),
    ]


def bans(room: str, count: int, pages: str = "") -> str:
    """Begin a list of bans and mutes; ``pages`` says how to see the next page."""
    if not count:
        return f"Nobody is banned or muted in {room}."
    some = "1 ban, mute or exception" if count == 1 else f"{count:,} bans, mutes and exceptions"
    return f"{room} has {some}{pages}:"


def ban(
    target: str,
    by: str,
    left: float | None,
    reason: str | None,
    *,
    mute: bool,
    exempt: str | None,
) -> str:
    muted = " (muted)" if mute else f" (exempt from the {exempt})" if exempt is not None else ""
    more = f", {spell_duration(left)} left" if left is not None else ""
    return f"  {target}{muted}, by {by}{more}{f': {reason}' if reason else ''}"


def profile(of: str, values: Iterable[tuple[str, str]]) -> list[str]:
    """List what the profile of somebody, or of a room, says."""
    lines = [f"  {key}: {value}" for key, value in values]
    return [f"Profile of {of}:", *lines] if lines else [f"{of} has no profile."]


# --- what was said ---


def recent(places: Sequence[str]) -> list[str]:
    """List where something was said lately, the earliest first."""
    return [f"Something was said in: {', '.join(places)}." if places else "Nothing was said."]


def place(room: str, partner: str | None = None) -> str:
    """Say where something was said: in a room, or with somebody in private."""
    return f"with {partner}" if partner is not None else f"in {room}"


def earlier(where: str) -> str:
    return f"Earlier {where}:"


def end_of_earlier(where: str, more: str = "") -> str:
    """End what was said earlier; ``more`` is the command that shows more."""
    return f"End of what was said earlier {where}{f'; {more} shows more' if more else ''}."


def all_ignored(more: str) -> str:
    return f"All of these messages are from people you ignore; {more} shows more."


def nothing_earlier(room: str, partner: str | None = None) -> str:
    if partner is not None:
        return f"There are no earlier private messages with {partner}."
    return f"There are no earlier messages in {room}."


def end_of_waiting(count: int) -> str:
    return f"End of what came while you were away ({counted(count, 'message')})."


def end_of_search(count: int, *, more: bool, whole: bool) -> list[str]:
    lines = []
    if count:
        what = "the newest; there are more" if more else "and that is all"
        lines.append(f"{counted(count, 'message')}, {what}.{f' {_NARROW}' if more else ''}")
    elif more:
        lines.append(f"The newest messages found are from people you ignore. {_NARROW}")
    if not whole:
        lines.append(
            "Some messages could not be searched: there are too many, or they are too new. "
            "Try again later, or limit the search with in:ROOM and since:DATE."
        )
    return lines


# --- people ---


def people(count: int, room: str | None, pages: str = "") -> str:
    """Begin a list of people."""
    where = f"in {room}" if room is not None else "here"
    if not count:
        return f"Nobody is {where}."
    return f"{'1 person is' if count == 1 else f'{count:,} people are'} {where}{pages}:"


def person(
    nick: str, *, guest: bool, away: bool, idle: float, operator: bool, roles: Iterable[str]
) -> str:
    """Name a user in a list, with marks for roles, and for guests, who may not be the person they seem to be."""
    told = ["guest"] * guest + ["away"] * away
    if idle >= _SILENT:
        told.append(f"silent for {span(idle)}")
    sign = "@" if operator else "+" if "voice" in roles else ""
    return f"{sign}{nick}{because('; '.join(told))}"


def rooms(count: int, pages: str = "") -> str:
    """Begin a list of rooms."""
    return f"{counted(count, 'room')}{pages}:"


def room_lines(lines: Sequence[tuple[str, int, bool, str]]) -> list[str]:
    """List rooms: the name, how many are there, whether it is locked, the topic."""
    width = max((len(name) for name, *_ in lines), default=0)
    return [
        f"  {name:<{width}} {count:>5,}{' locked' if locked else ''}  {topic}".rstrip()
        for name, count, locked, topic in lines
    ]


def whois(
    nick: str,
    account: str | None,
    rooms: Sequence[str],
    *,
    since: str,
    idle: float,
    away: str | None,
    user_name: str,
    host: str,
    addresses: Sequence[str],
    operator: bool,
    real_name: str,
    bot: bool,
) -> list[str]:
    kind = f"account {account}" if account is not None else "guest"
    gone = "" if away is None else f"; away{f': {away}' if away else ''}"
    lines = [
        f"{nick} ({kind}) is in {some(rooms) or 'no room'}; here since {since}, silent for {span(idle)}{gone}."
    ]
    if operator:
        lines.append(f"{nick} is an operator of this server.")
    if bot:
        lines.append(f"{nick} is a bot.")
    if real_name:
        lines.append(f"Real name: {real_name}")
    if host:
        where = f"{user_name}@{host}" if user_name else host
        lines.append(f"{nick} comes from {where}{because(', '.join(addresses))}.")
    return lines


def was_here(name: str, ago: float, about: str = "") -> str:
    return f"{name} is not here. Last seen: {span(ago)} ago{about}."


def were_here(name: str, users: Sequence[tuple[float, str]]) -> list[str]:
    """Say who had a nickname: how long ago each left, and what is said about them, see :func:`gone`."""
    return [f"{name} was here before:", *(f"  {span(ago)} ago{about}" for ago, about in users)]


def gone(user_name: str, host: str, real_name: str) -> str:
    """Say what is known about a user who left; "" if nothing is."""
    return f", as {user_name}@{host}{because(real_name)}" if host else ""


def counts(users: int, hidden: int, operators: int, nameless: int, rooms: int, peak: int) -> str:
    return (
        f"{counted(users, 'user')} (peak {peak:,}, hidden {hidden:,}), {counted(operators, 'server operator')}, "
        f"{counted(rooms, 'room')}, {counted(nameless, 'connection')} not logged in."
    )


def watched(here: Sequence[str], gone: Sequence[str], refused: Sequence[str]) -> list[str]:
    """Say which of the watched nicks are here."""
    parts = (
        ("Here", here),
        ("Not here", gone),
        ("Not watched, because there are too many", refused),
    )
    lines = [f"{what}: {', '.join(names)}." for what, names in parts if names]
    return lines or ["You are not watching anyone."]


def recipient_away(nick: str, why: str) -> str:
    return f"{nick} is away{f': {why}' if why != NO_REASON else ''}."


def ignored(names: Sequence[str]) -> list[str]:
    return ["You ignore:", *wrapped(names)] if names else ["You are not ignoring anyone."]


# --- the server ---


def server_bans(count: int, pages: str = "") -> str:
    """Begin a list of bans from the server."""
    if not count:
        return "Nobody is banned from this server."
    return f"{counted(count, 'ban')} from this server{pages}:"


def server_ban(kind: str, target: str, lasts: str, by: str, since: str, reason: str | None) -> str:
    return f"  {kind} {target}: {lasts}, by {by} on {since}{because(reason)}"


def accounts(count: int, mask: str | None = None, pages: str = "") -> str:
    """Begin a list of accounts, those that fit a mask if there is one."""
    if not count:
        return "No account matches." if mask else "There are no accounts."
    return f"{counted(count, 'account')}{pages}:"


def account(name: str, created: str, seen: str | None, *, here: bool) -> str:
    last = f"; last seen on {seen}" if seen is not None else ""
    return f"  {name}, registered on {created}{'; here now' if here else last}"


def audit(pages: str = "") -> str:
    """Begin a list of what operators did."""
    return f"Actions of this server's operators, latest first{pages}:"


def deed(time: str, operator: str, nick: str, address: str, what: str) -> str:
    return f"  {time} {operator} ({nick}, {address}) {what}"


def stats(sessions: int, users: int, rooms: int) -> str:
    return f"{counted(sessions, 'session')}, {counted(users, 'user')}, {counted(rooms, 'room')}."
