"""Backup and restore of what a server keeps: ``python -m twisted_chat.store``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from twisted_chat.core.values.text import shown
from twisted_chat.store.backup import BackupError, Summary, backup, check, compact, restore
from twisted_chat.store.state_dir import StateDir, StateDirError, database_in, default_folder
from twisted_chat.store.url import BadDatabase, Kind, add_options, kind_given, kind_of

_PROGRAM: Final = "python -m twisted_chat.store"
# Rows between two lines about how far a copy is.
_TELL: Final = 100_000
_IN_POSTGRESQL: Final = {
    "backup": "pg_dump",
    "restore": "pg_restore",
    "check": "pg_amcheck",
    "compact": "VACUUM FULL",
}
# What a shell says of a program that Ctrl-C ended.
_STOPPED: Final = 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Back up and restore the database of a server that uses SQLite.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in (
        ("backup", "copy the database to a new FILE; works while the server runs"),
        ("restore", "replace the database with a backup; the server must not be running"),
        ("check", "check the whole database for damage; works while the server runs"),
        (
            "compact",
            "shrink the file, now and after later deletions; the server must not be running",
        ),
    ):
        command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        if name in ("backup", "restore"):
            command.add_argument("file", type=Path, metavar="FILE")
        add_options(command)
    command = commands.add_parser(
        "copy",
        help="copy everything to a new database, of either kind; no server may be using either",
        description="Copy all data of a server to a new database: from SQLite to PostgreSQL, or back.",
    )
    for name in ("source", "target"):
        command.add_argument(
            name, metavar=name.upper(), help="a state folder, or postgresql://USER@HOST/NAME"
        )
    return top


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit status: 0 done, 1 not done, 2 not understood, 130 stopped."""
    top = parser()
    given = top.parse_args(arguments)
    if given.command == "copy":
        return _copy(given.source, given.target)
    kind = kind_given(top, given)
    try:
        _refuse_others(kind, given.command)
        print(_do(given.command, given.state_dir or default_folder(), getattr(given, "file", None)))
    except (BackupError, StateDirError) as error:
        print(f"{given.command}: {shown(str(error), 2000)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{given.command}: interrupted", file=sys.stderr)
        return _STOPPED
    return 0


def _copy(source: str, target: str) -> int:
    # Only here: it takes a while to load.
    from twisted_chat.store.port import StoreError
    from twisted_chat.store.sql.copying import copy

    told = 0

    def progress(done: int) -> None:
        nonlocal told
        if done - told >= _TELL:
            told = done
            print(f"{done:,} rows", file=sys.stderr, flush=True)

    try:
        for place in (source, target):
            if "://" in place:
                kind_of(place)
        done = copy(source, target, progress)
    except (BadDatabase, StateDirError, StoreError) as error:
        print(f"copy: {shown(str(error), 2000)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("copy: interrupted; nothing was copied", file=sys.stderr)
        return _STOPPED
    print(f"{done:,} rows copied; the search index is built when the server starts")
    return 0


def _refuse_others(kind: Kind, command: str) -> None:
    if kind is Kind.MEMORY:
        raise BackupError("--database :memory: keeps nothing")
    if kind is Kind.POSTGRESQL:
        program = _IN_POSTGRESQL[command]
        raise BackupError(f"this works on SQLite only; for PostgreSQL use {program}")


def _do(command: str, folder: Path, file: Path | None) -> str:
    """Do one of the commands; return what to say of it."""
    if command == "check":
        return f"{database_in(folder)}: sound; {_size(check(folder))}"
    if command == "compact":
        return _compact(folder)
    assert file is not None
    if command == "backup":
        return f"{file}: {_size(backup(folder, file))}"
    place = StateDir.open(folder)
    try:
        restored = restore(place, file)
    finally:
        place.close()
    lines = [f"{place.database}: {_size(restored.summary)}"]
    if restored.aside is not None:
        lines.append(f"the previous database is now {restored.aside}")
    if not restored.readable:
        lines.append(
            "it could not be read, so the ids it used are unknown; new ids start far above those of the backup"
        )
    return "\n".join(lines)


def _compact(folder: Path) -> str:
    place = StateDir.open(folder)
    try:
        before, now = compact(place)
    finally:
        place.close()
    return f"{place.database}: {now / 1_000_000:,.1f} MB instead of {before / 1_000_000:,.1f} MB"


def _size(summary: Summary) -> str:
    messages = "1 message" if summary.messages == 1 else f"{summary.messages:,} messages"
    return f"{messages}, {summary.size / 1_000_000:,.1f} MB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
