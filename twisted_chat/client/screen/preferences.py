"""The user's preferences: a TOML file. Mistakes in it are reported, and the default is used."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from twisted_chat.client.screen.palette import THEMES
from twisted_chat.core.values.text import shown


class Preferences(msgspec.Struct, frozen=True, rename="kebab"):
    """``members``: "auto" shows people where there is room for them. ``desktop`` asks the terminal for a notice (OSC 9)."""

    theme: str = THEMES[0]
    bell: bool = True
    desktop: bool = False
    emoji: bool = True
    members: str = "auto"


#: What each setting may be, where not all of its type will do.
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "theme": THEMES,
    "members": ("auto", "always", "never"),
}


def path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the file is: in the user's configuration folder, as the XDG Base Directory Specification has it."""
    folder = environ.get("XDG_CONFIG_HOME", "")
    # "All paths set in these environment variables must be absolute."
    base = Path(folder) if folder.startswith("/") else Path.home() / ".config"
    return base / "twisted-chat" / "client.toml"


def load(file: Path) -> tuple[Preferences, list[str]]:
    """Read the file. Return the preferences, and a line for each thing that is wrong; a file that is not there is fine."""
    try:
        given = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        return Preferences(), []
    except OSError as error:
        return Preferences(), [f"{file}: {error.strerror or error}; the defaults are used"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Preferences(), [f"{file}: {shown(str(error), 200)}; the defaults are used"]
    good: dict[str, Any] = {}
    errors: list[str] = []
    for field in msgspec.structs.fields(Preferences):
        if field.encode_name in given:
            value = given.pop(field.encode_name)
            wrong = _wrong(field.encode_name, value, field.type)
            if wrong:
                errors.append(f"{file}: {wrong}; {_spelled(field.default)} is used")
            else:
                good[field.name] = value
    errors += (f"{file}: there is no setting {shown(name)}" for name in given)
    return Preferences(**good), errors


def keep(file: Path, name: str, value: str | bool) -> str:
    """Write one setting into the file, and leave the rest of it as it is. Return why that cannot be done; "": it is."""
    file = file.resolve()  # what is only linked to stays so
    line = f"{name} = {msgspec.json.encode(value).decode()}"
    try:
        text = file.read_text("utf-8-sig") if file.exists() else ""
        given = tomllib.loads(text)
        if name in given:
            old = rf"^[ \t]*{re.escape(name)}[ \t]*=[^#\n]*?(?=[ \t\r]*(?:#|$))"
            text = re.sub(old, line, text, count=1, flags=re.MULTILINE)
        else:
            text = f"{line}\n{text}"
        if tomllib.loads(text) != given | {name: value}:
            return (
                f"{file}: {name} is written in a way that this program cannot change; edit the file"
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.new")
        new.write_text(text, "utf-8")
        new.replace(file)
    except OSError as error:
        return f"{file}: {error.strerror or error}"
    except ValueError as error:
        return f"{file}: {shown(str(error), 200)}"
    return ""


def _wrong(name: str, value: object, expected: object) -> str:
    """Say what is wrong with a value; nothing if it will do."""
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices:
        return f"{name} must be one of {', '.join(choices)}"
    if expected is bool and not isinstance(value, bool):
        return f"{name} must be true or false"
    return ""


def _spelled(value: object) -> str:
    return str(value).lower()
