"""What can be set, and how: the command line of ``twistd chat``, and the configuration file."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_type_hints

import msgspec
from twisted.internet.endpoints import quoteStringArgument
from twisted.python import usage

from twisted_chat.core.limits import Limits
from twisted_chat.core.text import BadText, CleanText

_LIMITS: Final = {field.encode_name: field for field in msgspec.structs.fields(Limits)}
# Connections that may wait to be accepted. Twisted's 50 makes the kernel drop the rest of a crowd that comes at once: each of
# those tries again a second later. Linux allows 4,096.
_BACKLOG: Final = 1024
_NO_FLOOD_LIMIT: Final = 1_000_000_000


class BadSetting(ValueError):
    """A setting that cannot be used. ``str()`` is one line that names where it stands, its key, and the reason."""


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """Everything that can be set; the keys of the configuration file are the names with dashes."""

    port: tuple[int | str, ...] = (12000,)
    interface: str = "127.0.0.1"
    server_name: str = "twisted-chat"
    motd: str = ""
    flood_limit: bool = True
    limits: Limits = Limits()

    def endpoints(self) -> list[str]:
        """Return a Twisted endpoint description for each port. Raises :class:`BadSetting`."""
        return [self._endpoint(str(port)) for port in self.port]

    def _endpoint(self, port: str) -> str:
        if ":" in port:
            return port
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise BadSetting(
                f"port: {port!r} is no port; give a number from 1 to 65535, or an endpoint such as unix:/run/chat.sock"
            )
        return f"tcp:{int(port)}:backlog={_BACKLOG}:interface={quoteStringArgument(self.interface)}"

    def motd_lines(self) -> tuple[CleanText, ...]:
        """Return the message of the day as lines. Raises :class:`BadSetting`."""
        return tuple(_clean("motd", line) for line in self.motd.splitlines())

    def effective_limits(self) -> Limits:
        """Return the limits, without the one on floods if that is off."""
        if self.flood_limit:
            return self.limits
        return msgspec.structs.replace(
            self.limits, flood_burst=_NO_FLOOD_LIMIT, flood_rate=_NO_FLOOD_LIMIT
        )

    def check(self) -> Settings:
        """Raise :class:`BadSetting` if the settings cannot be used."""
        self.motd_lines()
        _clean("server-name", self.server_name)
        self.endpoints()
        if not self.port:
            raise BadSetting("port: there is none; give at least one")
        limits = self.limits
        if limits.max_endless <= max(limits.max_object, limits.max_text + 1024):
            raise BadSetting(
                "limits.max-endless: it must be larger than max-object, and than max-text by 1,024"
            )
        return self


def _clean(key: str, text: str) -> CleanText:
    try:
        return CleanText(text)
    except BadText as bad:
        raise BadSetting(f"{key}: {bad}") from None


def read_config(path: Path) -> Settings:
    """Read a configuration file. Raises :class:`BadSetting`, which names file, line, key and reason."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{path}: is not a text in UTF-8") from None
    try:
        return msgspec.convert(tomllib.loads(text), Settings).check()
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path}: is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        key, reason = _explain(str(error))
        raise BadSetting(f"{path}{_line_of(key, text)}: {key}: {reason}") from None
    except BadSetting as error:
        key = str(error).partition(":")[0]
        raise BadSetting(f"{path}{_line_of(key, text)}: {error}") from None


def _explain(error: str) -> tuple[str, str]:
    """Split what msgspec says (``Expected `int`, got `str` - at `$.limits.max-text```) into key and reason."""
    reason, _, where = error.partition(" - at ")
    key = where.strip("`").removeprefix("$").lstrip(".")
    unknown = re.fullmatch("Object contains unknown field `(.*)`", reason)
    if unknown is not None:
        return f"{key}.{unknown[1]}".lstrip("."), "there is no such setting"
    return key, reason.replace("`", "")


