"""A client that knows JOIN, MSG, LEAVE, LIST, HELP and QUIT: one ``select`` over both inputs. HOST PORT NAME."""

import os
import select
import socket
import sys

host, port, name = sys.argv[1:]
sock = socket.create_connection((host, int(port)))
sock.send(name.encode() + b"\r\n")
while True:
    readable, _, _ = select.select([sys.stdin, sock], [], [])
    if sock in readable:
        data = sock.recv(1024)
        if not data:
            break
        sys.stdout.write(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    if sys.stdin in readable:
        typed = os.read(0, 1024)
        if not typed:
            break
        sock.send(typed.replace(b"\n", b"\r\n"))
sock.close()
