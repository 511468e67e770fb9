"""``python -m twisted_chat.auth hash``: makes the hash of a password, for a line of the file of operators."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from twisted_chat.auth.passwords import hash_now
from twisted_chat.core.values.account import MAX_PASSWORD

_STOPPED: Final = 130
#: The characters that an operator's password needs at least.
_LEAST: Final = 8


class _BadPassword(ValueError):
    """The password cannot be one. ``str()`` says why."""


def parser() -> argparse.ArgumentParser:
    """Make what reads the command line. A password is never an argument: every user can read those."""
    top = argparse.ArgumentParser(prog="python -m twisted_chat.auth", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="hash")
    commands.add_parser(
        "hash",
        help="read a password, twice from a terminal or once from standard input, and print its hash",
    )
    return top


def main(
    arguments: Sequence[str],
    source: TextIO | None = None,
    ask: Callable[[str], str] = getpass.getpass,
) -> int:
    """Do it; return the exit status: 0 done, 1 not done, 130 stopped. ``source`` stands for standard input."""
    parser().parse_args(arguments)
    try:
        print(hash_now(_read(source or sys.stdin, ask)))
    except _BadPassword as bad:
        print(f"hash: {bad}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("hash: interrupted", file=sys.stderr)
        return _STOPPED
    return 0


def _read(source: TextIO, ask: Callable[[str], str]) -> str:
    """Return the password. Raises :class:`_BadPassword`."""
    if source.isatty():
        password = ask("Password: ")
        if ask("Again: ") != password:
            raise _BadPassword("the passwords do not match; no hash was made")
    else:
        password = source.readline(2 * MAX_PASSWORD).removeprefix("\ufeff")
        password = password.removesuffix("\n").removesuffix("\r")
    if len(password) < _LEAST:
        raise _BadPassword(f"a password must have at least {_LEAST} characters")
    if len(password.encode("utf-8", "replace")) > MAX_PASSWORD:
        raise _BadPassword(f"a password can have at most {MAX_PASSWORD:,} bytes")
    if password != password.strip(" "):
        raise _BadPassword(
            "a password cannot begin or end with a space, because chat lines lose it"
        )
    return password


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
