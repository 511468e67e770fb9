"""A client that knows nothing: what is typed goes out, what comes in is shown. HOST PORT NAME."""

import socket
import sys
import threading

host, port, name = sys.argv[1:]
s = socket.socket()
s.connect((host, int(port)))
s.send((name + "\n").encode())


def show() -> None:
    while True:
        message = s.recv(1024).decode("utf-8", "replace")
        if not message:
            break
        sys.stdout.write(message)


threading.Thread(target=show, daemon=True).start()
while typed := sys.stdin.readline():
    s.send(typed.encode())
s.close()
