"""Says each line of standard input in a room: ``tail -f FILE | python docs/bridge.py HOST PORT ROOM NICK``."""

from __future__ import annotations

import os
import sys
from functools import partial
from threading import Thread

from twisted.internet import reactor
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from twisted_chat.client import ChatError, Client, PipeReader, pieces, run


async def main() -> None:
    host, port, room, nick = sys.argv[1:]
    # Reading waits, so a thread does it. What is read comes bit by bit: the pipe waits for the chat, and nothing is lost.
    thread = ThreadPool(1, 1)
    # Nothing but a line ends its wait: a daemon does not keep the program from ending.
    thread.threadFactory = partial(Thread, daemon=True)
    thread.start()
    # Without colours, and what stands behind the last carriage return: as a terminal would show it in the end.
    pipe = PipeReader()
    async with Client(host, int(port), nick=nick, rooms=[room]) as chat:
        data = b"-"
        while data:
            # Not sys.stdin: a program cannot end while a thread of it waits in a stream with a buffer.
            data = await deferToThreadPool(reactor, thread, os.read, 0, 65536)
            for line in pipe.read(data):
                for text in pieces(line.text):
                    try:
                        if text.strip():
                            await chat.say(text)
                    except ChatError as error:
                        print(error, file=sys.stderr)


run(main)
