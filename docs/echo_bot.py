"""A bot that says everything again: ``python docs/echo_bot.py HOST PORT ROOM``."""

from __future__ import annotations

import sys

from twisted_chat.client import Client, run
from twisted_chat.client.events import Message


async def main() -> None:
    host, port, room = sys.argv[1:]
    async with Client(host, int(port), nick="echo", rooms=[room]) as chat:
        async for event in chat:
            match event:
                # What was said before it came, and while it was away, is not for it.
                case Message(replay=True):
                    pass
                case Message(room=None, sender=sender, lines=lines):
                    await chat.tell(sender, "\n".join(lines))
                case Message(room=str(where), sender=sender, lines=lines):
                    await chat.say(f"{sender}: {' '.join(lines)}", where)


run(main)
