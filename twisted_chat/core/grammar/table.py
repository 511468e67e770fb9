"""The table of commands: name, arguments, help, and what using one needs. It drives parsing, help and "did you mean".

To add a command, add one :class:`Spec` to :data:`COMMANDS`. Every dialect that has named commands offers it from then on:
the line dialect as ``/name``, the JSON dialect inside ``command``.
"""

from __future__ import annotations

import difflib
import functools
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar import search as searching
from twisted_chat.core.grammar.arguments import KINDS, BadArguments, Spec
from twisted_chat.core.grammar.room_table import MODERATION_SPECS, ROOM_SPECS
from twisted_chat.core.values.about import UserSetting
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText

__all__ = [
    "COMMANDS",
    "GROUPS",
    "KINDS",
    "BadArguments",
    "Spec",
    "may_be_command",
    "may_be_login",
    "nearest",
]


def _delete(
    partner: Nick | None, message: MessageId, reason: CleanText | None, room: RoomName | None
) -> c.DeleteMessage:
    return c.DeleteMessage(message, room, partner, reason)


def _history(
    partner: Nick | None, limit: int | None, side: str | None, message: MessageId | None
) -> c.Command:
    if side == "after":
        return c.ShowHistory(after=message, limit=limit, partner=partner)
    return c.ShowHistory(before=message, limit=limit, partner=partner)


def _topic(room: RoomName | None, text: CleanText | None) -> c.Command:
    if text is None:
        return c.ShowTopic(room)
    return c.SetTopic(CleanText("") if text == "-" else text, room)


def _keep(room: RoomName | None, keep: Keep | None) -> c.Command:
    return c.ShowKeep(room) if keep is None else c.SetKeep(keep, room)


def _suspend(account: c.BanTarget, reason: CleanText | None) -> c.PutServerBan:
    return c.PutServerBan(account, None, reason)


def _announce(text: CleanText) -> c.Announce:
    return c.Announce((text,))


def _wallops(text: CleanText) -> c.Announce:
    return c.Announce((text,), wallops=True)


def _realname(text: CleanText) -> c.Command:
    return c.SetRealName(CleanText("") if text == "-" else text)


def _watch(nick: Nick | None) -> c.Command:
    return c.ShowWatched() if nick is None else c.Watch((nick,))


def _unwatch(nick: Nick) -> c.Watch:
    return c.Watch(remove=(nick,))


def _self(setting: UserSetting | None, on: int | None) -> c.Command:
    if setting is None:
        return c.ShowUser()
    return c.ChangeUser(((setting, bool(on)),))


def _profile(
    nick: Nick | None, key: str | None, text: CleanText | None, room: RoomName | None
) -> c.RoomCommand:
    """Show or change a profile: of the room that is named, or else one's own."""
    if nick is not None or key is None:
        return c.ShowProfile(nick, room)
    value = text if text != "-" else None
    return c.ChangeProfile(((key, value),), room is not None, room)


_TALK: Final = (
    Spec("me", "TEXT", "say what you do: /me waves", lambda text: c.Say((text,), kind="action")),
    Spec(
        "msg",
        "NICK TEXT",
        "send a private message to one person",
        lambda nick, text: c.PrivateMessage(nick, (text,)),
    ),
    Spec(
        "reply",
        "TEXT",
        "answer the last private message you got",
        lambda text: c.ReplyPrivately((text,)),
    ),
    Spec(
        "history",
        "[@NICK] [N] [before ID | after ID]",
        "show earlier messages; with @NICK, private ones",
        _history,
        grammar="[@NICK] [N] [SIDE ID]",
    ),
    Spec(
        "delete",
        "[@NICK] ID [TEXT]",
        "delete a message, or with @NICK a private one",
        _delete,
    ),
    Spec(
        "search",
        searching.USAGE,
        "search the messages of your rooms",
        lambda search: search,
        grammar="WORDS",
    ),
    Spec(
        "away",
        "[TEXT]",
        "be shown as away, with a reason if you like",
        lambda text: c.Away(text or c.NO_REASON),
    ),
    Spec("back", "", "stop being shown as away", lambda: c.Away(None)),
    Spec("help", "[GROUP | COMMAND]", "explain the commands", c.Help, grammar="[COMMAND]"),
    Spec("quit", "[TEXT]", "leave the chat", c.Quit),
    Spec("logout", "[TEXT]", "leave the chat, the same as /quit", c.Quit),
)

