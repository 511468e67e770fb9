"""What a session asks for: frozen data in the imperative. Dialects make commands, the hub decides them."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from twisted_chat.core.values.about import NOTHING_SAID, About, UserChange
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.bans import Exempt, Target
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Moment
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.profile import ProfileChange
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Change
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText, Secret

#: How a message is meant: as speech, as an action (``/me``), as a notice (which no program answers), as a request from client to
#: client or the answer to one, or as tags without a text.
Kind = Literal["say", "action", "notice", "ctcp", "ctcp-reply", "tags"]
#: What programs send to each other; people do not see it.
BETWEEN_PROGRAMS: Final = frozenset(("ctcp", "ctcp-reply", "tags"))

#: The lines of one message, in order; empty if it is tags alone. Doors without multi-line messages show them one by one.
Lines = tuple[CleanText, ...]


class Command(msgspec.Struct, frozen=True, gc=False):
    """Base of all commands."""


class ServerCommand(Command, frozen=True):
    """Base of the commands that only the session of a server operator can give."""


class Login(Command, frozen=True):
    """Enter the chat as ``nick``, or under a free guest name if that is None.

    ``password`` is that of the account called ``nick``; a user who is already in the chat becomes that account. ``token`` is
    the secret of an earlier session: the session takes over the user of that one, and the ids of messages it sent still count.
    ``or_guest``: if only the password stands in the way of ``nick``, enter as a guest instead. ``said`` is a line that could be
    a nickname and a password, but may be neither; ``nick`` is then what it begins with, if that can be a nickname. If that
    nickname is in use, the login is refused; otherwise the session enters as a guest. ``backlog`` is how many lines of history
    are shown when the session enters a room, or None for the server's default. ``about`` only counts for a user who is not in
    the chat yet.
    """

    nick: Nick | None = None
    password: str | None = None
    token: str | None = None
    or_guest: bool = False
    said: Secret | None = None
    backlog: int | None = None
    about: About = NOTHING_SAID


class Authenticate(Command, frozen=True):
    """Prove which account this session belongs to: before login for the login that follows, afterwards for the user."""

    account: Nick
    password: str


class Register(Command, frozen=True):
    """Create an account for the nick that the user has; ``code`` is an invitation code."""

    password: str
    code: str | None = None


class ChangePassword(Command, frozen=True):
    """Change the password of the user's account."""

    old: str
    new: str


class DropAccount(Command, frozen=True):
    """Delete the user's account."""

    password: str


class MakeInviteCode(Command, frozen=True):
    """Create a code with which one account can be registered."""


class SetPrivacy(Command, frozen=True):
    """Set who may send the user private messages; None asks for the current setting."""

    privacy: Privacy | None = None


class Rename(Command, frozen=True):
    """Change the user's nick."""

    nick: Nick


#: Tells a program how to send a text that looks private.
SAY_LITERALLY: Final = (
    'Send it with the type "private" or "command" if it is for one person, '
    'or with "literal": true to say it as it stands.'
)


class Say(Command, frozen=True):
    """Say something in a room; in the focused room if ``room`` is None.

    ``unless`` lists the nicks to which the text looks like a mistyped private message, and the rooms of which it looks like the
    password. It is not said if a user or an account has one of those nicks, or if one of those rooms is locked. ``program``: a
    program sent it, so a refusal says in that program's terms how to send it anyway.
    """

    lines: Lines
    room: RoomName | None = None
    kind: Kind = "say"
    unless: tuple[Nick | RoomName, ...] = ()
    program: bool = False
    extras: Extras | None = None


class AskBot(Command, frozen=True):
    """Say a line that begins with ``word``, if a bot in the room answers to that word; otherwise refuse it with ``why``."""

    word: str
    line: CleanText
    why: str
    room: RoomName | None = None


class SetBotCommands(Command, frozen=True):
    """Answer to these words from now on, and no longer to those given before."""

    words: tuple[str, ...]


