"""What a session asks for: frozen data in the imperative, made by the dialects, decided by the hub."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from twisted_chat.core.values.about import NOTHING_SAID, About, UserChange
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.bans import Exempt, Target
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Change
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText, Secret

#: How a message is meant: said, an action (``/me``), a notice (no program answers it), a client-to-client request, the answer
#: to one, or nothing but tags.
Kind = Literal["say", "action", "notice", "ctcp", "ctcp-reply", "tags"]
#: What programs tell each other, and no person is shown.
BETWEEN_PROGRAMS: Final = frozenset(("ctcp", "ctcp-reply", "tags"))

#: The lines of one message, in order; none for tags alone. Doors without multi-line messages show one line each.
Lines = tuple[CleanText, ...]


class Command(msgspec.Struct, frozen=True, gc=False):
    """Base of all commands."""


class ServerCommand(Command, frozen=True):
    """Base of the commands that only a session of a server operator can give."""


class Login(Command, frozen=True):
    """Enter the chat as ``nick``, or under a free guest name if None.

    ``password`` is that of the account with that name; who is in the chat already becomes that account. ``token`` is the secret
    of an earlier session: its user is taken over, and its message ids still count. ``or_guest``: who does not get in as
    ``nick`` for want of the password comes as a guest. ``said``: a line that could be a nickname and a password, and is perhaps
    neither; ``nick`` is what it begins with, if that can be one. If the name is in use, it is refused; else a guest comes in.
    ``backlog``: how many lines of history are shown when the session enters a room; None: as many as the server shows.
    ``about`` is for who is not here yet.
    """

    nick: Nick | None = None
    password: str | None = None
    token: str | None = None
    or_guest: bool = False
    said: Secret | None = None
    backlog: int | None = None
    about: About = NOTHING_SAID


class Authenticate(Command, frozen=True):
    """Prove to be an account: before login for the login that follows, under whatever nick; after it under the nick one has."""

    account: Nick
    password: str


class Register(Command, frozen=True):
    """Make an account of the nick one has; ``code`` is an invitation."""

    password: str
    code: str | None = None


class ChangePassword(Command, frozen=True):
    """Give one's account another password."""

    old: str
    new: str


class DropAccount(Command, frozen=True):
    """Delete one's account."""

    password: str


class MakeInviteCode(Command, frozen=True):
    """Make a code with which somebody can register."""


class SetPrivacy(Command, frozen=True):
    """Say who may write to one in private; None asks who may."""

    privacy: Privacy | None = None


class Rename(Command, frozen=True):
    """Take another nick."""

    nick: Nick


#: How a program says a text that looks private.
SAY_LITERALLY: Final = (
    'Send it with the type "private" or "command" if it is for one person, '
    'or with "literal": true to say it as it stands.'
)


class Say(Command, frozen=True):
    """Say something in a room; in the focused one if ``room`` is None.

    ``unless``: it looks like a private message to one of these nicks, mistyped, and must not be said if somebody has that
    nick, or an account of that name; or like the password of one of these rooms, and must not be said if the room is locked.
    ``program``: it comes from a program, which is told in its own words how to say it all the same.
    """

    lines: Lines
    room: RoomName | None = None
    kind: Kind = "say"
    unless: tuple[Nick | RoomName, ...] = ()
    program: bool = False
    extras: Extras | None = None


class AskBot(Command, frozen=True):
    """Say a line that begins with ``word`` if a bot in the room answers to that; else it is no command, and ``why`` says so."""

    word: str
    line: CleanText
    why: str
    room: RoomName | None = None


class SetBotCommands(Command, frozen=True):
    """Answer to these words from now on, instead of those of before."""

    words: tuple[str, ...]


class PrivateMessage(Command, frozen=True):
    """Say something to one user, in private.

    With a ``scope``, the public name of a session, only to the user with that session, and with "" only to the account of that
    name: the nickname may be somebody else's by now.
    """

    to: Nick
    lines: Lines
    kind: Kind = "say"
    scope: str | None = None
    extras: Extras | None = None


class ReplyPrivately(Command, frozen=True):
    """Say something, in private, to whoever wrote to this session last."""

    lines: Lines


class Join(Command, frozen=True):
    """Enter a room, which is made if it is not there, and talk there from now on."""

    room: RoomName
    password: str | None = None


class Leave(Command, frozen=True):
    """Leave a room; the focused one if None."""

    room: RoomName | None = None
    reason: CleanText | None = None


