"""Settings: the keys of the configuration file, what they mean, and which values are invalid."""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, get_args

import msgspec
from twisted.cred import strcred
from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.endpoints import quoteStringArgument

from twisted_chat.app.listen import Speaks
from twisted_chat.app.logs import LEVELS
from twisted_chat.core.values.account import Registration
from twisted_chat.core.values.addresses import read_network
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.doors.proxy import Trusted, without_proxy
from twisted_chat.doors.sockets import LocalTrust
from twisted_chat.store.state_dir import StateDirError, default_folder
from twisted_chat.store.url import BadDatabase, Kind, Sync, kind_of

#: The fields of :class:`Limits` by their names as settings and options.
LIMITS: Final = {field.encode_name: field for field in msgspec.structs.fields(Limits)}
# Connections that may wait to be accepted. Twisted's 50 makes the kernel drop the rest of a crowd that comes at once: each of
# those tries again a second later. Linux allows 4,096.
_BACKLOG: Final = 1024
# Kinds of endpoints whose connections come from where their address says. Others forward: haproxy, or onion of txtorcon.
_DIRECT: Final = frozenset(("tcp", "tcp4", "tcp6", "ssl", "unix", "systemd"))
_NO_FLOOD_LIMIT: Final = 1_000_000_000
# The most that the kernel takes as the size of a buffer; beyond anything sensible for the others.
_LARGEST_LIMIT: Final = 2**31 - 1
# What TOML calls what msgspec, in an error, calls as Python does.
_WORDS: Final = {"int": "integer", "str": "string", "bool": "boolean", "object": "table"}


#: Ports, as they are set: numbers, or endpoint descriptions.
Ports: TypeAlias = int | str | tuple[int | str, ...]

# How much of a name may be mistaken: a quarter.
_NEAR: Final = 0.75


class BadSetting(ValueError):
    """A setting that cannot be used. ``str()`` is one line with its place, its key, and the reason."""


class Port(NamedTuple):
    """A port to listen on: the key that it is set by, its Twisted endpoint description, what it speaks, and whether with TLS."""

    key: str
    endpoint: str
    speaks: Speaks = "lines"
    tls: bool = False


