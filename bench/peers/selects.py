"""A chat server after the classic design with one loop over all sockets. ``python -m bench.peers.selects PORT``

It sends each line to each client as it comes. It asks poll(2), which is select(2) for more than 1,024 clients.
"""

from __future__ import annotations

import select
import socket
import sys


class Client:
    """One connection: its name, the unfinished line that came, and what could not be sent yet."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.nick = b""
        self.rest = b""
        self.unsent = b""


class Server:
    """The loop."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.listener.setblocking(False)
        self.clients: dict[int, Client] = {}
        self.poll = select.poll()
        self.poll.register(self.listener, select.POLLIN)

    def run(self) -> None:
        """Serve for ever."""
        while True:
            for number, what in self.poll.poll():
                if number == self.listener.fileno():
                    self.accept()
                    continue
                client = self.clients.get(number)
                if client is not None and what & select.POLLOUT:
                    self.send(client, b"")
                if client is not None and what & ~select.POLLOUT and number in self.clients:
                    self.receive(client)

    def accept(self) -> None:
        """Take a new client."""
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients[sock.fileno()] = Client(sock)
        self.poll.register(sock, select.POLLIN)

    def receive(self, client: Client) -> None:
        """Read what came from a client and hand on its lines."""
        try:
            data = client.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(client)
            return
        *lines, client.rest = (client.rest + data).split(b"\n")
        for line in lines:
            self.handle(client, line.rstrip(b"\r"))

    def handle(self, client: Client, text: bytes) -> None:
        """Take the name, or send a line to everybody else."""
        if not client.nick:
            client.nick = text
            self.send(client, b"-- Welcome %s\r\n" % text)
        elif text == b"QUIT":
            self.drop(client)
        else:
            line = b"<%s> %s\r\n" % (client.nick, text)
            for other in list(self.clients.values()):
                if other is not client and other.nick:
                    self.send(other, line)

    def send(self, client: Client, data: bytes) -> None:
        """Send to one client; what does not fit waits until the socket can be written to."""
        waited = bool(client.unsent)
        client.unsent += data
        try:
            sent = client.sock.send(client.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop(client)
            return
        client.unsent = client.unsent[sent:]
        if waited != bool(client.unsent):
            events = select.POLLIN | (select.POLLOUT if client.unsent else 0)
            self.poll.modify(client.sock, events)

    def drop(self, client: Client) -> None:
        """Let a client go."""
        if self.clients.pop(client.sock.fileno(), None) is not None:
            self.poll.unregister(client.sock)
            client.sock.close()


if __name__ == "__main__":
    Server(int(sys.argv[1])).run()