class PrivateMessage(Command, frozen=True):
    """Send a private message to one user.

    With a ``scope``, the public name of a session, it is only for the user who has that session, and with "" only for the
    account of that name, because another user may have the nickname by now.
    """

    to: Nick
    lines: Lines
    kind: Kind = "say"
    scope: str | None = None
    extras: Extras | None = None


class ReplyPrivately(Command, frozen=True):
    """Send a private message to the user who last sent one to this session."""

    lines: Lines


class Join(Command, frozen=True):
    """Enter a room, which is created if there is none of that name, and make it the focused room."""

    room: RoomName
    password: str | None = None


class Leave(Command, frozen=True):
    """Leave a room; the focused room if None."""

    room: RoomName | None = None
    reason: CleanText | None = None


class Kick(Command, frozen=True):
    """Remove a user from a room; only for operators of that room. If ``room`` is None, from the focused room."""

    nick: Nick
    reason: CleanText | None = None
    room: RoomName | None = None


class ShowTopic(Command, frozen=True):
    """Ask for the topic of a room; of the focused room if None."""

    room: RoomName | None = None


class SetTopic(Command, frozen=True):
    """Set the topic of a room; of the focused room if ``room`` is None. An empty text clears it."""

    topic: CleanText
    room: RoomName | None = None


class ShowKeep(Command, frozen=True):
    """Ask how much of a room's history is kept; of the focused room's if None."""

    room: RoomName | None = None


class SetKeep(Command, frozen=True):
    """Set how much of a room's history is kept, of the focused room's if ``room`` is None; only for operators of the room."""

    keep: Keep
    room: RoomName | None = None


#: The reason that is shown for a user who is away and gave none.
NO_REASON: Final = CleanText("away")


class Away(Command, frozen=True):
    """Mark the user as away, with a reason; a ``text`` of None means that the user is back."""

    text: CleanText | None


class SetRealName(Command, frozen=True):
    """Set the user's real name; an empty text clears it."""

    text: CleanText


class ShowUser(Command, frozen=True):
    """Ask for the settings of the user."""


class ChangeUser(Command, frozen=True):
    """Change settings of the user, at least one."""

    changes: tuple[UserChange, ...]


class ShowCounts(Command, frozen=True):
    """Ask how many users, operators, connections and rooms the server has."""


class Whowas(Command, frozen=True):
    """Ask which users had a nickname before; the latest ``count`` of them, or all if that is None."""

    nick: Nick
    count: int | None = None


class Watch(Command, frozen=True):
    """Watch these nicks, and no longer the others: this session is told when a user with one of them comes or goes.

    ``clear``: first stop watching all nicks. ``in_detail``: also show changes of the watched users, as if they shared a room
    with the session's user.
    """

    add: tuple[Nick, ...] = ()
    remove: tuple[Nick, ...] = ()
    clear: bool = False
    in_detail: bool = False


class ShowWatched(Command, frozen=True):
    """Ask which nicks the session watches, and which of them are here."""


class Who(Command, frozen=True):
    """Ask which users are here, or in one room; pages count from 1. ``whole``: all of them, as fast as the session reads.

    ``nicks``: ask only which of these are here.
    """

    room: RoomName | None = None
    page: int = 1
    whole: bool = False
    nicks: tuple[Nick, ...] = ()


class ListRooms(Command, frozen=True):
    """Ask for the rooms; pages count from 1. ``whole``: as for :class:`Who`."""

    page: int = 1
    whole: bool = False


class ListAll(Command, frozen=True):
    """Ask for the rooms and the users; pages count from 1."""

    page: int = 1


class Whois(Command, frozen=True):
    """Ask about one user."""

    nick: Nick


class Ignore(Command, frozen=True):
    """Hide from this session what a user says; None asks which users are ignored."""

    nick: Nick | None = None


class Unignore(Command, frozen=True):
    """Show again what a user says."""

    nick: Nick


class ShowHistory(Command, frozen=True):
    """Ask for messages of a room, before or after one, or a time, or the latest; or of the conversation with ``partner``.

    Of those after one, the first are shown, unless the ``newest`` are asked for.
    """

    room: RoomName | None = None
    before: MessageId | Moment | None = None
    after: MessageId | Moment | None = None
    limit: int | None = None
    partner: Nick | None = None
    newest: bool = False


