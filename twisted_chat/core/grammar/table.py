"""The table of commands: name, arguments, help, who may. One place drives parsing, help and "did you mean".

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
from twisted_chat.core.grammar.room_table import OPERATORS, ROOM_SPECS
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import CleanText

__all__ = [
    "COMMANDS",
    "KINDS",
    "SERVER_OPERATORS",
    "BadArguments",
    "Spec",
    "may_be_command",
    "may_be_login",
    "nearest",
]

#: Who may use the commands of server operators.
SERVER_OPERATORS: Final = "server operators"


def _history(
    partner: Nick | None, limit: int | None, side: str | None, message: MessageId | None
) -> c.Command:
    if side == "after":
        return c.ShowHistory(after=message, limit=limit, partner=partner)
    return c.ShowHistory(before=message, limit=limit, partner=partner)


COMMANDS: Final[dict[str, Spec]] = {
    spec.name: spec
    for spec in (
        Spec("help", "[COMMAND]", "list the commands, or explain one", c.Help),
        Spec("nick", "NICK", "change your nickname", c.Rename),
        Spec(
            "join",
            "ROOM [PASSWORD]",
            "enter a room and talk there; it is made if it does not exist",
            c.Join,
        ),
        Spec(
            "register",
            "PASSWORD [CODE]",
            "make the nickname you have your own",
            c.Register,
            may="who has no account",
            secret=True,
        ),
        Spec(
            "login",
            "[NICK] PASSWORD",
            "log in to the account NICK",
            c.Login,
            may="who has no account",
            secret=True,
        ),
        Spec("logout", "[TEXT]", "leave the chat", c.Quit),
        Spec(
            "passwd",
            "OLD NEW",
            "change your password",
            c.ChangePassword,
            may="who has an account",
            secret=True,
        ),
        Spec(
            "drop-account",
            "PASSWORD",
            "delete your account; its name is free then",
            c.DropAccount,
            may="who has an account",
            secret=True,
        ),
        Spec(
            "privacy",
            "[all | accounts | rooms]",
            "say who may write to you in private",
            c.SetPrivacy,
            may="who has an account",
            grammar="[WHO]",
        ),
        Spec(
            "invite-code",
            "",
            "make a code with which somebody can register",
            c.MakeInviteCode,
            may="server operators, and who is on the server's own machine",
        ),
        Spec("leave", "[ROOM]", "leave a room (the one you talk in, if you name none)", c.Leave),
        Spec(
            "msg",
            "NICK TEXT",
            "say something to one person, in private",
            lambda nick, text: c.PrivateMessage(nick, (text,)),
        ),
        Spec(
            "reply",
            "TEXT",
            "answer the last private message you got",
            lambda text: c.ReplyPrivately((text,)),
        ),
        Spec(
            "me", "TEXT", "say what you do: /me waves", lambda text: c.Say((text,), kind="action")
        ),
        Spec(
            "who",
            "[ROOM] [PAGE]",
            "list who is here, or in one room",
            lambda room, page: c.Who(room, page or 1),
        ),
        Spec("rooms", "[PAGE]", "list the rooms", lambda page: c.ListRooms(page or 1)),
        Spec("list", "[PAGE]", "list the rooms and the people", lambda page: c.ListAll(page or 1)),
        Spec(
            "history",
            "[@NICK] [N] [before ID | after ID]",
            "show what was said; with @NICK in private",
            _history,
            grammar="[@NICK] [N] [SIDE ID]",
        ),
        Spec(
            "search",
            searching.USAGE,
            "find what was said in your rooms",
            lambda search: search,
            grammar="WORDS",
        ),
        Spec(
            "topic",
            "[#ROOM] [TEXT]",
            "show a room's topic, or set it; - clears it",
            lambda room, text: (
                c.ShowTopic(room)
                if text is None
                else c.SetTopic(CleanText("") if text == "-" else text, room)
            ),
        ),
        Spec(
            "away",
            "[TEXT]",
            "be shown as away, with a reason if you like",
            lambda text: c.Away(text or c.NO_REASON),
        ),
        Spec("back", "", "no longer be shown as away", lambda: c.Away(None)),
        Spec("ignore", "[NICK]", "hide what somebody says, or list whom you ignore", c.Ignore),
        Spec("unignore", "NICK", "show again what somebody says", c.Unignore),
        Spec("whois", "NICK", "tell about somebody", c.Whois),
        Spec(
            "kick",
            "NICK [TEXT]",
            "put somebody out of the room you talk in",
            c.Kick,
            may=OPERATORS,
        ),
        Spec(
            "keep",
            "[#ROOM] [LIMIT]",
            "show or set how much history is kept: 30 days 1000 lines",
            lambda room, keep: c.ShowKeep(room) if keep is None else c.SetKeep(keep, room),
            may=f"{OPERATORS} set it",
        ),
        Spec(
            "stats",
            "",
            "show how the server and its store are doing",
            c.ShowStats,
            may="server operators, and who is on the server's own machine",
        ),
        Spec(
            "oper",
            "NAME PASSWORD",
            "become an operator of this server",
            c.Oper,
            grammar="NAME PASSPHRASE",
            secret=True,
        ),
        Spec(
            "deoper", "", "be no operator of this server any more", c.Deoper, may=SERVER_OPERATORS
        ),
        Spec(
            "kill",
            "NICK [TEXT]",
            "disconnect somebody",
            c.Kill,
            may=SERVER_OPERATORS,
        ),
        Spec(
            "server-ban",
            "WHOM [DURATION] [TEXT]",
            "keep a nick, account, address or network out",
            c.PutServerBan,
            may=SERVER_OPERATORS,
        ),
        Spec(
            "server-unban",
            "WHOM",
            "let an account, address or network in again",
            c.LiftServerBan,
            may=SERVER_OPERATORS,
        ),
        Spec(
            "server-bans",
            "[PAGE]",
            "list who is banned from the server",
            lambda page: c.ShowServerBans(page or 1),
            may=SERVER_OPERATORS,
        ),
        Spec(
            "suspend",
            "ACCOUNT [TEXT]",
            "keep an account out for good",
            lambda account, reason: c.PutServerBan(account, None, reason),
            may=SERVER_OPERATORS,
        ),
        Spec(
            "unsuspend", "ACCOUNT", "let an account in again", c.LiftServerBan, may=SERVER_OPERATORS
        ),
        Spec(
            "accounts",
            "[MASK]",
            "list the accounts whose names fit, page by page",
            lambda mask, page: c.ShowAccounts(mask, page or 1),
            may=SERVER_OPERATORS,
            grammar="[MASK] [PAGE]",
        ),
        Spec(
            "reset-password",
            "NICK",
            "give an account a code in place of its password",
            c.ResetPassword,
            may=SERVER_OPERATORS,
        ),
        Spec(
            "remove-account",
            "NICK",
            "delete the account of somebody",
            c.RemoveAccount,
            may=SERVER_OPERATORS,
        ),
        Spec(
            "announce",
            "TEXT",
            "say something to everybody on the server",
            lambda text: c.Announce((text,)),
            may=SERVER_OPERATORS,
        ),
        Spec(
            "panic",
            "0|1|2",
            "1: let no new guests in, 2: nobody new, 0: everybody",
            c.SetPanic,
            may=SERVER_OPERATORS,
            grammar="LEVEL",
        ),
        Spec(
            "audit",
            "[PAGE]",
            "list what operators of this server did",
            lambda page: c.ShowAudit(page or 1),
            may=SERVER_OPERATORS,
        ),
        *ROOM_SPECS,
        Spec("quit", "[TEXT]", "leave the chat", c.Quit),
    )
}


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
    **dict.fromkeys(("wall", "wallops", "broadcast", "globops"), "announce"),
    "defcon": "panic",
}


_NAMES: Final = tuple(COMMANDS)
# What a name and a password stand behind, here or in another chat.
_LOGIN_WORDS: Final = (
    *(spec.name for spec in COMMANDS.values() if spec.secret),
    *(word for word, name in _ELSEWHERE.items() if COMMANDS[name].secret),
    *("nick", "user", "username", "pass", "account", "connect", "cap"),
)


def may_be_login(word: str) -> bool:
    """Tell whether a name or a password may stand behind a word, which is perhaps mistyped."""
    return _close(word[:32].lower(), _LOGIN_WORDS, 0.8) is not None


def may_be_command(word: str) -> bool:
    """Tell whether a word is that of a command, here or in another chat."""
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
