"""A session as the node sees it: when its next line may be handed in."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeDialect, FakeSink
from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.backlog import Backlog
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.delivery.session import Door, Session


class Mute(FakeSink):
    """A door that does nothing."""

    def resumed(self) -> None:
        raise NotImplementedError

    def logged_in(self, *, resumed: bool) -> None:
        raise NotImplementedError

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        raise NotImplementedError

    private = True

    def end(self) -> None:
        raise NotImplementedError


_check: type[Door] = Mute


class PeerTests(SynchronousTestCase):
    def setUp(self) -> None:
        door, dialect = Mute(), FakeDialect()
        outbox = Outbox(door, dialect.here, dialect.elsewhere, 1, Backlog(1))
        self.peer = Session(SessionId(7), door, dialect.open(), outbox)

    def test_new_session_is_ready(self) -> None:
        self.assertTrue(self.peer.ready)
        self.assertEqual((self.peer.id, self.peer.claims), (7, False))

    def test_each_answer_it_waits_for_holds_it_up(self) -> None:
        self.peer.waits = 2
        self.assertFalse(self.peer.ready)
        self.peer.waits -= 1
        self.assertFalse(self.peer.ready)
        self.peer.waits -= 1
        self.assertTrue(self.peer.ready)

    def test_while_only_the_store_is_waited_for_it_is_placed_and_not_ready(self) -> None:
        self.peer.waits, self.peer.claims = 2, True
        self.assertFalse(self.peer.placed)
        self.peer.waits, self.peer.claims = 1, False
        self.assertEqual((self.peer.placed, self.peer.ready), (True, False))

    def test_closing_session_is_never_ready(self) -> None:
        self.peer.closing = True
        self.assertFalse(self.peer.ready)
        self.assertFalse(self.peer.placed)
