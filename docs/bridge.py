"""Says each line of standard input in a room: ``tail -f FILE | python docs/bridge.py HOST PORT ROOM NICK``."""

from __future__ import annotations

import sys

from twisted.internet import reactor
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from twisted_chat.client import ChatError, Client, run


async def main() -> None:
    host, port, room, nick = sys.argv[1:]
    # Reading waits, so a thread does it. The lines come one at a time: the pipe waits for the chat, and nothing is lost.
    thread = ThreadPool(1, 1)
    thread.start()
    try:
        async with Client(host, int(port), nick=nick, rooms=[room]) as chat:
            while line := await deferToThreadPool(reactor, thread, sys.stdin.readline):
                try:
                    await chat.say(line.rstrip("\n"))
                except ChatError as error:
                    print(error, file=sys.stderr)
    finally:
        thread.stop()


run(main)
