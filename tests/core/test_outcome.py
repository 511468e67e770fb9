"""Tests for twisted_chat.core.outcome."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, World
from twisted_chat.core import events as e
from twisted_chat.core.ids import MessageId, Node, SessionId
from twisted_chat.core.outcome import wrap
from twisted_chat.core.text import CleanText


class WrapTests(SynchronousTestCase):
    def test_envelope_has_what_was_proposed_or_what_is_shown_of_it(self) -> None:
        world = World()
        bob = world.user(world.enter("bob"))
        lobby = world.hub.state.rooms_by_key["lobby"]
        origin = e.Origin(Node("a"), SessionId(1), "tag")
        event = e.Left(CleanText("bye"))
        proposal = e.Proposal(event, origin, NOW, bob.id, lobby.ref.id)
        at = MessageId(9)
        envelope = e.Envelope(at, NOW, event, origin, bob.author, lobby.ref)
        self.assertEqual(wrap(at, proposal, bob, lobby), envelope)
        self.assertEqual(wrap(at, proposal, bob).room, None)
        self.assertEqual(wrap(at, proposal, bob, lobby, e.Left()).event, e.Left())
