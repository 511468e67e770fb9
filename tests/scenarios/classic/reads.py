"""A client of the older JSON program: what one ``recv`` returns is one object. HOST PORT FIRST END.

It sends FIRST, an object, and then what is typed: a verb and what belongs to it; END, perhaps nothing, stands behind each.
It shows ``TYPE content`` of what it gets, a line of content each, and ends at the first object it cannot read.
"""

import json
import os
import socket
import sys
import threading

host, port, first, end = sys.argv[1:]
sock = socket.socket()
sock.connect((host, int(port)))


def receive() -> None:
    while data := sock.recv(1024):
        try:
            got = json.loads(data.decode())
            kind, content, _ = got["type"], got["content"], got["timestamp"]
        except ValueError:
            sys.stdout.write(f"BROKEN {data!r}\n")
            os._exit(3)
        for line in content.splitlines():
            sys.stdout.write(f"{kind} {line}\n")
        sys.stdout.flush()
    os._exit(0)


threading.Thread(target=receive, daemon=True).start()
sock.send((first + end).encode())
for typed in sys.stdin:
    verb, _, rest = typed.rstrip("\n").partition(" ")
    sock.send((json.dumps({"type": verb, "content": rest}) + end).encode())
threading.Event().wait()
