"""A bot that says everything again: ``python docs/echo_bot.py HOST PORT ROOM [NICK]``."""

from __future__ import annotations

import sys

from twisted.internet.defer import Deferred

from twisted_chat.client import ChatError, Client, run
from twisted_chat.client.events import Message


async def answer(chat: Client, heard: Message) -> None:
    # No program answers a notice, and programs answer by notices: else two of them in one room would go on for ever.
    try:
        if heard.room is None:
            await chat.tell(heard.sender, "\n".join(heard.lines), kind="notice")
        else:
            await chat.say(f"{heard.sender}: {heard.text}", heard.room, kind="notice")
    except ChatError as error:
        # Whoever spoke has left, or the bot may not speak there.
        print(error)


async def main() -> None:
    host, port, room, *name = sys.argv[1:]
    async with Client(host, int(port), nick=name[0] if name else "echo", rooms=[room]) as chat:
        async for event in chat:
            # What was said before it came, and while it was away, is not for it.
            if isinstance(event, Message) and not event.replay and event.kind in ("say", "action"):
                # Not awaited: after a lost connection it may take a minute until somebody is back who is told something.
                Deferred.fromCoroutine(answer(chat, event))


run(main)
