"""A chat client in ten lines: ``python3 json_client.py HOST PORT NAME``, then type: lines are said, commands work."""
# ruff: noqa: E401, I001

import json, socket, sys, threading

server = socket.create_connection((sys.argv[1], int(sys.argv[2])))


def listen(shown=("message", "private", "error")):
    # The lines before the first object are the greeting that people get.
    for it in (json.loads(line) for line in server.makefile() if line.startswith("{")):
        it["type"] in shown and print(f"<{it.get('from', '!')}> {it['content']}", flush=True)


threading.Thread(target=listen).start()
server.sendall(json.dumps({"type": "nick", "content": sys.argv[3]}).encode() + b"\n")
for line in sys.stdin:
    server.sendall(json.dumps({"type": "command", "content": line.rstrip("\n")}).encode() + b"\n")
server.shutdown(socket.SHUT_WR)