class TlsFiles(NamedTuple):
    """Where certificates are: one with its key, if that is in a file of its own; a folder of them; or both."""

    cert: Path | None
    key: Path | None
    dir: Path | None


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """Everything that can be set; the keys of the configuration file are the names with dashes."""

    port: Ports = 12000
    interface: str = "127.0.0.1"
    json_port: Ports = ()
    tls_port: Ports = ()
    irc_port: Ports = ()
    irc_tls_port: Ports = ()
    irc_password: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_dir: str = ""
    trusted_proxy: tuple[str, ...] = ()
    local_trust: str = ""
    server_name: str = "twisted-chat"
    motd: str = ""
    state_dir: str = ""
    database: str = ""
    sync: Sync = Sync.FULL
    registration: str = ""
    auth: tuple[str, ...] = ()
    operators: str = ""
    oper_in_clear: bool = False
    log_level: str = "info"
    flood_limit: bool = True
    limits: Limits = Limits()

    def ports(self) -> list[Port]:
        """Return the ports to listen on. Raises :class:`BadSetting`."""
        kinds: tuple[tuple[str, Ports, Speaks, bool], ...] = (
            ("port", self.port, "lines", False),
            ("json-port", self.json_port, "json", False),
            ("irc-port", self.irc_port, "irc", False),
            ("tls-port", self.tls_port, "lines", True),
            ("irc-tls-port", self.irc_tls_port, "irc", True),
        )
        ports = [
            Port(key, self._endpoint(key, str(port)), speaks, tls)
            for key, given, speaks, tls in kinds
            for port in (given if isinstance(given, tuple) else (given,))
        ]
        if not ports:
            raise BadSetting("port: at least one port is needed")
        return ports

    @property
    def encrypts(self) -> bool:
        """Some port speaks TLS."""
        return any(port.tls for port in self.ports())

    def tls_files(self) -> TlsFiles:
        """Return where the certificates are. Raises :class:`BadSetting`."""
        return TlsFiles(
            _path("tls-cert", self.tls_cert),
            _path("tls-key", self.tls_key),
            _path("tls-dir", self.tls_dir),
        )

    def _check_tls(self) -> None:
        files, ports = self.tls_files(), [port for port in self.ports() if port.tls]
        if ports and not (files.cert or files.dir):
            raise BadSetting(f"{ports[0].key}: a certificate is needed; set tls-cert or tls-dir")
        if (files.cert or files.dir) and not ports:
            key = "tls-cert" if files.cert else "tls-dir"
            raise BadSetting(f"{key}: not used without a TLS port; set tls-port")
        if files.key and not files.cert:
            raise BadSetting("tls-key: the certificate is missing; set tls-cert")

    def trusted_proxies(self) -> Trusted:
        """Return whose PROXY headers are believed. Raises :class:`BadSetting`."""
        networks = []
        for text in self.trusted_proxy:
            network = read_network(text)
            if network is not None:
                networks.append(network)
            elif text != "unix":
                raise BadSetting(
                    f"trusted-proxy: {text!r} is not an address or network such as 192.0.2.7 or 10.0.0.0/8, "
                    "or unix for proxies that connect to a UNIX socket"
                )
        return Trusted(tuple(networks), "unix" in self.trusted_proxy)

    def who_is_local(self) -> LocalTrust:
        """Return whose connections count as this machine. Raises :class:`BadSetting`.

        By default a loopback address is enough only where all ports are of kinds that no program in between listens for.
        """
        for each in get_args(LocalTrust):
            if self.local_trust == each:
                known: LocalTrust = each
                return known
        if self.local_trust:
            why = f"{self.local_trust!r} is not one of {', '.join(get_args(LocalTrust))}"
            raise BadSetting(f"local-trust: {why}")
        kinds = {port.endpoint.partition(":")[0] for port in self.ports()}
        return "loopback" if kinds <= _DIRECT else "unix"

    def _check_proxies(self) -> None:
        forwarded = [port for port in self.ports() if without_proxy(port.endpoint) is not None]
        if forwarded and not self.trusted_proxy:
            raise BadSetting(
                f"{forwarded[0].key}: {forwarded[0].endpoint!r} needs trusted-proxy, the networks of your proxies; "
                "otherwise anyone could claim any address"
            )
        self.trusted_proxies()
        if self.trusted_proxy and not forwarded:
            raise BadSetting(
                "trusted-proxy: not used without a port for proxies, such as --port haproxy:tcp:12000"
            )

    def _endpoint(self, key: str, port: str) -> str:
        if ":" in port:
            return port
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise BadSetting(
                f"{key}: {port!r} is not a port; use a number from 1 to 65535, or an endpoint such as unix:/run/chat.sock"
            )
        return f"tcp:{int(port)}:backlog={_BACKLOG}:interface={quoteStringArgument(self.interface)}"

    def motd_lines(self) -> tuple[CleanText, ...]:
        """Return the message of the day as lines. Raises :class:`BadSetting`."""
        return tuple(_clean("motd", line) for line in self.motd.splitlines())

    def database_kind(self) -> Kind:
        """Return which kind of database is to be used. Raises :class:`BadSetting`."""
        try:
            return kind_of(self.database)
        except BadDatabase as error:
            raise BadSetting(f"database: {error}") from None

    def state_folder(self) -> Path | None:
        """Return the folder that holds what lasts, absolute; None if the database needs none. Raises :class:`BadSetting`."""
        if self.database_kind() is not Kind.SQLITE:
            return None
        if "\0" in self.state_dir:
            raise BadSetting("state-dir: the name of a folder cannot contain U+0000 NULL")
        try:
            folder = Path(self.state_dir).expanduser() if self.state_dir else default_folder()
        except (StateDirError, RuntimeError) as error:
            raise BadSetting(f"state-dir: {error}") from None
        return folder.absolute()

    def who_registers(self) -> Registration:
        """Return who can register an account. Raises :class:`BadSetting`.

        By default that is everybody where only this machine is let in, and elsewhere who was invited: whoever opens the chat to
        a network should not find accounts of strangers there.
        """
        if self.registration:
            for each in get_args(Registration):
                if self.registration == each:
                    known: Registration = each
                    return known
            why = f"{self.registration!r} is not one of {', '.join(get_args(Registration))}"
            raise BadSetting(f"registration: {why}")
        return "open" if self.only_here() else "invite"

    def only_here(self) -> bool:
        """Return whether all ports let in only this machine."""
        given = (self.port, self.json_port, self.tls_port, self.irc_port, self.irc_tls_port)
        ports = [port for each in given for port in (each if isinstance(each, tuple) else (each,))]
        return all(self._for_this_machine(str(port)) for port in ports)

    def _for_this_machine(self, port: str) -> bool:
        """Return whether a port lets in only this machine; of an endpoint other than a UNIX socket that is not known."""
        if ":" in port:
            return port.startswith("unix:")
        try:
            return ipaddress.ip_address(self.interface.partition("%")[0]).is_loopback
        except ValueError:
            return False

    def checkers(self) -> list[ICredentialsChecker]:
        """Return the other sources of passwords. Raises :class:`BadSetting`."""
        found = []
        for description in self.auth:
            try:
                found.append(strcred.makeChecker(description))
            except strcred.InvalidAuthType:
                raise BadSetting(
                    f"auth: there is no kind {description.partition(':')[0]!r}; use argon2:FILE, or another kind that "
                    "twistd chat --help-auth lists"
                ) from None
            except (strcred.StrcredException, ValueError, TypeError, OSError) as error:
                # Of other kinds the rest may be a password, as that of Twisted's "memory" is.
                kind = description.partition(":")[0]
                what = description if kind == "argon2" else kind
                raise BadSetting(f"auth: {what!r} cannot be used: {error}") from None
        return found

    def operators_file(self) -> Path | None:
        """Return the file of server operators; None if there is none. Raises :class:`BadSetting`."""
        return _path("operators", self.operators)

    def effective_limits(self) -> Limits:
        """Return the limits, without the one on floods if that is off."""
        if self.flood_limit:
            return self.limits
        return msgspec.structs.replace(
            self.limits,
            flood_burst=_NO_FLOOD_LIMIT,
            flood_rate=_NO_FLOOD_LIMIT,
            byte_rate=_NO_FLOOD_LIMIT,
        )

    def check(self) -> Settings:
        """Raise :class:`BadSetting` if the settings cannot be used."""
        self.motd_lines()
        if not _clean("server-name", self.server_name).strip():
            raise BadSetting("server-name: must not be empty")
        self.ports()
        self._check_tls()
        self._check_proxies()
        self.who_is_local()
        self.database_kind()
        self.who_registers()
        if self.log_level not in LEVELS:
            raise BadSetting(f"log-level: {self.log_level!r} is not one of {', '.join(LEVELS)}")
        self.operators_file()
        if self.state_dir:  # without it, the command line may still name one
            self.state_folder()
        limits = self.limits
        for name, field in LIMITS.items():
            if getattr(limits, field.name) > _LARGEST_LIMIT:
                raise BadSetting(f"limits.{name}: {_LARGEST_LIMIT:,} is the maximum")
        if limits.max_endless <= max(limits.max_object, limits.max_text + 1024):
            raise BadSetting(
                f"limits.max-endless: {limits.max_endless:,} is too small; it must be larger than max-object "
                f"({limits.max_object:,}), and than max-text ({limits.max_text:,}) plus 1,024"
            )
        return self


