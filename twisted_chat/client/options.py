"""The command line of ``twisted-chat``."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from twisted_chat.client.link.known import read_fingerprint
from twisted_chat.client.link.link import Identity
from twisted_chat.client.link.open import HOST, PORT, Target
from twisted_chat.core.values.names import BadName, parse_nick, parse_room
from twisted_chat.core.values.text import BadText, Secret, shown

#: The exit status of a program that was not understood.
USAGE: Final = 2
#: Where the password may be instead of in a file.
PASSWORD_VARIABLE: Final = "TWISTED_CHAT_PASSWORD"  # noqa: S105 (its name, not its value)

_MAX_PASSWORD_FILE: Final = 4096
_BAD_PASSWORD: Final = "the password contains a character that passwords cannot contain"  # noqa: S105 (a text about one)
# An IPv6 address, and perhaps a port: as in addresses of the web (RFC 3986, section 3.2.2).
_BRACKETED: Final = re.compile(r"\[([^\[\]]+)\](?::(.+))?")


class BadUsage(Exception):
    """What was typed at the shell is not understood. ``str()`` is one line that says why."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says."""

    target: Target = Target()
    #: Plain mode was asked for.
    plain: bool = False
    #: In plain mode: say all lines, and take none for a command.
    literal: bool = False
    #: In plain mode: show only what is said, and what one asks for.
    quiet: bool = False
    #: The file to which is written what is seen, and what the program did.
    log: Path | None = None


def read_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the command line. Raises :class:`BadUsage`; ``--help`` and ``--version`` print, and raise SystemExit."""
    given = _parser().parse_intermixed_args(arguments)
    fingerprint = None
    if given.fingerprint is not None:
        fingerprint = read_fingerprint(given.fingerprint)
        if fingerprint is None:
            raise BadUsage(
                "a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons"
            )
    try:
        nick = parse_nick(given.nick).text if given.nick else ""
    except BadName as error:
        raise BadUsage(f"--nick {shown(given.nick)}: {error}") from None
    host, port = _address(given.host, given.port)
    return Settings(
        target=Target(
            host=host,
            port=port,
            tls=given.tls or fingerprint is not None,
            fingerprint=fingerprint,
            identity=Identity(nick=nick, password=_password(given.password_file, environment)),
            rooms=tuple(map(_room, given.room)),
            reconnect=given.reconnect,
        ),
        plain=given.plain or given.literal or given.quiet,
        literal=given.literal,
        quiet=given.quiet,
        log=given.log,
    )


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise BadUsage(str(shown(message, 300)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="twisted-chat",
        description="Join a chat: on the full screen of a terminal, or in plain lines.",
        epilog="The exit status of plain mode is 0 if everything typed was acknowledged, 1 if the server could not be reached "
        "or the connection was lost before that, and 2 if a line was not understood, or was refused by the server. The full "
        "screen has its settings in ~/.config/twisted-chat/client.toml; F1 there lists its keys.",
    )
    parser.add_argument(
        "host",
        metavar="HOST",
        nargs="?",
        default=HOST,
        help=f"default: {HOST}; HOST:PORT and [IPv6]:PORT work too",
    )
    parser.add_argument("port", metavar="PORT", nargs="?", type=_port, help=f"default: {PORT}")
    parser.add_argument(
        "--nick", default="", help="your nickname; without one you get a guest name"
    )
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        type=Path,
        help=f"file whose first line is the password of your account (or set ${PASSWORD_VARIABLE})",
    )
    parser.add_argument(
        "--room",
        metavar="ROOM[:PASSWORD]",
        action="append",
        default=[],
        help="enter this room besides the lobby, and talk there; can be given several times; other users of this machine can see "
        "a password given here; on the full screen, leave it out and the client asks for it",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="encrypt; a self-signed certificate is remembered on the first visit",
    )
    parser.add_argument(
        "--fingerprint", help="the SHA-256 fingerprint of the server's certificate (implies --tls)"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="read and write plain lines; the default without a terminal",
    )
    parser.add_argument(
        "--literal",
        action="store_true",
        help="say every line as it stands, never as a command or a private message (implies --plain)",
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="show only new messages and answers to what you type, without history, joins and other '--' lines "
        "(implies --plain)",
    )
    parser.add_argument(
        "--reconnect",
        action="store_true",
        help="in plain mode: reconnect after a lost connection (the full screen always does)",
    )
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=Path,
        help="append everything shown, and the program's own log, to FILE",
    )
    parser.add_argument("--version", action="version", version=_version())
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return int(text)


def _address(host: str, port: int | None) -> tuple[str, int]:
    """Read HOST, HOST:PORT, [HOST] or [HOST]:PORT; an IPv6 address may stand without its brackets."""
    name, in_host = host, ""
    if bracketed := _BRACKETED.fullmatch(host):
        name, in_host = bracketed[1], bracketed[2] or ""
    elif host.count(":") == 1:
        name, _, in_host = host.partition(":")
    if not name or set(name) & set("[]") or (not in_host and host.endswith(":")):
        raise BadUsage(
            f"{shown(host, 300)} is not an address; write HOST, HOST:PORT or [IPv6]:PORT"
        )
    if not in_host:
        return name, PORT if port is None else port
    if port is not None:
        raise BadUsage(f"the port is given twice: {shown(host, 300)} and {port}")
    try:
        return name, _port(in_host)
    except argparse.ArgumentTypeError as error:
        raise BadUsage(str(shown(str(error), 300))) from None


def _room(given: str) -> tuple[str, str | None]:
    """Read ROOM or ROOM:PASSWORD; no room has a colon in its name."""
    name, _, password = given.partition(":")
    try:
        return parse_room(name).text, str(Secret(password)) if password else None
    except BadName as error:
        raise BadUsage(f"--room {shown(name)}: {error}") from None
    except BadText:
        raise BadUsage(f"--room {shown(name)}: {_BAD_PASSWORD}") from None


def _password(path: Path | None, environment: Mapping[str, str]) -> str | None:
    text = environment.get(PASSWORD_VARIABLE)
    if path is not None:
        try:
            with path.open("rb") as file:
                text = file.readline(_MAX_PASSWORD_FILE).decode("utf-8-sig").rstrip("\r\n")
        except OSError as error:
            raise BadUsage(f"--password-file {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BadUsage(f"--password-file {path}: not valid UTF-8") from None
    try:
        return str(Secret(text)) if text else None
    except BadText:
        raise BadUsage(_BAD_PASSWORD) from None


def _version() -> str:
    try:
        return f"twisted-chat {version('twisted-chat')}"
    except PackageNotFoundError:
        return "twisted-chat"
