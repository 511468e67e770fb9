"""The line dialect: what a person types into nc or telnet, and what five older chat programs typed.

The grammar is a list of rules; the first that fits wins (docs/protocol.md has it in full). A private
text never becomes public through a typing mistake: what looks like a private form but is not one is an error, and nothing is
said.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable
from datetime import tzinfo
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS, BadArguments, may_be_command, nearest
from twisted_chat.core.values.confusables import drop_ignorable
from twisted_chat.core.values.names import BadName, Nick, ReservedName, RoomName, parse_nick
from twisted_chat.core.values.text import BadText, CleanText, Secret, decode, shown
from twisted_chat.dialects.base import BadLine, Dialect, PlainSession, Request
from twisted_chat.dialects.line import typos
from twisted_chat.dialects.line.events import LineView
from twisted_chat.dialects.line.layout import width_for
from twisted_chat.dialects.private_words import HUSHED, PRIVATE, is_private, no_bot_command

# The classic spellings, and the command of the table for each.
_BANGS: Final = {"who": "who", "msg": "msg", "logout": "quit", "help": "help"}
_VERBS: Final = {"JOIN": "join", "LEAVE": "leave", "LIST": "list", "HELP": "help", "QUIT": "quit"}
# These are commands only when alone on the line: "LIST of things to buy" is said.
_ALONE: Final = ("LEAVE", "LIST", "HELP", "QUIT")
# These take no argument in their classic spelling.
_BARE_BANGS: Final = ("who", "logout", "help")

# A blank before the colon is customary in French, or a slip; a missing word is an error. Input methods for Chinese and Japanese
# write a fullwidth colon.
_MSG_TO: Final = re.compile(
    r"MSG\s+(?:([^\s:\uff1a]+)\s*)?[:\uff1a](?!//)(.*)", re.IGNORECASE | re.DOTALL
)

# A line without an arrow that begins with one of _PLAIN, perhaps after one of _OPENING, is said: no verb and no mistyped one
# begins so. Most lines are like that, and need not be checked against each rule.
_PLAIN: Final = frozenset(string.ascii_letters + string.digits) - set("JLHQ" + "jmMpP" + "17")
# But those that may be login, register, drop-account, oper or lock without their mark, with a password behind.
_SECRETS: Final = frozenset(
    "".join(letters)
    for word in ("log", "reg", "dro", "ope", "loc", "nic")
    for letters in itertools.product(*((letter, letter.upper()) for letter in word))
)
_SECRET_FIRST: Final = frozenset("lLrRdDoOnN")
_OPENING: Final = frozenset("\"#$%'()*+,-:;@[]^_`|}~")

# What an error may quote of an unknown command: a word or a path.
_QUOTABLE: Final = re.compile(r"[\w./-]*")
# The commands that send a message. Only their errors, and those of lines that are not commands, say that nothing was sent.
_SAYING: Final = (*PRIVATE, "me", "announce")
_NOT_SENT: Final = "The message was not sent."
LOOKS_PRIVATE: Final = "That looks like a private message, or a command with a password."
# A possible nickname in the first word of a line, whatever surrounds it.
_FIRST_NAME: Final = re.compile(r"""[^\s,:*?!@#&+%~$./\\<>{}"']+""")
_NO_LOGIN: Final = (
    "That looks like a command or a private message, which cannot be your nickname. It was not sent. "
    "Type a nickname alone, or NICK PASSWORD."
)
_LITERALLY: Final = 'to say it as it is, put "// " in front'


class LineDialect:
    """Plain lines of UTF-8 text."""

    def __init__(self, now: Callable[[], float], zone: tzinfo | None = None) -> None:
        """``now`` returns seconds since 1970; times are shown in ``zone``, None for the server's own time zone."""
        self._zone, self._now = zone, now
        #: By the width that lines are broken for: the variants for the room that has the focus, and for others.
        self._views: dict[int | None, tuple[LineView, LineView]] = {}

    def open(self, columns: int | None = None) -> PlainSession:
        """Return a session for a window of that many columns, None if the width is unknown."""
        here, elsewhere = self._looks(width_for(columns))
        return PlainSession(here, elsewhere, self.parse, acks=False)

    def _looks(self, width: int | None) -> tuple[LineView, LineView]:
        if width not in self._views:
            self._views[width] = (
                LineView(self._zone, self._now, here=True, width=width),
                LineView(self._zone, self._now, here=False, width=width),
            )
        return self._views[width]

    def parse(self, frame: bytes, *, logged_in: bool) -> Request | None:
        """Read one line; before login it is ``NAME`` or ``NAME PASSWORD``."""
        try:
            text = decode(frame)
            if not logged_in:
                return Request(_read_login(text))
            command = read(CleanText(text))
        except BadText as bad:
            why = str(bad)
            if logged_in and _says(frame.decode("utf-8", "replace")):
                why = f"{why}. {_NOT_SENT}"
            raise BadLine(why, "bad-text") from None
        return None if command is None else Request(command)


def _read_login(text: str) -> c.Command:
    name, *rest_words = text.split(None, 1) or [""]
    rest = "".join(rest_words).strip()
    if not name:
        return c.Login()
    # None of these can be a nickname, so they keep no one from a name.
    if name == "QUIT" or name.lower() in ("/quit", "!logout"):
        return c.Quit()
    if name in ("HELP", "?", "/") or name.lower() in ("/help", "!help"):
        return c.Help(CleanText(rest) or None)
    if typos.bare(name).startswith(("{", "[")):
        raise BadLine(
            "A JSON object cannot be your nickname. Programs that speak JSON start with {.",
            "bad-nick",
        )
    found = _FIRST_NAME.search(drop_ignorable(name))
    marked = name.startswith(("/", "!")) and not name.startswith("//")
    # If there are two words, the first may be somebody's name, and the second is never said.
    if marked or (len(rest.split()) > 1 and found and may_be_command(found[0])):
        raise BadLine(_NO_LOGIN, "bad-nick")
    try:
        nick = parse_nick(name)
    except BadName as bad:
        if len(rest.split()) > 1:
            return _perhaps_login(text, found, None)
        if _may_be_private(text):
            raise BadLine(_NO_LOGIN, "looks-private") from None
        raise BadLine(f'"{shown(name)}" cannot be your nickname: {bad}', "bad-nick") from None
    if len(rest.split()) > 1:
        return _perhaps_login(text, found, Secret(rest))
    return c.Login(nick, Secret(rest), or_guest=True) if rest else c.Login(nick)


def _may_be_private(text: str) -> bool:
    """Return whether a line may be meant for one person; errors then quote nothing of it."""
    try:
        said = read(CleanText(text))
    except BadLine as bad:
        return bad.code == "looks-private"
    return isinstance(said, c.PrivateMessage) or (isinstance(said, c.Say) and bool(said.unless))


def _perhaps_login(text: str, name: re.Match[str] | None, password: Secret | None) -> c.Login:
    """Read a line of three words or more: a client that knows no nicknames says something, or it is a name and a password.

    Raises :class:`BadLine`, which quotes nothing, if it is not something to say. ``password``: what follows the nickname.
    """
    try:
        said = read(CleanText(text))
    except BadLine:
        said = None
    if not isinstance(said, c.Say) or said.unless:
        raise BadLine(_NO_LOGIN, "looks-private")
    nick = None
    if name is not None:
        try:
            nick = parse_nick(name[0])
        except ReservedName as bad:
            raise BadLine(str(bad), "bad-nick") from None
        except BadName:
            pass
    return c.Login(nick, password, or_guest=password is not None, said=Secret(said.lines[0]))


def _says(line: str) -> bool:
    """Return whether a line, which cannot be read, is no command that says nothing."""
    word = line.strip().partition(" ")[0]
    name = word[1:].lower() if word.startswith(("/", "!")) else _VERBS.get(word)
    return name not in COMMANDS or name in _SAYING


def read(line: CleanText) -> c.Command | None:
    """Read a line of a logged-in session; None if it is empty. Raises BadLine or BadText."""
    return c.Say((line,)) if is_plain(line) else _read(line)


def private_form(line: CleanText) -> tuple[bool, Nick | RoomName | None]:
    """Look at a line in which nothing is to be a command: tell whether it is one that is private, or has a password.

    If it is not, also return for whom it was perhaps meant, as in ``Say.unless``.
    """
    bare = CleanText(typos.bare(line))
    if bare.startswith("//"):
        return False, None
    if bare.startswith(("/", "!")):
        return is_private(bare), None
    try:
        command = read(bare)
    except (BadLine, BadText):
        return bare.rstrip() not in ("MSG", "JOIN"), None
    if isinstance(command, c.Say):
        return False, command.unless[0] if command.unless else None
    secret = getattr(command, "password", None) is not None
    return secret or isinstance(command, c.PrivateMessage), None


def is_plain(line: str) -> bool:
    if line[:1] in _PLAIN:
        start = line[:3]
    elif line[:1] in _OPENING and line[1:2] in _PLAIN:
        start = line[1:4]
    else:
        return False
    return (
        start not in _SECRETS
        and ">" not in line  # what arrows are made of
        and "<" not in line
        and "&" not in line
        # Invisible characters may stand between two letters.
        and (line.isascii() or not (start[0] in _SECRET_FIRST or typos.points(line)))
    )


def _read(line: CleanText) -> c.Command | None:
    """Read any line by the rules of the grammar, in order."""
    if not line or line.isspace():
        return None
    if line.startswith("//"):
        return _say(line[3:] if line[2:3] == " " and line[3:].strip() else line[1:])
    if typos.hides_command(line):
        raise BadLine(
            f"A command must not begin with a space or an invisible character. The line was not sent ({_LITERALLY}).",
            "leading-blank",
        )
    if line.startswith("/"):
        return _slash(line)
    if line.startswith("!") and (command := _bang(line)) is not None:
        return command
    if typos.other_mark(line):
        raise BadLine(
            f"A command begins with / or !. The line was not sent ({_LITERALLY}).",
            "unknown-command",
        )
    if typos.secret_object(line):
        raise BadLine(
            "That looks like a JSON object from a program. It was not sent. "
            f"Programs log in with their first line ({_LITERALLY}).",
            "looks-private",
        )
    if typos.holds_password(line):
        raise BadLine(
            f"That looks like a command with a password, without its /. The line was not sent ({_LITERALLY}).",
            "looks-private",
        )
    if line.rstrip() == "?":
        return c.Who()
    verb = line.split(None, 1)[0]
    if verb in _VERBS and (verb not in _ALONE or line.rstrip() == verb):
        return _run(_VERBS[verb], "" if verb in _ALONE else line[len(verb) :], verb)
    if verb.upper() == "MSG" and (found := _MSG_TO.fullmatch(line)):
        return _private(found[1] or "", found[2])
    if verb.upper() == "MSG":
        text = line[len(verb) :].strip(" ")
        meant = typos.meant_by_msg(text)
        # There are programs that send all that is typed behind MSG.
        wraps = text and (meant is None or text.startswith(("/", "!")))
        if wraps and private_form(CleanText(text))[0]:
            raise BadLine(f"{LOOKS_PRIVATE} It was not sent ({_LITERALLY}).", "looks-private")
        if verb == "MSG":
            if not text:
                raise BadLine(
                    f"The text is missing. {_NOT_SENT} Usage: MSG TEXT, or MSG NICK:TEXT in private",
                    "usage",
                )
            return _say(text, unless=meant)
    if typos.points(line) and typos.points_oddly(line):
        raise BadLine(
            "That looks like a private message. It was not sent. "
            f"Write /msg NICK TEXT, or TEXT > NICK ({_LITERALLY}).",
            "looks-private",
        )
    arrow = typos.POINTED.fullmatch(line) if ">" in line else None
    if arrow is not None and (nick := typos.nick_or_none(arrow[2])) is not None:
        return c.PrivateMessage(nick, (CleanText(arrow[1]),))
    return _say(line, unless=typos.meant_for(line))


def _say(text: str, *, unless: Nick | RoomName | None = None) -> c.Say:
    return c.Say((CleanText(text),), unless=() if unless is None else (unless,))


def _slash(line: str) -> c.Command:
    word, _, rest = line[1:].partition(" ")
    name = word.lower()
    if name in COMMANDS:
        return _run(name, rest, f"/{name}")
    if not word:
        raise BadLine(
            f"The command must follow the / directly. The line was not sent ({_LITERALLY}).",
            "usage",
        )
    near = nearest(word)
    meant = f"Did you mean /{near}?" if near else "/help lists the commands."
    quoted = _quoted(word, near)
    literally = f"to say it as it is, type //{quoted}" if quoted else _LITERALLY
    raise BadLine(
        f"There is no command {f'/{quoted}' if quoted else 'like that'}. {meant} The line was not sent ({literally}).",
        "unknown-command",
    )


def _quoted(word: str, near: str | None) -> str:
    """Return what an error may quote of an unknown command; nothing if it may contain a password or a private text."""
    found = _QUOTABLE.match(word)
    assert found is not None
    # A nick, a text or a password without the blank before it: "/msgbob", "/logins3cret".
    glued = len(word) > len(near or "") + 3 and word.lower().startswith(HUSHED)
    return shown(word, 20) if found[0] == word and not glued else ""


def _bang(line: CleanText) -> c.Command | None:
    """Read a line that begins with "!"; None if no command follows, so that the later rules apply."""
    if typos.spoilt_bang(line):
        raise BadLine(
            f"The command must follow a single ! directly. The line was not sent ({_LITERALLY}).",
            "usage",
        )
    word, _, rest = line[1:].partition(" ")
    if not drop_ignorable(word)[:1].isalpha():
        return None
    name = word.lower()
    if name not in _BANGS:
        near = nearest(word)
        meant = (
            f"Did you mean {'!' if near in _BANGS else '/'}{near}?"
            if near
            else "The commands with ! are !who, !msg NICK TEXT, !logout and !help."
        )
        why = (
            f"There is no command {f'!{quoted}' if (quoted := _quoted(word, near)) else 'like that'}. "
            f"{meant} The line was not sent ({_LITERALLY})."
        )
        if no_bot_command(f"!{word}") is None:
            return c.AskBot(f"!{word}", line, why)
        raise BadLine(why, "unknown-command")
    if name in _BARE_BANGS and rest.strip():
        raise BadLine(
            f"!{name} must be alone on its line. The line was not sent ({_LITERALLY}).", "usage"
        )
    return _run(_BANGS[name], rest, f"!{name}")


def _run(name: str, rest: str, spelling: str) -> c.Command:
    """Read the arguments of a command of the table; ``spelling`` is what was typed for it, for the error."""
    spec = COMMANDS[name]
    try:
        return spec.parse(rest)
    except (BadArguments, BadName) as bad:
        why = str(bad)
        fate = f" {_NOT_SENT}" if name in _SAYING else ""
        usage = f"{spelling} {spec.whole_usage}".rstrip()
        code = "bad-name" if isinstance(bad, BadName) else "usage"
        raise BadLine(f"{why[0].upper()}{why[1:]}.{fate} Usage: {usage}", code) from None


def _private(word: str, text: str) -> c.Command:
    """Return the command for ``MSG WORD:TEXT``, which is private, or raise BadLine."""
    if not word:
        raise BadLine(
            f"There is no nickname before the colon. {_NOT_SENT} Usage: MSG NICK:TEXT ({_LITERALLY}).",
            "usage",
        )
    try:
        nick = parse_nick(word)
    except BadName as bad:
        raise BadLine(
            f'"{shown(word)}" cannot be a nickname: {bad}. {_NOT_SENT} Usage: MSG NICK:TEXT ({_LITERALLY}).',
            "bad-nick",
        ) from None
    if not text.strip():
        raise BadLine(f"The text is missing. {_NOT_SENT} Usage: MSG {nick}:TEXT", "usage")
    return c.PrivateMessage(nick, (CleanText(text.strip()),))


_check: type[Dialect] = LineDialect
