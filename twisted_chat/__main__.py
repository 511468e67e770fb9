"""The client, as ``twisted-chat`` and ``python -m twisted_chat`` start it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from twisted_chat.client.options import USAGE, BadUsage, Settings, read_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Join a chat; return the exit status: 0 all is well, 1 no server or lost, 2 not understood or refused."""
    _open_streams()
    try:
        settings = read_options(sys.argv[1:] if arguments is None else arguments)
    except BadUsage as error:
        print(f"twisted-chat: {error} (--help lists the options)", file=sys.stderr)
        return USAGE
    # Imported by name: nobody pays for the one that is not used, nor needs what that needs.
    module = import_module(
        f"twisted_chat.client.{'screen' if _on_full_screen(settings) else 'plain'}"
    )
    status: int = module.run(settings)
    return status


def _open_streams() -> None:
    """Let nothing else get the place of a stream that was closed: a connection must not be taken for standard input."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 (open to the end)
            setattr(sys, name, stream)


def _on_full_screen(settings: Settings) -> bool:
    """Return whether there is a whole screen to use, and what it takes to use it."""
    return (
        not settings.plain
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM", "dumb" if os.name == "posix" else "") != "dumb"
        and find_spec("textual") is not None
    )


if __name__ == "__main__":
    sys.exit(main())