#: The names of all settings but the limits.
KEYS: Final = tuple(field.encode_name for field in msgspec.structs.fields(Settings))


def _path(key: str, name: str) -> Path | None:
    """Return the path that a setting names; None for "". Raises :class:`BadSetting`."""
    if not name:
        return None
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise BadSetting(f"{key}: {error}") from None
    if "\0" in name:
        raise BadSetting(f"{key}: the name of a file cannot contain U+0000 NULL")
    return path


def _clean(key: str, text: str) -> CleanText:
    try:
        return CleanText(text)
    except BadText as bad:
        raise BadSetting(f"{key}: {bad}") from None


def read_config(path: Path) -> Settings:
    """Read a configuration file. Raises :class:`BadSetting`, which names file, line, key and reason."""
    try:
        text = path.read_text("utf-8-sig")  # Windows writes a byte-order mark
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{path}: not valid UTF-8") from None
    try:
        return msgspec.convert(tomllib.loads(text), Settings).check()
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path}: not valid TOML: {error}") from None
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
    value = re.fullmatch("Invalid enum value '(.*)'", reason, re.DOTALL)
    if value is not None:  # one setting has an enumeration as its type
        return key, no_sync(value[1])
    unknown = re.fullmatch("Object contains unknown field `(.*)`", reason, re.DOTALL)
    if unknown is not None:
        return f"{key}.{unknown[1]}".lstrip("."), _unknown(key, unknown[1])
    return key, re.sub(r"\w+", lambda word: _WORDS.get(word[0], word[0]), reason).replace("`", "")


def _unknown(table: str, name: str) -> str:
    """Say what may be meant by a key that is none."""
    here, elsewhere = (LIMITS, KEYS) if table else (KEYS, LIMITS)
    place = "above [limits]" if table else "below [limits]"
    if name in elsewhere:
        return f"it belongs {place}"
    near = nearest(name, here)
    if near:
        return f"no such setting; did you mean {near}?"
    near = nearest(name, elsewhere)
    return f"no such setting; did you mean {near}, {place}?" if near else "no such setting"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the most similar name; nothing if none is similar."""
    found = difflib.get_close_matches(name.replace("_", "-").lower(), names, 1, _NEAR)
    return found[0] if found else ""


def no_sync(text: str) -> str:
    """Say that there is no such policy of writing to the disk."""
    return f"{text!r} is not one of {', '.join(Sync)}"


def _line_of(key: str, text: str) -> str:
    """Return where in a file a key, or else the table it is in, is set, as ``:LINE``; nothing if that cannot be found."""
    for part in reversed(re.sub(r"\[.*\]$", "", key).split(".")):
        name = re.compile(rf"\s*\[?(\w+\.)?[\"']?{re.escape(part)}[\"']?\s*[=\].]")
        for number, line in enumerate(text.splitlines(), 1):
            if name.match(line):
                return f":{number}"
    return ""
