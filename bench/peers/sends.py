"""No chat server: a bare loop of sends, the least that a delivery can cost. ``python -m bench.peers.sends PORT``

All that came in one turn of the loop is sent to each client as one piece, without a look at what it is, whether it fits,
or whether the client reads. Nothing that does more can be faster in the same language.
"""

from __future__ import annotations

import select
import socket
import sys


def main(port: int) -> None:
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    epoll = select.epoll()
    epoll.register(listener, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    nicks: dict[int, bytes] = {}
    rests: dict[int, bytes] = {}
    while True:
        said: dict[int, bytes] = {}
        for number, _ in epoll.poll():
            if number == listener.fileno():
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = client
                epoll.register(client, select.EPOLLIN)
                continue
            try:
                data = clients[number].recv(65536)
            except OSError:
                data = b""
            if not data or data.endswith(b"QUIT\n"):
                epoll.unregister(number)
                clients.pop(number).close()
                for known in (nicks, rests, said):
                    known.pop(number, None)
                continue
            *lines, rests[number] = (rests.get(number, b"") + data).split(b"\n")
            if number not in nicks and lines:
                nicks[number] = lines.pop(0)
                clients[number].send(b"-- Welcome %s\r\n" % nicks[number])
            if lines:
                head = b"<%s> " % nicks[number]
                said[number] = b"".join([head + line + b"\r\n" for line in lines])
        if said:
            everything = b"".join(said.values())
            for number, client in clients.items():
                try:
                    if number not in said:
                        client.sendall(everything)
                    else:
                        client.sendall(b"".join([s for n, s in said.items() if n != number]))
                except OSError:
                    pass  # it left: the next poll tells


if __name__ == "__main__":
    main(int(sys.argv[1]))
