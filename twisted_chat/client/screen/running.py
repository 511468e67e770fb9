"""Starting and ending the full screen: Twisted's reactor and Textual share one asyncio loop."""

from __future__ import annotations

import asyncio
import functools
import gc
import signal
import sys
from io import TextIOWrapper
from typing import Any, Final

import msgspec
from twisted.internet import asyncioreactor, defer

from twisted_chat.client.link.known import data_folder
from twisted_chat.client.link.link import Link
from twisted_chat.client.link.open import TlsMissing, open_link
from twisted_chat.client.link.rooms import LOBBY
from twisted_chat.client.model.conversation import room_key
from twisted_chat.client.options import USAGE, Settings
from twisted_chat.client.plain import transcript
from twisted_chat.client.screen import preferences
from twisted_chat.client.screen.app import ChatApp
from twisted_chat.client.screen.visited import Visited

# Seconds to wait for the connection to close.
_PARTING: Final = 2.0
# After so many seconds all is there that stays: looking through it for garbage, again and again, would hold up keys for 80 ms.
_SETTLED: Final = 1.0
# The terminal was closed, or somebody ends the program: it leaves as if the user had.
_SIGNALS: Final = ("SIGTERM", "SIGHUP")


def run(settings: Settings) -> int:
    """Visit a server on the full screen; return the exit status: 0, 1 after a fault of the program, 2 if it cannot start.

    Nothing may have imported the reactor before.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            # A terminal without UTF-8 shows a ? for what it cannot show.
            stream.reconfigure(errors="replace")
    liked, errors = preferences.load(preferences.path())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
    from twisted.internet import reactor as _reactor

    reactor: Any = _reactor
    target = settings.target
    visited = Visited(data_folder() / "rooms.json")
    visit = f"{target.host}:{target.port} {target.identity.nick}".rstrip()
    # If the user names rooms, only these are entered.
    rooms = target.rooms or tuple((room, None) for room in visited.rooms(visit))
    target = msgspec.structs.replace(target, reconnect=True, rooms=rooms)
    try:
        transcript.begin(settings.log)
        app = ChatApp(
            lambda heard: open_link(reactor, target, heard),
            liked,
            notes=errors,
            keep=functools.partial(preferences.keep, preferences.path()),
            log=transcript.note,
            guest=not target.identity.nick,
        )
    except (transcript.NoLog, TlsMissing) as error:
        print(f"twisted-chat: {error}", file=sys.stderr)
        return USAGE
    if target.rooms:
        name, _ = target.rooms[-1]
        app.state.want(room_key(name))
    visiting: list[asyncio.Task[None]] = []

    def begin() -> None:
        for name in _SIGNALS:
            if hasattr(signal, name):
                loop.add_signal_handler(getattr(signal, name), app.exit)
        loop.call_later(_SETTLED, _settle)
        visiting.append(loop.create_task(_visit(app, reactor)))

    reactor.callWhenRunning(begin)
    # Textual takes Ctrl-C as a key.
    reactor.run(installSignalHandlers=False)
    visited.remember(visit, _rooms(app.link))
    fault = visiting[0].exception()
    if fault is not None:
        raise fault
    return app.return_code or 0


def _rooms(link: Link) -> list[str]:
    """Return the rooms to enter the next time, the one that is talked in last; a login enters the lobby by itself."""
    rooms = [room for room in link.rooms if room not in (LOBBY, link.focus)]
    return (
        [*rooms, link.focus] if link.focus is not None and (rooms or link.focus != LOBBY) else rooms
    )


def _settle() -> None:
    gc.collect()
    gc.freeze()


async def _visit(app: ChatApp, reactor: Any) -> None:
    """Show the screen until the user leaves, then close the connection."""
    try:
        await app.run_async()
    finally:
        closed: defer.Deferred[None] = defer.maybeDeferred(app.link.stopService)
        # Whether it was closed in time or not, this is the end.
        _ = closed.addTimeout(_PARTING, reactor).addBoth(lambda _: reactor.stop())
