"""A chat server after the classic design with one thread per client. ``python -m bench.peers.threads PORT``"""

from __future__ import annotations

import socket
import sys
import threading

clients: dict[socket.socket, str] = {}
lock = threading.Lock()


def broadcast(sender: socket.socket, line: bytes) -> None:
    """Send a line to everybody else, one after the other; the lock keeps one order for all."""
    with lock:
        for client in clients:
            if client is not sender:
                try:
                    client.sendall(line)
                except OSError:
                    pass  # its own thread notices


def serve(client: socket.socket) -> None:
    """Talk with one client until it leaves."""
    with client, client.makefile("rb") as lines:
        try:
            nick = lines.readline().strip().decode("utf-8", "replace")
            with lock:
                client.sendall(f"-- Welcome {nick}\r\n".encode())
                clients[client] = nick
            for line in lines:
                text = line.rstrip(b"\r\n")
                if text == b"QUIT":
                    break
                broadcast(client, b"<%s> %s\r\n" % (nick.encode(), text))
        except OSError:
            pass  # it left in its own way
        finally:
            with lock:
                clients.pop(client, None)


def main(port: int) -> None:
    """Serve for ever."""
    # Thousands of threads: each needs little.
    threading.stack_size(256 * 1024)
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
