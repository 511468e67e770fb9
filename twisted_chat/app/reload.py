"""Reload settings, certificates and operators while the server runs, on SIGHUP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from twisted.logger import Logger

from twisted_chat.app.settings import BadSetting, Settings
from twisted_chat.core.values.text import shown

log = Logger(namespace="twisted_chat.settings")

#: Where certificates are, which are read again only if there is a port for them.
_CERTIFICATES: Final = frozenset(("tls_cert", "tls_key", "tls_dir"))
#: Settings that are taken up at once; of the limits, all but :data:`_AT_START`.
_NOW: Final = _CERTIFICATES | {
    *("server_name", "motd", "registration", "limits", "flood_limit"),
    *("operators", "oper_in_clear", "log_level"),
}
#: Limits that the store was opened with.
_AT_START: Final = ("keep_days", "keep_lines")
_LONGEST: Final = 2000


class NotReloaded(Exception):
    """A part is invalid; the server keeps the previous one. ``str()`` is one line that says why."""


#: Takes up the settings it is given, and reads the files anew that they name. Returns what to say of it, possibly nothing.
#: It changes all or nothing, and raises :class:`NotReloaded`.
Part = Callable[[Settings], str]


class Reload:
    """Takes up what has changed, part by part: each has a name and a function, see :meth:`add`.

    A configuration file that cannot be used is refused as a whole. The other parts are read again all the same: a certificate
    that was renewed must not wait until a mistake in the motd is corrected.
    """

    def __init__(
        self,
        settings: Settings,
        reread: Callable[[], Settings],
        change: Callable[[Settings], None],
    ) -> None:
        """``settings`` are those in use; ``reread`` returns those of now, or raises :class:`BadSetting`.

        ``change`` lets new ones count.
        """
        self._settings = settings
        self._reread = reread
        self._change = change
        self._parts: dict[str, Part] = {}

    def add(self, name: str, part: Part) -> None:
        """Let ``part`` be called at each reload, after those that were added before it; ``name`` is for the log."""
        self._parts[name] = part

    def run(self) -> None:
        """Reload everything. Never raises: failures are logged, and the previous values stay in use."""
        self._take_up("settings", self._settings_again)
        for name, part in self._parts.items():
            self._take_up(name, partial(part, self._settings))

    def _take_up(self, name: str, again: Callable[[], str]) -> None:
        try:
            said = again()
        except NotReloaded as error:
            line = f"the new {name} are invalid; the previous ones stay in use: {error}"
            log.error("{line}", line=shown(line, _LONGEST))
        except Exception:
            log.failure("reloading the {name} failed; the previous ones stay in use", name=name)
        else:
            line = f"reloaded the {name}{f': {said}' if said else ''}"
            log.info("{line}", line=shown(line, _LONGEST))

    def _settings_again(self) -> str:
        old = self._settings
        try:
            new = self._reread()
        except BadSetting as error:
            raise NotReloaded(str(error)) from None
        possible = _possible(old, new)
        self._change(possible)
        self._settings = possible
        changed, waiting = _differing(old, possible), _differing(possible, new)
        said = [f"{', '.join(changed)} changed" if changed else "nothing changed"]
        if waiting:
            said.append(f"{', '.join(waiting)} changed too; this takes effect after a restart")
        return "; ".join(said)


def _possible(old: Settings, new: Settings) -> Settings:
    """Return the new settings, but for what cannot change while the server runs."""
    limits = msgspec.structs.replace(
        new.limits, **{name: getattr(old.limits, name) for name in _AT_START}
    )
    kept = {
        field.name: getattr(old, field.name)
        for field in msgspec.structs.fields(Settings)
        if field.name not in _NOW or (field.name in _CERTIFICATES and not old.encrypts)
    }
    return msgspec.structs.replace(new, limits=limits, **kept)


def _differing(old: Settings, new: Settings) -> list[str]:
    """Return the keys in which these differ."""
    return [
        prefix + field.encode_name
        for one, other, prefix in ((old, new, ""), (old.limits, new.limits, "limits."))
        for field in msgspec.structs.fields(one)
        if field.name != "limits" and getattr(one, field.name) != getattr(other, field.name)
    ]
