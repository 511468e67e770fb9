"""The command line of ``twistd chat``: its options override the configuration file."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from twisted.cred import strcred
from twisted.cred.credentials import IUsernamePassword
from twisted.python import usage

import twisted
from twisted_chat.app.settings import (
    LIMITS,
    BadSetting,
    Settings,
    TlsFiles,
    nearest,
    no_sync,
    read_config,
)
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import shown
from twisted_chat.store.state_dir import StateDirError, default_folder
from twisted_chat.store.url import Sync


def _limit_options() -> list[list[object]]:
    """Return an option for each limit, described by its comment in :class:`Limits`."""
    hints = get_type_hints(Limits, include_extras=True)
    rows: list[list[object]] = []
    for name, field in LIMITS.items():
        meta = hints[field.name].__metadata__[0]
        rows.append([name, None, None, f"{meta.description} [{field.default}]"])
    return rows


class Options(usage.Options):
    """The command line of ``twistd chat``."""

    synopsis = "[options]"
    longdesc = """\
A chat server that people join with nc, telnet, or a program that speaks JSON lines: all in the same rooms. Without
options it listens on port 12000 of this machine, where no other machine can reach it. Ctrl-C or SIGTERM stops it,
after telling everyone goodbye."""

    optFlags = [
        [
            "oper-in-clear",
            None,
            "let operators send their password from other machines without TLS, where others on the network can read it",
        ],
        ["no-flood-limit", None, "do not limit how fast people can send (for load tests)"],
        [
            "check",
            None,
            "check options, certificates, ports and state folder without starting; the exit status is 0 if the server "
            "could start",
        ],
    ]
    optParameters = [
        [
            "interface",
            "i",
            None,
            "address to listen on [127.0.0.1]; 0.0.0.0 or :: lets other machines in",
        ],
        [
            "irc-password",
            None,
            None,
            "password that every IRC client has to send (PASS); better set in the file, where other users of this machine "
            "do not see it",
        ],
        ["tls-cert", None, None, "certificate for the TLS ports, with its chain, in PEM format"],
        ["tls-key", None, None, "private key of the certificate, if it is not in the same file"],
        [
            "tls-dir",
            None,
            None,
            "folder of certificates, one for each host name that clients ask for: NAME.pem and NAME.key, or "
            "NAME/fullchain.pem and NAME/privkey.pem",
        ],
        [
            "local-trust",
            None,
            None,
            "which connections count as local, exempt from limits and bans: loopback (with UNIX sockets), unix (only those) or "
            "none [loopback; unix if there is an endpoint such as haproxy:tcp:12000]",
        ],
        ["server-name", None, None, "name shown in the greeting [twisted-chat]"],
        ["motd", None, None, "message of the day, shown after login; \\n begins a new line"],
        ["state-dir", None, None, "folder where history and rooms are kept"],
        [
            "database",
            None,
            None,
            "where to keep history and rooms instead: postgresql://USER@HOST/NAME, or :memory: (lost when the server stops) "
            "[SQLite in that folder]",
        ],
        [
            "registration",
            None,
            None,
            "who can register an account: open, invite (with a code that /invite-code makes) or closed "
            "[open if the server listens on this machine only, else invite]",
        ],
        [
            "sync",
            None,
            None,
            "what a message must survive before it is acknowledged: full, a power failure; normal, a crash of the server "
            "process; off is for tests [full]",
        ],
        [
            "operators",
            None,
            None,
            "file of server operators, one NAME HASH per line; python -m twisted_chat.auth hash makes the hash",
        ],
        [
            "log-level",
            None,
            None,
            "the lowest level that twistd logs: debug, info, warn, error or critical [info]",
        ],
        [
            "config",
            "c",
            None,
            "TOML file with these settings; options on the command line override them",
        ],
        *_limit_options(),
    ]

    def __init__(self) -> None:
        super().__init__()
        self["ports"] = []
        self["auth"] = []
        self["json-ports"] = []
        self["tls-ports"] = []
        self["irc-ports"] = []
        self["irc-tls-ports"] = []
        self["trusted-proxies"] = []
        self.docs["state-dir"] += f" [{_shown_default()}]"
        self.settings = Settings()
        self._file: Path | None = None
        self._here = Path.cwd()

    def opt_port(self, value: str) -> None:
        """port to listen on [12000], or an endpoint such as unix:/run/chat.sock; can be given several times"""
        self["ports"].append(value)

    opt_p = opt_port

    def opt_auth(self, value: str) -> None:
        """also check passwords against argon2:FILE, or another source that --help-auth lists; can be given several times"""
        self["auth"].append(value)

    def opt_help_auth(self) -> None:
        """List the kinds of --auth and exit."""
        for factory in strcred.findCheckerFactories():
            if any(
                IUsernamePassword.implementedBy(kind) or kind is IUsernamePassword
                for kind in factory.credentialInterfaces
            ):
                print(f"{factory.authType}:{factory.argStringFormat}".rstrip())
        raise SystemExit(0)

    def opt_json_port(self, value: str) -> None:
        """port (by convention 55555) or endpoint that speaks JSON from its first byte on; can be given several times"""
        self["json-ports"].append(value)

    def opt_tls_port(self, value: str) -> None:
        """port that speaks TLS, or an endpoint; can be given several times"""
        self["tls-ports"].append(value)

    def opt_irc_port(self, value: str) -> None:
        """port (by convention 6667) or endpoint that speaks IRC; can be given several times"""
        self["irc-ports"].append(value)

    def opt_irc_tls_port(self, value: str) -> None:
        """port (by convention 6697) or endpoint that speaks IRC over TLS; can be given several times"""
        self["irc-tls-ports"].append(value)

    def opt_trusted_proxy(self, value: str) -> None:
        """network of trusted proxies, or unix; required for a port such as haproxy:tcp:12000; can be
        given several times"""
        self["trusted-proxies"].append(value)

    def opt_version(self) -> None:
        """Display the version and exit."""
        print(f"twisted-chat {version('twisted-chat')}, Twisted {twisted.__version__}")
        raise SystemExit(0)

    def getUsage(self, width: int | None = None) -> str:
        """Return the help text. Twisted's own would mix a few options that many need into all the limits."""
        width = width or int(os.environ.get("COLUMNS", "80"))
        kinds = {
            "port": "PORT",
            "interface": "ADDRESS",
            "json-port": "PORT",
            "irc-port": "PORT",
            "irc-tls-port": "PORT",
            "irc-password": "PASSWORD",
            "tls-port": "PORT",
            "tls-cert": "FILE",
        }
        kinds |= {
            "tls-key": "FILE",
            "tls-dir": "DIR",
            "trusted-proxy": "NETWORK",
            "local-trust": "WHO",
        }
        kinds |= {"server-name": "NAME", "motd": "TEXT"}
        kinds |= {"state-dir": "DIR", "database": "URL", "sync": "WHEN", "config": "FILE"}
        kinds |= {
            "operators": "FILE",
            "log-level": "LEVEL",
            "oper-in-clear": "",
            "registration": "WHO",
            "auth": "KIND:ARGUMENT",
        }
        kinds |= {"no-flood-limit": "", "check": "", "help": "", "help-auth": "", "version": ""}
        shorts = {long: f"-{short}, " for short, long in self.synonyms.items() if len(short) == 1}

        def options(kinds: Iterable[tuple[str, str]]) -> str:
            lines: list[str] = []
            for name, kind in kinds:
                option = f"  {shorts.get(name, '    ')}--{name}{f'={kind}' if kind else ''}"
                text = textwrap.wrap(" ".join(self.docs[name].split()), max(width - 31, 20))
                lines += [f"{option:<29}  {text[0]}", *(" " * 31 + line for line in text[1:])]
            return "\n".join(lines)

        return "\n\n".join(
            (
                "\n" + textwrap.fill(self.longdesc, width),
                f"Options [and their defaults]:\n{options(kinds.items())}",
                "Limits [and their defaults]; also keys of the [limits] table in the file:\n"
                + options((name, "N") for name in LIMITS),
            )
        )

    def parseArgs(self, *rest: str) -> None:
        if rest:
            raise usage.UsageError(
                f"unexpected argument {rest[0]!r}; did you mean --port {rest[0]}"
            )

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parse the command line. A mistake ends the program with one line that says what is wrong."""
        try:
            super().parseOptions(options)
        except usage.UsageError as error:
            # What it quotes may hold anything: it stays one line.
            why = shown(str(error), 1000) + self._meant(str(error))
            print(f"twistd chat: {why} (twistd chat --help lists the options)", file=sys.stderr)
            raise SystemExit(1) from None

    def _meant(self, error: str) -> str:
        """Say which option may be meant by one that is none; nothing for another mistake."""
        unknown = re.fullmatch(r"option --(\S+) not recognized", error)
        near = nearest(unknown[1], self.docs) if unknown is not None else ""
        return f"; did you mean --{near}?" if near else ""

    def postOptions(self) -> None:
        # twistd is about to look itself, but would not say what to do for a second server.
        pid_file = (getattr(self, "parent", None) or {}).get("pidfile")
        process = 0 if self["check"] or not pid_file else _process_in(Path(pid_file))
        if process:
            raise usage.UsageError(
                f"a server is already running in this folder (process {process} in {pid_file}); to run a second one: "
                "twistd -n --pidfile= chat --port PORT --state-dir DIR"
            )
        file = Path(self["config"]) if self["config"] is not None else None
        # twistd may go to another folder before it is read again.
        self._file = file.absolute() if file is not None else None
        try:
            self.settings = self._read(file)
            self.settings.state_folder()
            self.settings.checkers()
        except BadSetting as error:
            raise usage.UsageError(str(error)) from None

    def reread(self) -> Settings:
        """Return the settings as the file and the command line are now. Raises :class:`BadSetting`."""
        return self._read(self._file)

    def _read(self, file: Path | None) -> Settings:
        settings = read_config(file) if file is not None else Settings()
        settings = self._override(settings).check()
        # They are read again when twistd may be in another folder.
        files = zip(TlsFiles._fields, settings.tls_files(), strict=True)
        paths = {f"tls_{name}": str(self._here / path) for name, path in files if path}
        operators = settings.operators_file()
        if operators is not None:
            paths["operators"] = str(self._here / operators)
        return msgspec.structs.replace(settings, **paths)

    def _override(self, settings: Settings) -> Settings:
        """Let what was given on the command line go before what the file says."""
        given: dict[str, Any] = {
            name.replace("-", "_"): self[name]
            for name in (
                *("interface", "server-name", "motd", "state-dir", "database", "registration"),
                "operators",
                *("tls-cert", "tls-key", "tls-dir", "local-trust", "log-level", "irc-password"),
            )
            if self[name] is not None
        }
        if "motd" in given:
            given["motd"] = given["motd"].replace("\\n", "\n")
        if self["sync"] is not None:
            if self["sync"] not in list(Sync):
                raise BadSetting(f"--sync: {no_sync(self['sync'])}")
            given["sync"] = Sync(self["sync"])
        if self["ports"]:
            given["port"] = tuple(self["ports"])
        if self["auth"]:
            given["auth"] = tuple(self["auth"])
        if self["trusted-proxies"]:
            given["trusted_proxy"] = tuple(self["trusted-proxies"])
        if self["oper-in-clear"]:
            given["oper_in_clear"] = True
        for key in ("json-port", "tls-port", "irc-port", "irc-tls-port"):
            if self[f"{key}s"]:
                given[key.replace("-", "_")] = tuple(self[f"{key}s"])
        if self["no-flood-limit"]:
            given["flood_limit"] = False
        limits = {field.name: getattr(settings.limits, field.name) for field in LIMITS.values()}
        for option, field in LIMITS.items():
            if self[option] is not None:
                limits[field.name] = _limit(option, self[option])
        return msgspec.structs.replace(settings, limits=Limits(**limits), **given)


def _process_in(pid_file: Path) -> int:
    """Return the process that a pid file names, if it runs; else 0."""
    try:
        process = int(pid_file.read_text("ascii"))
    except (OSError, ValueError):
        return 0
    if process <= 0:
        return 0
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return 0
    except OSError:
        pass  # it belongs to somebody else
    return process


def _limit(option: str, text: str) -> int:
    """Read the value of one limit. Raises :class:`BadSetting`."""
    hint = get_type_hints(Limits, include_extras=True)[LIMITS[option].name]
    try:
        value: int = msgspec.convert(text, hint, strict=False)
        return value
    except msgspec.ValidationError:
        least = hint.__metadata__[0].ge
        raise BadSetting(
            f"--{option}: {text!r} is not a whole number of at least {least}"
        ) from None


def _shown_default() -> str:
    """Return the default of the state folder for the help text."""
    try:
        return shown(str(default_folder()), 1000)
    except StateDirError as error:
        return f"none: {error}"
