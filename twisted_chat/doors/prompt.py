"""The question for a room's password, with telnet clients that can keep the answer from the screen."""

from __future__ import annotations

from typing import Final

from twisted_chat.core import commands as c
from twisted_chat.core import replies as r
from twisted_chat.core.names import RoomName
from twisted_chat.core.text import BadText, CleanText, decode
from twisted_chat.delivery.peer import Peer
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.doors.telnet import TelnetFilter
from twisted_chat.node import Node

#: How often in a row it is asked. Who typed wrong tries again at once, and were that not taken for a password, it would be
#: said to everybody. The number is that of login and of ssh.
MAX_QUESTIONS: Final = 3


class PasswordPrompt:
    """Asks one session for a password: the next line is the answer, whatever it is.

    ``asked``: how many questions in a row there were; 0 when the last line was no answer.
    """

    def __init__(self, node: Node, telnet: TelnetFilter) -> None:
        self._node = node
        self._telnet = telnet
        self._room: RoomName | None = None
        self.asked = 0

    def ask(self, peer: Peer, room: RoomName, *, wrong: bool) -> bool:
        """Ask for the password of ``room``, again if ``wrong``; False if it could not be hidden, or was asked for enough."""
        if not self._telnet.can_hide or self.asked == MAX_QUESTIONS:
            return False
        if wrong:
            why = f"that is not the password of {room}; type it again; it is not shown (Enter alone: give up)"
            self._ask(peer, room, r.Refused("wrong-password", why))
        else:
            why = f"type the password of {room}; it is not shown (Enter alone: give up)"
            self._ask(peer, room, r.Notice("password", why))
        return True

    def _ask(self, peer: Peer, room: RoomName, text: r.Reply) -> None:
        self.asked += 1
        self._room = room
        self._node.tell(peer, text)
        self._node.delivery.send(peer.outbox, self._telnet.hide())

    def take(self, peer: Peer) -> RoomName | None:
        """End the question, if there is one: a line came. Return the room whose password that is."""
        room, self._room = self._room, None
        if room is None:
            self.asked = 0
        else:
            # The client did not show the Enter either.
            self._node.delivery.send(peer.outbox, self._telnet.show() + b"\r\n")
        return room

    def answer(self, peer: Peer, room: RoomName, frame: bytes) -> None:
        """Join with the password in ``frame``, or give up."""
        try:
            password = CleanText(decode(frame).strip(" "))
        except BadText as bad:
            self.refuse(peer, room, BadLine(str(bad), "bad-text"))
            return
        if password:
            self._node.submit(peer, Request(c.Join(room, password)))
        else:
            self._node.tell(peer, r.Notice("password", f"you did not enter {room}"))

    def refuse(self, peer: Peer, room: RoomName, bad: BadLine) -> None:
        """Say why the answer can be no password, and ask again."""
        self._node.refuse(peer, bad)
        if not self.ask(peer, room, wrong=False):
            self._node.tell(peer, r.Notice("password", f"you did not enter {room}"))
