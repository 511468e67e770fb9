"""A client that knows ``?`` and ``text > Joe``: it asks for nothing else and reads with a file. HOST PORT NAME."""

import socket
import sys
import threading


def listen(server: socket.socket) -> None:
    for line in server.makefile("r", encoding="utf-8"):
        sys.stdout.write(line)


host, port, name = sys.argv[1:]
connection = socket.create_connection((host, int(port)))
connection.sendall(name.encode() + b"\n")
threading.Thread(target=listen, args=(connection,)).start()
for typed in sys.stdin:
    connection.sendall(typed.encode())
connection.shutdown(socket.SHUT_WR)
