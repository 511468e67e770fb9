"""Entering and leaving rooms, and their members."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, RoomName, parse_nick, parse_room
from twisted_chat.core.values.room_settings import Role
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import MAX_LINE, Message, farewell, middle, pack
from twisted_chat.dialects.irc.view import key_line

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: The most lines of a room that are shown of what was missed.
MOST_MISSED: Final = 100
#: The most rooms, nicknames or other targets of one line.
MAX_TARGETS: Final = 20

#: The most bytes of names of rooms in one numeric.
_LONGEST_LIST: Final = 400
#: Refusals that have other numerics of JOIN than of most commands.
_JOIN_ERRORS: Final = {
    "needs-account": n.ERR_NEEDREGGEDNICK,
    "slow-down": n.ERR_BADCHANNELKEY,
    "lookalike": n.ERR_NOSUCHCHANNEL,
}
_ROLES: Final[dict[Role, str]] = {"owner": "~", "operator": "@", "voice": "+"}


def room_named(text: str) -> RoomName:
    """Read the name of a room, which has to begin with one "#". Raises :class:`BadName`."""
    if not text.startswith("#"):
        raise BadName("the name of a room begins with #")
    return parse_room(text)


def no_room(session: IrcSession, text: str, why: object = "No such channel") -> bytes:
    """Answer that there is no such room."""
    return session.numeric(n.ERR_NOSUCHCHANNEL, f"{middle(text)} :{why}")


def listed(text: str) -> list[str]:
    """Return the targets of a list, each once, and no more than can be given in one line."""
    return list(dict.fromkeys(each for each in text.split(",") if each))[:MAX_TARGETS]


def join(session: IrcSession, message: Message) -> Iterator[Step]:
    if message.params[0] == "0":
        yield from _leave_all(session)
        return
    keys = dict(zip(message.params[0].split(","), message.param(1).split(","), strict=False))
    for name in listed(message.params[0]):
        try:
            room = room_named(name)
        except BadName as bad:
            yield no_room(session, name, f"No such channel: {bad}")
            continue
        found: list[r.Entered] = []
        command = c.Join(room, keys.get(name) or None)
        yield session.asks(command, str(room), show=_entering(found), errors=_JOIN_ERRORS)
        for entered in found:
            yield from inside(session, entered.room, topic=bool(entered.topic))


def _entering(found: list[r.Entered]) -> Callable[[r.Reply], Iterable[str] | None]:
    """Return a function that records the answer to a join, which is written together with what belongs to it."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Entered):
            found.append(reply)
        # If the user is in the room already, only the focus changes.
        inside = isinstance(reply, r.Refused) and reply.code == "already-in-room"
        return () if inside or isinstance(reply, r.FocusSet) else None

    return show


def inside(session: IrcSession, room: RoomName, *, topic: bool = True) -> Iterator[Step]:
    """Show a room that the client has entered: its topic, if it has one, and its members."""
    if topic:
        yield session.asks(
            c.ShowTopic(room), str(room), show=lambda reply: _topic_if_any(session, reply)
        )
    if "draft/read-marker" in session.caps:
        yield session.asks(c.ShowReadUntil(room))
    if "draft/no-implicit-names" not in session.caps:
        yield from names(session, Message("NAMES", (str(room),)))
    if session.view.subs:
        yield session.asks(
            c.ShowProfiles(room, session.view.subs), show=lambda reply: _profile(session, reply)
        )
    yield from show_missed(session, room)


