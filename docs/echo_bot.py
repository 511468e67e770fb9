"""A bot that says everything again: ``python docs/echo_bot.py HOST PORT ROOM [NICK]``."""

from __future__ import annotations

import sys

from twisted_chat.client import ChatError, Client, run
from twisted_chat.client.events import Message


async def main() -> None:
    host, port, room, *name = sys.argv[1:]
    nick = name[0] if name else "echo"
    async with Client(host, int(port), nick=nick, rooms=[room]) as chat:
        async for event in chat:
            # What was said before it came, and while it was away, is not for it. No program answers a notice, and programs
            # answer by notices: else two of them in one room would answer each other for ever.
            if not isinstance(event, Message) or event.replay or event.kind in ("notice", "ctcp"):
                continue
            try:
                if event.room is None:
                    await chat.tell(event.sender, "\n".join(event.lines), kind="notice")
                else:
                    await chat.say(f"{event.sender}: {event.text}", event.room, kind="notice")
            except ChatError as error:
                # Whoever spoke has left, or the bot may not speak there.
                print(error)


run(main)
