"""A client that speaks objects with type, content and timestamp, one a ``send``, no line ends. HOST PORT NAME.

It shows what is said as ``<name> text``, what is said in private as ``*name* text``, the rest as ``-- type: content``.
"""

import json
import socket
import sys
import threading
import time

host, port, name = sys.argv[1:]
sock = socket.create_connection((host, int(port)))


def send(kind: str, content: str, **more: str) -> None:
    now = time.strftime("%H:%M:%S")
    sock.sendall(json.dumps({"type": kind, "content": content, "timestamp": now, **more}).encode())


def receive() -> None:
    pending = b""
    while data := sock.recv(1024):
        pending += data
        *lines, pending = pending.split(b"\n")
        for line in lines:
            if not line.startswith(b"{"):
                continue
            got = json.loads(line)
            time.strptime(got["timestamp"], "%H:%M:%S")
            if got["type"] == "message" and not got.get("replay"):
                shown = f"<{got['from']}> {got['content']}"
            elif got["type"] == "private":
                shown = f"*{got['from']}* {got['content']}"
            else:
                shown = f"-- {got['type']}: {got['content']}"
            sys.stdout.write(shown + "\n")


send("nick", name)
threading.Thread(target=receive, daemon=True).start()
for typed in sys.stdin:
    text = typed.rstrip("\n")
    if text.startswith("@"):
        who, _, text = text[1:].partition(" ")
        send("private", text, to=who)
    elif text in ("list", "who", "help", "quit"):
        send(text, "")
    else:
        send("message", text)
sock.shutdown(socket.SHUT_WR)
