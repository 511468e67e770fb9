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


def _on_full_screen(settings: Settings) -> bool:
    """Tell whether there is a whole screen to use, and what it takes to use it."""
    return (
        not settings.plain
        and sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM", "dumb" if os.name == "posix" else "") != "dumb"
        and find_spec("textual") is not None
    )


if __name__ == "__main__":
    sys.exit(main())