_PEOPLE: Final = (
    Spec("who", "[ROOM] [PAGE]", "list who is here or in a room; also ? and !who", c.Who),
    Spec("whois", "NICK", "show what is known about a person", c.Whois),
    Spec("whowas", "NICK", "show who had a nickname before", c.Whowas),
    Spec("watch", "[NICK]", "be told when a person comes or goes; list them", _watch),
    Spec("unwatch", "NICK", "stop watching a person", _unwatch),
    Spec("nick", "NICK", "change your nickname", c.Rename),
    Spec("realname", "TEXT", "set your real name, which /whois shows; - clears it", _realname),
    Spec(
        "self",
        "[SETTING on|off]",
        "show or set your settings: bot, hidden, no-ctcp, …",
        _self,
        grammar="[OWN SWITCH]",
    ),
    Spec(
        "profile",
        "[@NICK] [KEY TEXT]",
        "show a profile, or set a key in yours or the room's",
        _profile,
    ),
    Spec("counts", "", "count the people and the rooms", c.ShowCounts),
    Spec("ignore", "[NICK]", "hide what a person says, or list the people you ignore", c.Ignore),
    Spec("unignore", "NICK", "stop ignoring a person", c.Unignore),
)

_ROOMS: Final = (
    Spec(
        "join",
        "ROOM [PASSWORD]",
        "enter a room, or create it, and talk there",
        c.Join,
    ),
    Spec("leave", "[ROOM]", "leave a room, or the room you talk in", c.Leave),
    Spec("rooms", "[PAGE]", "list the rooms", c.ListRooms),
    Spec("list", "[PAGE]", "list the rooms and the people", c.ListAll),
    Spec("invites", "[PAGE]", "list the rooms to which you are invited", c.ShowInvitations),
    Spec("topic", "[#ROOM] [TEXT]", "show or set the topic of a room; - clears it", _topic),
    Spec(
        "keep",
        "[#ROOM] [LIMIT]",
        "show or set what is kept: 30 days 1000 lines",
        _keep,
        action="keep",
        shows=True,
    ),
)

_ACCOUNT: Final = (
    Spec(
        "register",
        "PASSWORD [CODE]",
        "create an account, which reserves your nickname",
        c.Register,
        account=False,
        secret=True,
    ),
    Spec("login", "[NICK] PASSWORD", "log in to an account", c.Login, account=False, secret=True),
    Spec("passwd", "OLD NEW", "change your password", c.ChangePassword, account=True, secret=True),
    Spec(
        "privacy",
        "[all | accounts | rooms]",
        "show or set who may send you private messages",
        c.SetPrivacy,
        account=True,
        grammar="[WHO]",
    ),
    Spec(
        "drop-account",
        "PASSWORD",
        "delete your account and free its name",
        c.DropAccount,
        account=True,
        secret=True,
    ),
)

_SERVER: Final = (
    Spec("stats", "", "show the state of the server and its database", c.ShowStats, local=True),
    Spec(
        "invite-code",
        "",
        "create a code with which one person can register",
        c.MakeInviteCode,
        local=True,
    ),
    Spec(
        "oper",
        "NAME PASSWORD",
        "become an operator of this server",
        c.Oper,
        grammar="NAME PASSPHRASE",
        secret=True,
    ),
    Spec("deoper", "", "give up operator rights", c.Deoper),
    Spec("kill", "NICK [TEXT]", "disconnect a user", c.Kill),
    Spec(
        "server-ban",
        "WHOM [DURATION] [TEXT]",
        "ban a nick, account, address or network from the server",
        c.PutServerBan,
    ),
    Spec("server-unban", "WHOM", "lift a server ban", c.LiftServerBan),
    Spec("server-bans", "[PAGE]", "list the server bans", c.ShowServerBans),
    Spec("suspend", "ACCOUNT [TEXT]", "ban an account for good", _suspend),
    Spec("unsuspend", "ACCOUNT", "lift the ban on an account", c.LiftServerBan),
    Spec(
        "accounts",
        "[MASK]",
        "list the accounts, or those that match a mask such as b*",
        c.ShowAccounts,
        grammar="[MASK] [PAGE]",
    ),
    Spec(
        "reset-password",
        "NICK",
        "replace a forgotten password with a code for one login",
        c.ResetPassword,
    ),
    Spec("remove-account", "NICK", "delete an account", c.RemoveAccount),
    Spec("announce", "TEXT", "send a message to everyone on the server", _announce),
    Spec(
        "wallops",
        "TEXT",
        "message operators and people with /self wallops on",
        _wallops,
    ),
    Spec(
        "panic",
        "0|1|2",
        "keep out new guests (1) or everyone new (2); 0 lifts it",
        c.SetPanic,
        grammar="LEVEL",
    ),
    Spec("audit", "[PAGE]", "list what operators of this server did", c.ShowAudit),
)

