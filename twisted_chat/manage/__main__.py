"""Manage the accounts of a server that is not running: ``python -m twisted_chat.manage``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from twisted_chat.auth.gate import GOOD_FOR, Code, new_code
from twisted_chat.auth.passwords import hash_now
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import shown
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import account_changes
from twisted_chat.store.state_dir import StateDirError, default_folder
from twisted_chat.store.url import Kind, add_options, kind_given

_COMMANDS: Final = (
    ("accounts", "list the accounts, or those whose names match MASK, such as 'b*'"),
    (
        "reset-password",
        "replace a forgotten password with a code, good for one login within 24 hours",
    ),
    ("remove-account", "delete an account"),
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m twisted_chat.manage",
        description="Manage the accounts of a server that is not running. While it runs, its operators have commands for this.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in _COMMANDS:
        command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        if name == "accounts":
            command.add_argument("name", nargs="?", default="*", metavar="MASK")
        else:
            command.add_argument("name", metavar="ACCOUNT")
        add_options(command)
    return top


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit status: 0 done, 1 not done, 2 not understood."""
    top = parser()
    given = top.parse_args(arguments)
    kind = kind_given(top, given)
    if kind is Kind.MEMORY:
        top.error("--database: :memory: keeps nothing")
    place = given.database or str(given.state_dir or default_folder())
    try:
        if kind is Kind.SQLITE and not Path(place).is_dir():
            raise StoreError(f"{place}: no such folder")
        for line in _do(given.command, place, given.name):
            print(line)
    except (BadName, StateDirError, StoreError) as error:
        print(f"{given.command}: {shown(str(error), 2000)}", file=sys.stderr)
        return 1
    return 0


def _do(command: str, place: str, name: str) -> list[str]:
    """Do one of the commands; return what to say of it."""
    if command == "accounts":
        found = account_changes.list_accounts(place, name)
        return [
            f"{each.name}, registered {_date(each.created)}"
            f"{'' if each.seen is None else f', last here {_date(each.seen)}'}"
            for each in found
        ] or ["There is no such account."]
    key = parse_nick(name).key
    if command == "remove-account":
        account_changes.remove_account(place, key)
        return [f"Removed the account {key}."]
    code = new_code()
    stored = Code(hash_now(code), time.time() + GOOD_FOR).spell()
    account_changes.reset_password(place, key, stored)
    return [
        f"Reset the password of {key}. This code replaces the password for one login within 24 hours: {code}"
    ]


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
