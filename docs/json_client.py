"""A chat client in ten lines: ``python3 json_client.py HOST PORT NAME``, then type a line to say it."""
# ruff: noqa: E401, I001, T201

import json, socket, sys, threading

SHOWN, server = (
    ("message", "private", "error"),
    socket.create_connection((sys.argv[1], int(sys.argv[2]))),
)


def listen():
    # The lines before the first object are the greeting that people get.
    for event in (json.loads(line) for line in server.makefile() if line.startswith("{")):
        print(
            f"<{event.get('from', '!')}> {event['content']}\n" if event["type"] in SHOWN else "",
            end="",
            flush=True,
        )


threading.Thread(target=listen).start()
server.sendall(json.dumps({"type": "nick", "content": sys.argv[3]}).encode() + b"\n")
for line in sys.stdin:
    server.sendall(json.dumps({"type": "message", "content": line.rstrip("\n")}).encode() + b"\n")
server.shutdown(socket.SHUT_WR)
