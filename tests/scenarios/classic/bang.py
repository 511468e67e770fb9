"""A client that knows ``!who``, ``!msg USER TEXT`` and ``!logout``: one thread types, one reads. HOST PORT NAME."""

import socket
import sys
import threading


def receive(server: socket.socket) -> None:
    pending = ""
    while data := server.recv(1024):
        pending += data.decode("utf-8", "replace")
        while "\n" in pending:
            line, pending = pending.split("\n", 1)
            sys.stdout.write(line.strip() + "\n")


host, port, name = sys.argv[1:]
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect((host, int(port)))
sock.send(f"{name}\n".encode())
reader = threading.Thread(target=receive, args=(sock,))
reader.start()
for typed in sys.stdin:
    sock.send(typed.encode())
    if typed.strip() == "!logout":
        break
reader.join()
sock.close()