class Kick(Command, frozen=True):
    """Put somebody out of a room (operators of that room); the focused one if None."""

    nick: Nick
    reason: CleanText | None = None
    room: RoomName | None = None


class ShowTopic(Command, frozen=True):
    """Ask for a room's topic; the focused room's if None."""

    room: RoomName | None = None


class SetTopic(Command, frozen=True):
    """Set a room's topic, the focused room's if ``room`` is None; an empty text clears it."""

    topic: CleanText
    room: RoomName | None = None


class ShowKeep(Command, frozen=True):
    """Ask how much of a room's history is kept; of the focused room's if None."""

    room: RoomName | None = None


class SetKeep(Command, frozen=True):
    """Set how much of a room's history is kept (operators of that room); of the focused room's if ``room`` is None."""

    keep: Keep
    room: RoomName | None = None


#: What stands for the reason of who is away without giving one.
NO_REASON: Final = CleanText("away")


class Away(Command, frozen=True):
    """Say that one is away, and why; a None text means: back again."""

    text: CleanText | None


class SetRealName(Command, frozen=True):
    """Have another real name; an empty text: none."""

    text: CleanText


class ShowUser(Command, frozen=True):
    """Ask how one's own user is set."""


class ChangeUser(Command, frozen=True):
    """Change how one's own user is set; at least one setting."""

    changes: tuple[UserChange, ...]


class ShowCounts(Command, frozen=True):
    """Ask how many there are of what on the server."""


class Whowas(Command, frozen=True):
    """Ask who had a nickname before; at most ``count``, if that is given."""

    nick: Nick
    count: int | None = None


class Who(Command, frozen=True):
    """Ask who is here, or in one room; page counts from 1. ``whole``: all of them, in parts, as the reader takes them."""

    room: RoomName | None = None
    page: int = 1
    whole: bool = False


class ListRooms(Command, frozen=True):
    """Ask which rooms there are; page counts from 1. ``whole``: as for :class:`Who`."""

    page: int = 1
    whole: bool = False


class ListAll(Command, frozen=True):
    """Ask for the rooms and the users; page counts from 1."""

    page: int = 1


class Whois(Command, frozen=True):
    """Ask about one user."""

    nick: Nick


class Ignore(Command, frozen=True):
    """Hide what a user says from this session; None asks who is ignored."""

    nick: Nick | None = None


class Unignore(Command, frozen=True):
    """Show again what a user says."""

    nick: Nick


class ShowHistory(Command, frozen=True):
    """Ask for what was said in a room before or after a message, or last; or for what one and ``partner`` wrote in private."""

    room: RoomName | None = None
    before: MessageId | None = None
    after: MessageId | None = None
    limit: int | None = None
    partner: Nick | None = None


class MarkRead(Command, frozen=True):
    """Say up to which message one has read in a room (the focused one if None), or of what ``partner`` and one wrote."""

    message: MessageId
    room: RoomName | None = None
    partner: Nick | None = None


class Term(msgspec.Struct, frozen=True, gc=False):
    """Words to look for, one right after the other; with ``prefix`` the last may go on.

    A word is a run of letters and digits, and matches in any case of letters.
    """

    text: str
    prefix: bool = False