#: The groups of commands, as help shows them.
GROUPS: Final[dict[str, tuple[Spec, ...]]] = {
    "talk": _TALK,
    "people": _PEOPLE,
    "rooms": (*_ROOMS, *ROOM_SPECS),
    "account": _ACCOUNT,
    "moderation": MODERATION_SPECS,
    "server": _SERVER,
}

COMMANDS: Final[dict[str, Spec]] = {spec.name: spec for specs in GROUPS.values() for spec in specs}


# What other chats call them.
_ELSEWHERE: Final = {
    **dict.fromkeys(("exit", "bye", "q", "disconnect"), "quit"),
    **dict.fromkeys(("names", "users"), "who"),
    **dict.fromkeys(("tell", "query", "whisper", "dm", "pm", "privmsg"), "msg"),
    **dict.fromkeys(("part", "close"), "leave"),
    **dict.fromkeys(("name", "rename"), "nick"),
    **dict.fromkeys(("channels", "channel"), "rooms"),
    **dict.fromkeys(("h", "?", "commands"), "help"),
    **dict.fromkeys(("m", "w", "notice"), "msg"),
    **dict.fromkeys(("log", "logs", "last", "lastlog", "scrollback", "backlog"), "history"),
    **dict.fromkeys(("find", "grep"), "search"),
    **dict.fromkeys(("signup", "sign-up", "newuser"), "register"),
    **dict.fromkeys(("identify", "auth", "signin", "sign-in", "log-in"), "login"),
    **dict.fromkeys(("password", "changepassword", "setpass"), "passwd"),
    **dict.fromkeys(("unregister", "deleteaccount", "drop"), "drop-account"),
    **dict.fromkeys(("health", "status"), "stats"),
    "r": "reply",
    "retention": "keep",
    **dict.fromkeys(("silence", "quiet", "gag"), "mute"),
    **dict.fromkeys(("mode", "modes", "flags", "info"), "settings"),
    **dict.fromkeys(("banlist", "mutes"), "bans"),
    "promote": "op",
    "demote": "deop",
    "slowmode": "slow",
    **dict.fromkeys(("sudo", "su"), "oper"),
    **dict.fromkeys(("kline", "gline", "zline", "dline", "akill"), "server-ban"),
    **dict.fromkeys(("unkline", "ungline", "unzline"), "server-unban"),
    **dict.fromkeys(("wall", "broadcast", "globops"), "announce"),
    "defcon": "panic",
    **dict.fromkeys(("gecos", "setname"), "realname"),
    **dict.fromkeys(("invisible", "hide"), "self"),
    "lusers": "counts",
    **dict.fromkeys(("monitor", "notify", "friend"), "watch"),
}


_NAMES: Final = tuple(COMMANDS)
# What a name and a password stand behind, here or in another chat.
_LOGIN_WORDS: Final = (
    *(spec.name for spec in COMMANDS.values() if spec.secret),
    *(word for word, name in _ELSEWHERE.items() if COMMANDS[name].secret),
    *("nick", "user", "username", "pass", "account", "connect", "cap"),
)


def may_be_login(word: str) -> bool:
    """Return whether a name or a password may stand behind a word, which is perhaps mistyped."""
    return _close(word[:32].lower(), _LOGIN_WORDS, 0.8) is not None


def may_be_command(word: str) -> bool:
    """Return whether a word is that of a command, here or in another chat."""
    return word.lower() in COMMANDS or word.lower() in _ELSEWHERE or may_be_login(word)


# That takes 0.2 ms, and people say the words of bots all the time.
@functools.lru_cache(maxsize=1024)
def _close(word: str, names: tuple[str, ...], cutoff: float) -> str | None:
    """Return which of the names a short word comes close to, if there is one."""
    close = difflib.get_close_matches(word, names, n=1, cutoff=cutoff)
    return close[0] if close else None


def nearest(word: str) -> str | None:
    """Return the name of the command that ``word`` was probably meant to be, if there is one."""
    word = word[:32].lower()
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    return _close(word, _NAMES, 0.6)