def _line_of(key: str, text: str) -> str:
    """Return where in a file a key is set, as ``:LINE``, or nothing if it cannot be found."""
    name = re.escape(re.sub(r"\[.*\]$", "", key.rpartition(".")[2]))
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[?(\w+\.)?[\"']?{name}[\"']?\s*[=\].]", line):
            return f":{number}"
    return ""


def _limit_options() -> list[list[object]]:
    """Return an option for each limit, described by what stands beside it in :class:`Limits`."""
    hints = get_type_hints(Limits, include_extras=True)
    rows: list[list[object]] = []
    for name, field in _LIMITS.items():
        meta = hints[field.name].__metadata__[0]
        rows.append([name, None, None, f"{meta.description} (default: {field.default})"])
    return rows


class Options(usage.Options):
    """The command line of ``twistd chat``."""

    synopsis = "Usage: twistd [-n] chat [options]"
    longdesc = """\
A chat server that people join with nc, telnet, or a program that speaks JSON lines:
all in the same rooms. Without options it listens on 127.0.0.1 port 12000, where only
this machine can reach it. Stop it with Ctrl-C, or SIGTERM: everybody is told goodbye."""

    optFlags = [["no-flood-limit", None, "let everybody send as fast as they can (for load tests)"]]
    optParameters = [
        [
            "interface",
            "i",
            None,
            "address to listen on; 0.0.0.0 lets other machines in (default: 127.0.0.1)",
        ],
        ["server-name", None, None, "name shown in the greeting (default: twisted-chat)"],
        ["motd", None, None, "message of the day, shown after login; \\n begins a new line"],
        [
            "config",
            "c",
            None,
            "TOML file with these settings; what is given here as an option goes first",
        ],
        *_limit_options(),
    ]

    def __init__(self) -> None:
        super().__init__()
        self["ports"] = []
        self.settings = Settings()

    def opt_port(self, value: str) -> None:
        """port to listen on, or a Twisted endpoint such as unix:/run/chat.sock; can be given several times (default: 12000)"""
        self["ports"].append(value)

    opt_p = opt_port

    def parseArgs(self, *rest: str) -> None:
        if rest:
            raise usage.UsageError(
                f"there is no argument {rest[0]!r}; everything is an option, such as --port {rest[0]}"
            )

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parse the command line. A mistake ends the program with one line that says what is wrong."""
        try:
            super().parseOptions(options)
        except usage.UsageError as error:
            print(f"twistd chat: {error} (twistd chat --help lists the options)", file=sys.stderr)
            raise SystemExit(1) from None

    def postOptions(self) -> None:
        try:
            settings = (
                read_config(Path(self["config"])) if self["config"] is not None else Settings()
            )
            self.settings = self._override(settings).check()
        except BadSetting as error:
            raise usage.UsageError(str(error)) from None

    def _override(self, settings: Settings) -> Settings:
        """Let what was given on the command line go before what the file says."""
        given: dict[str, Any] = {
            name.replace("-", "_"): self[name]
            for name in ("interface", "server-name", "motd")
            if self[name] is not None
        }
        if "motd" in given:
            given["motd"] = given["motd"].replace("\\n", "\n")
        if self["ports"]:
            given["port"] = tuple(self["ports"])
        if self["no-flood-limit"]:
            given["flood_limit"] = False
        limits = {field.name: getattr(settings.limits, field.name) for field in _LIMITS.values()}
        for option, field in _LIMITS.items():
            if self[option] is not None:
                limits[field.name] = _limit(option, self[option])
        return msgspec.structs.replace(settings, limits=Limits(**limits), **given)


def _limit(option: str, text: str) -> int:
    """Read the value of one limit. Raises :class:`BadSetting`."""
    hint = get_type_hints(Limits, include_extras=True)[_LIMITS[option].name]
    try:
        value: int = msgspec.convert(text, hint, strict=False)
        return value
    except msgspec.ValidationError as error:
        raise BadSetting(f"--{option}: {text!r} does not do: {_explain(str(error))[1]}") from None