class Search(Command, frozen=True):
    """Ask for what was said with all of ``terms``, or anything if there are none.

    In one of ``rooms``, or in any room that the user is in; by ``nick``; since a time (seconds since 1970) or an age
    (seconds); before a message. The newest are found.
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
    """Be no server operator any more."""


class Kill(ServerCommand, frozen=True):
    """End all sessions of a user."""

    nick: Nick
    reason: CleanText | None = None


class BanTarget(msgspec.Struct, frozen=True, gc=False):
    """Whom to ban: an account or network, or else whoever has the nick ``nick`` now. ``insist``: though it hits its maker."""

    kind: BanKind
    target: str
    nick: Nick | None = None
    insist: bool = False


class PutServerBan(ServerCommand, frozen=True):
    """Keep somebody out of the server, for so many seconds, or for good if ``duration`` is None."""

    target: BanTarget
    duration: int | None = None
    reason: CleanText | None = None


class LiftServerBan(ServerCommand, frozen=True):
    """Let somebody in again."""

    target: BanTarget


class ShowServerBans(ServerCommand, frozen=True):
    """Ask who is banned; page counts from 1."""

    page: int = 1


class ShowAccounts(ServerCommand, frozen=True):
    """Ask which accounts there are, of those whose names fit a mask; page counts from 1."""

    mask: str | None = None
    page: int = 1


class ResetPassword(ServerCommand, frozen=True):
    """Give an account a code in place of its password."""

    account: Nick


class RemoveAccount(ServerCommand, frozen=True):
    """Delete the account of somebody."""

    account: Nick


class Announce(ServerCommand, frozen=True):
    """Say something to everybody on the server; ``wallops``: to operators, and those who want to get that."""

    lines: Lines
    wallops: bool = False


class SetPanic(ServerCommand, frozen=True):
    """Let everybody in (0), no new guests (1), or nobody new (2)."""

    level: int


class ShowAudit(ServerCommand, frozen=True):
    """Ask what server operators did; page counts from 1."""

    page: int = 1


class Help(Command, frozen=True):
    """Ask for help, on one command if ``topic`` is given."""

    topic: str | None = None


class Ping(Command, frozen=True):
    """Ask whether the server is there; ``text`` comes back."""

    text: CleanText = CleanText("")


class Pong(Command, frozen=True):
    """Answer the server's ping."""


class Quit(Command, frozen=True):
    """Leave the chat."""

    reason: CleanText | None = None


class RoomCommand(Command, frozen=True):
    """Base of the commands about who may do what in a room."""


class ShowSettings(RoomCommand, frozen=True):
    """Ask how a room is set."""

    room: RoomName | None = None


class ChangeSettings(RoomCommand, frozen=True):
    """Change how a room is set; at least one setting."""

    changes: tuple[Change, ...]
    room: RoomName | None = None


class SetRoomPassword(RoomCommand, frozen=True):
    """Lock a room with a password; None unlocks it."""

    password: str | None
    room: RoomName | None = None


class InviteToRoom(RoomCommand, frozen=True):
    """Invite somebody; an operator's invitation lets them in once, whatever else is set."""

    nick: Nick
    room: RoomName | None = None


class ShowInvitations(Command, frozen=True):
    """Ask to which rooms one is invited; page counts from 1."""

    page: int = 1


class ChangeRole(RoomCommand, frozen=True):
    """Give somebody a role, or take it away."""

    role: Literal["operator", "voice"]
    give: bool
    nick: Nick
    room: RoomName | None = None


class RegisterRoom(RoomCommand, frozen=True):
    """Own a room from now on, so that it lasts."""

    room: RoomName | None = None


class DropRoom(RoomCommand, frozen=True):
    """Do away with one's room, and all that was said there; the name is asked for."""

    room: RoomName | None = None


class Transfer(RoomCommand, frozen=True):
    """Give one's room to somebody."""

    nick: Nick
    room: RoomName | None = None


class PutBan(RoomCommand, frozen=True):
    """Keep somebody out, for so many ``seconds`` or for ever; ``insist``: even if that hits oneself, or everybody.

    Unless ``put_out``, who is there stays. Nobody is ever put out for a mask of ``nick!user@host``.
    """

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    insist: bool = False
    room: RoomName | None = None
    put_out: bool = True


class LiftBan(RoomCommand, frozen=True):
    """Let somebody come again."""

    target: Target
    room: RoomName | None = None


class ListBans(RoomCommand, frozen=True):
    """Ask who is kept out, and who may not speak; page counts from 1."""

    page: int = 1
    room: RoomName | None = None


class Mute(RoomCommand, frozen=True):
    """Let somebody speak no more in a room, for so many ``seconds`` or for ever. A mask mutes nobody who has voice."""

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class Unmute(RoomCommand, frozen=True):
    """Let somebody speak again."""

    target: Target
    room: RoomName | None = None


class PutException(RoomCommand, frozen=True):
    """Let the bans or mutes of a room not count for somebody, or let them in without an invitation."""

    exempt: Exempt
    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class LiftException(RoomCommand, frozen=True):
    """Let them count again."""

    exempt: Exempt
    target: Target
    room: RoomName | None = None


class Export(RoomCommand, frozen=True):
    """Ask for all that was said in a room."""

    room: RoomName | None = None


class ForgetMe(RoomCommand, frozen=True):
    """Delete what one has said in a room, or with ``everywhere`` in all; if neither is named, that is asked for."""

    room: RoomName | None = None
    everywhere: bool = False