def _profile(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """Tell what the client has subscribed to of a profile."""
    if not isinstance(reply, r.ProfileValues):
        return None
    of = str(reply.of)
    return [
        f":{session.server} {key_line(session.nick, of, key, value)}" for key, value in reply.values
    ]


def show_missed(session: IrcSession, room: RoomName) -> Iterator[Step]:
    """Show the last of what was said in a room while the user was not here: once, and to clients that cannot ask for it."""
    after = session.missed.pop(room, None)
    if after is not None:
        command = c.ShowHistory(room, after=after, limit=MOST_MISSED, newest=True)
        yield session.asks(command, str(room), show=_only_lines)


def _only_lines(reply: r.Reply) -> Iterable[str] | None:
    return () if isinstance(reply, r.HistoryStart | r.HistoryEnd | r.Refused) else None


def _topic_if_any(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    return () if isinstance(reply, r.Topic) and not reply.topic else topic_lines(session, reply)


def topic_lines(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """Write the topic of a room, and who set it and when."""
    if not isinstance(reply, r.Topic):
        return None
    if not reply.topic:
        return (session.spell(n.RPL_NOTOPIC, f"{reply.room} :No topic is set"),)
    lines = [session.spell(n.RPL_TOPIC, f"{reply.room} :{reply.topic}")]
    if reply.by is not None:
        who = f"{reply.room} {reply.by} {int(reply.time)}"
        lines.append(session.spell(n.RPL_TOPICWHOTIME, who))
    return lines


def topic(session: IrcSession, message: Message) -> Iterator[Step]:
    """Show or set the topic of a room."""
    try:
        room = room_named(message.params[0])
    except BadName:
        yield no_room(session, message.params[0])
        return
    if len(message.params) > 1:
        yield session.asks(c.SetTopic(CleanText(message.params[1]), room), str(room))
    else:
        yield session.asks(
            c.ShowTopic(room), str(room), show=lambda reply: topic_lines(session, reply)
        )


def rename(session: IrcSession, message: Message) -> Iterator[Step]:
    """Give a room another name."""
    about = [middle(each) for each in message.params[:2]]
    try:
        room, name = room_named(message.params[0]), room_named(message.params[1])
    except BadName as bad:
        yield session.fails("CANNOT_RENAME", f"{bad}. Nothing was changed.", *about)
        return
    text = message.param(2)

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Refused) and reply.code in ("room-taken", "room-name"):
            code = "CHANNEL_NAME_IN_USE" if reply.code == "room-taken" else "CANNOT_RENAME"
            return (session.failure(code, reply.why, *about),)
        return None

    command = c.RenameRoom(name, CleanText(text) if text else None, room)
    yield session.asks(command, str(room), show=show)


def kick(session: IrcSession, message: Message) -> Iterator[Step]:
    """Remove people from a room, or each from a room of its own."""
    rooms, nicks = listed(message.params[0]), listed(message.params[1])
    text = message.param(2)
    reason = CleanText(text) if text else None
    if len(rooms) == 1:
        rooms *= len(nicks)
    for name, whom in zip(rooms, nicks, strict=False):
        try:
            room = room_named(name)
        except BadName:
            yield no_room(session, name)
            continue
        try:
            nick = parse_nick(whom)
        except BadName:
            yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(whom)} :No such nick")
            continue
        yield session.asks(c.Kick(nick, reason, room), nick.text, str(room))


def invite(session: IrcSession, message: Message) -> Iterator[Step]:
    """Invite a user; without parameters, list the rooms to which the client is invited."""
    if not message.params:
        yield from _invitations(session)
        return
    if len(message.params) == 1:
        yield session.numeric(n.ERR_NEEDMOREPARAMS, "INVITE :Not enough parameters")
        return
    try:
        room = room_named(message.params[1])
    except BadName:
        yield no_room(session, message.params[1])
        return
    try:
        nick = parse_nick(message.params[0])
    except BadName:
        yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(message.params[0])} :No such nick")
        return
    yield session.asks(c.InviteToRoom(nick, room), nick.text, str(room))
    if session.asked.refused is None:
        yield session.numeric(n.RPL_INVITING, f"{nick} {room}")


def _invitations(session: IrcSession) -> Iterator[Step]:
    page, pages = 0, 1

    def show(reply: r.Reply) -> Iterable[str] | None:
        nonlocal pages
        if not isinstance(reply, r.Invitations):
            return None
        pages = reply.pages
        return [session.spell(n.RPL_INVITELIST, str(each.room)) for each in reply.invitations]

    while page < pages:
        page += 1
        yield session.asks(c.ShowInvitations(page), show=show)
    yield session.numeric(n.RPL_ENDOFINVITELIST, ":End of /INVITE list")


def part(session: IrcSession, message: Message) -> Iterator[Step]:
    reason = farewell(message.param(1))
    why = f" :{reason}" if reason else ""
    for name in listed(message.params[0]):
        try:
            room = room_named(name)
        except BadName:
            yield no_room(session, name)
            continue

        def show(reply: r.Reply) -> Iterable[str] | None:
            if isinstance(reply, r.FocusSet) and reply.left is not None:
                return (f":{session.source} PART {reply.left}{why}",)
            return None

        yield session.asks(c.Leave(room, reason), str(room), show=show)


def _leave_all(session: IrcSession) -> Iterator[Step]:
    """Leave every room."""
    assert session.me is not None
    rooms: list[RoomName] = []

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Profile):
            rooms.extend(reply.rooms)
            return ()
        return None

    yield session.asks(c.Whois(session.me.nick), show=show)
    for room in rooms:
        yield session.asks(c.Leave(room), str(room))


def names(session: IrcSession, message: Message) -> Iterator[Step]:
    ends = []
    for name in listed(message.param(0)) or ["*"]:
        shown = middle(name)
        try:
            room = room_named(name)
        except BadName:
            pass
        else:
            yield session.asks(c.Who(room, whole=True), show=lambda reply: _names(session, reply))
            shown = str(room)
        ends.append(shown)
    # One end of all, as they were asked for, if they fit one line.
    together = ",".join(ends)
    for shown in [together] if len(together.encode()) <= _LONGEST_LIST else ends:
        yield session.numeric(n.RPL_ENDOFNAMES, f"{shown} :End of /NAMES list")


def _names(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """List a part of the members of a room. A client that may not see them gets only the end of the list."""
    if isinstance(reply, r.Refused):
        return ()
    if not isinstance(reply, r.People):
        return None
    start = session.spell(n.RPL_NAMREPLY, f"{'@' if reply.private else '='} {reply.room} :")
    words = (_name(session, each) for each in reply.people)
    return [f"{start}{row}" for row in pack(words, MAX_LINE - len(start.encode()))]


def marks(session: IrcSession, roles: Container[Role]) -> str:
    """Return the marks before a nickname for the roles of a member: the highest one, or all."""
    found = "".join(mark for role, mark in _ROLES.items() if role in roles)
    return found if "multi-prefix" in session.caps else found[:1]


def _name(session: IrcSession, person: r.Person) -> str:
    name = f"{marks(session, person.roles)}{person.nick}"
    if "userhost-in-names" in session.caps:
        return f"{name}!{person.user_name}@{person.host}"
    return name