class MarkRead(Command, frozen=True):
    """Set up to which message the user has read a room (the focused one if None), or the conversation with ``partner``."""

    message: MessageId
    room: RoomName | None = None
    partner: Nick | None = None


class MarkReadUntil(Command, frozen=True):
    """Set until when (milliseconds since 1970) the user has read a room, or a conversation; it never goes back."""

    target: RoomName | Nick
    time: int


class ShowReadUntil(Command, frozen=True):
    """Ask until when the user has read that."""

    target: RoomName | Nick


class Term(msgspec.Struct, frozen=True, gc=False):
    """Words to look for, which must follow each other directly. With ``prefix`` the last one may be the beginning of a word.

    A word is a run of letters and digits; upper and lower case match each other.
    """

    text: str
    prefix: bool = False


class Search(Command, frozen=True):
    """Ask for the messages that contain all of ``terms``, or for any messages if there are no terms.

    They must be in one of ``rooms``, or in any room that the user is in; by ``nick``; not older than a time (``since``, seconds
    since 1970) or an age (``age``, seconds); and before a message. The newest ``limit`` of them are the answer.
    """

    terms: tuple[Term, ...]
    nick: Nick | None = None
    rooms: tuple[RoomName, ...] = ()
    since: float | None = None
    age: float | None = None
    before: MessageId | None = None
    limit: int | None = None


class ShowStats(Command, frozen=True):
    """Ask how the server and its store are doing."""


class Oper(Command, frozen=True):
    """Make this session one of a server operator."""

    name: str
    password: str


class Deoper(ServerCommand, frozen=True):
    """Give up the rights of a server operator."""


class Kill(ServerCommand, frozen=True):
    """End all sessions of a user."""

    nick: Nick
    reason: CleanText | None = None


class BanTarget(msgspec.Struct, frozen=True, gc=False):
    """An account, a network, or whoever has ``nick`` now. ``insist``: even if the ban matches the user who makes it."""

    kind: BanKind
    target: str
    nick: Nick | None = None
    insist: bool = False


class PutServerBan(ServerCommand, frozen=True):
    """Ban someone from the server for ``duration`` seconds, or permanently if that is None."""

    target: BanTarget
    duration: int | None = None
    reason: CleanText | None = None


class LiftServerBan(ServerCommand, frozen=True):
    """Lift a ban from the server."""

    target: BanTarget


class ShowServerBans(ServerCommand, frozen=True):
    """Ask for the bans from the server; pages count from 1."""

    page: int = 1


class ShowAccounts(ServerCommand, frozen=True):
    """Ask for the accounts, or for those whose names match a mask; pages count from 1."""

    mask: str | None = None
    page: int = 1


class ResetPassword(ServerCommand, frozen=True):
    """Replace the password of an account with a code."""

    account: Nick


class RemoveAccount(ServerCommand, frozen=True):
    """Delete another user's account."""

    account: Nick


class Announce(ServerCommand, frozen=True):
    """Say something to everyone on the server or, if ``wallops``, to operators and to users who have turned that on."""

    lines: Lines
    wallops: bool = False


class SetPanic(ServerCommand, frozen=True):
    """Set the lockdown level: 0 lets everyone in, 1 no new guests, 2 nobody new."""

    level: int


class ShowAudit(ServerCommand, frozen=True):
    """Ask for the audit log, which lists what server operators did; pages count from 1."""

    page: int = 1


class Help(Command, frozen=True):
    """Ask for help; about one command if ``topic`` is given."""

    topic: str | None = None


class Ping(Command, frozen=True):
    """Ask whether the server answers; it sends ``text`` back."""

    text: CleanText = CleanText("")


class Pong(Command, frozen=True):
    """Answer the server's ping."""


class Quit(Command, frozen=True):
    """Leave the chat."""

    reason: CleanText | None = None


class RoomCommand(Command, frozen=True):
    """Base of the commands about the settings, roles, bans and ownership of a room."""


class ShowSettings(RoomCommand, frozen=True):
    """Ask for the settings of a room."""

    room: RoomName | None = None


