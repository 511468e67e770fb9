"""The sessions of a process, as the hub drives them."""

from __future__ import annotations

from tests.making import said
from tests.nodes import NodeCase
from twisted_chat.core.api import replies as r
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.ids import MessageId
from twisted_chat.delivery.port import SessionsById


class GoneTests(NodeCase):
    def test_session_that_is_gone_is_told_nothing_and_nobody_minds(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.lost()
        self.forget(ann, bob)
        port, gone, at = SessionsById(self.sessions), ann.peer.id, MessageId(10**6)
        line = said(1, 0, "hi")
        port.tell(gone, r.Confirmed("done"))
        port.echo(gone, line)
        port.show((gone, bob.peer.id), line)
        port.show_near((), line, (gone, bob.peer.id))
        port.enter(gone, LOBBY_ID)
        port.exit(gone, LOBBY_ID)
        port.focus(gone, LOBBY_ID)
        port.ignore(gone, {"bob": "bob"})
        port.logged_in(gone, False)
        port.hold(gone)
        port.release(gone)
        port.landed(gone)
        port.promise(gone, at, r.Confirmed("done"), None)
        port.acknowledge(gone, at, at, 0.0, True, None)
        port.reserve(gone, 1, None, True, None)
        port.fill(gone, 1, (line,), True)
        port.leave(gone, "bye", None)
        port.end(gone, "bye", "bye")
        self.assertEqual((ann.take(), ann.ended, self.sessions.unacked), ([], 0, 0))
        self.turn()
        self.assertEqual(bob.take()[0], "#room0 <bob> hi")
