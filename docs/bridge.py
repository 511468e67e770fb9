"""Says each line of standard input in a room: ``tail -f FILE | python docs/bridge.py HOST PORT ROOM NICK``."""

from __future__ import annotations

import sys
from functools import partial
from threading import Thread

from twisted.internet import reactor
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from twisted_chat.client import ChatError, Client, run


def read() -> str:
    # Raw: a program cannot end while a thread of it waits in a stream with a buffer.
    return sys.stdin.buffer.raw.readline().decode(errors="replace")


async def main() -> None:
    host, port, room, nick = sys.argv[1:]
    # Reading waits, so a thread does it. The lines come one at a time: the pipe waits for the chat, and nothing is lost.
    thread = ThreadPool(1, 1)
    # Nothing but a line ends its wait: a daemon does not keep the program from ending.
    thread.threadFactory = partial(Thread, daemon=True)
    thread.start()
    async with Client(host, int(port), nick=nick, rooms=[room]) as chat:
        while line := await deferToThreadPool(reactor, thread, read):
            try:
                await chat.say(line.rstrip("\r\n"))
            except ChatError as error:
                print(error, file=sys.stderr)


run(main)