class ChangeSettings(RoomCommand, frozen=True):
    """Change settings of a room, at least one."""

    changes: tuple[Change, ...]
    room: RoomName | None = None


class SetRoomPassword(RoomCommand, frozen=True):
    """Lock a room with a password; None unlocks it."""

    password: str | None
    room: RoomName | None = None


class InviteToRoom(RoomCommand, frozen=True):
    """Invite a user to a room; if an operator does so, they can enter once whatever the settings are."""

    nick: Nick
    room: RoomName | None = None


class ShowInvitations(Command, frozen=True):
    """Ask for the rooms to which the user is invited; pages count from 1."""

    page: int = 1


class ChangeProfile(RoomCommand, frozen=True):
    """Change what a room's profile says or, unless ``of_room``, the sender's own; ``room`` None is the focused one."""

    changes: tuple[ProfileChange, ...]
    of_room: bool = False
    room: RoomName | None = None


class ShowProfile(RoomCommand, frozen=True):
    """Ask for a profile: that of ``nick``; if that is None, of ``room``; if both are None, of the user who asks."""

    nick: Nick | None = None
    room: RoomName | None = None


class ShowProfiles(Command, frozen=True):
    """Ask what the profiles of a room and of its members say under these keys."""

    room: RoomName
    keys: frozenset[str]


class ChangeRole(RoomCommand, frozen=True):
    """Give a user a role, or take it away."""

    role: Literal["operator", "voice"]
    give: bool
    nick: Nick
    room: RoomName | None = None


class RegisterRoom(RoomCommand, frozen=True):
    """Become the owner of a room, so that it persists while it is empty."""

    room: RoomName | None = None


class DropRoom(RoomCommand, frozen=True):
    """Delete the user's room with its whole history; its name must be given."""

    room: RoomName | None = None


class RenameRoom(RoomCommand, frozen=True):
    """Rename a room."""

    name: RoomName
    reason: CleanText | None = None
    room: RoomName | None = None


class Transfer(RoomCommand, frozen=True):
    """Make another user the owner of a room."""

    nick: Nick
    room: RoomName | None = None


class PutBan(RoomCommand, frozen=True):
    """Ban someone from a room for ``seconds``, or permanently if that is None.

    ``insist``: do it even if the ban matches the user who makes it, or everyone. With ``put_out``, members who match are
    removed from the room; with a mask of ``nick!user@host`` they never are.
    """

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    insist: bool = False
    room: RoomName | None = None
    put_out: bool = True


class LiftBan(RoomCommand, frozen=True):
    """Lift a ban from a room."""

    target: Target
    room: RoomName | None = None


class ListBans(RoomCommand, frozen=True):
    """Ask for the bans, mutes and exceptions of a room; pages count from 1."""

    page: int = 1
    room: RoomName | None = None


class Mute(RoomCommand, frozen=True):
    """Forbid someone to speak in a room, see :class:`PutBan`. A mask does not mute members who have voice."""

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class Unmute(RoomCommand, frozen=True):
    """Allow someone to speak in a room again."""

    target: Target
    room: RoomName | None = None


class PutException(RoomCommand, frozen=True):
    """Exempt someone from the bans or mutes of a room, or from the need for an invitation; see :class:`PutBan`."""

    exempt: Exempt
    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class LiftException(RoomCommand, frozen=True):
    """End such an exemption."""

    exempt: Exempt
    target: Target
    room: RoomName | None = None


class Export(RoomCommand, frozen=True):
    """Ask for the whole history of a room."""

    room: RoomName | None = None


class ForgetMe(RoomCommand, frozen=True):
    """Delete what the user has said in a room or, if ``everywhere``, in all rooms. One of the two must be given."""

    room: RoomName | None = None
    everywhere: bool = False


class DeleteMessage(RoomCommand, frozen=True):
    """Delete a message in a room or in the conversation with ``partner``: the user's own or, for operators, another user's."""

    message: MessageId
    room: RoomName | None = None
    partner: Nick | None = None
    reason: CleanText | None = None
