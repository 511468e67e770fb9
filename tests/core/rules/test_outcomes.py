"""What applying comes to: the envelope has its place, and the author is the session that did it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, World
from twisted_chat.core.api import events as e
from twisted_chat.core.rules.outcomes import envelope
from twisted_chat.core.values.ids import MessageId, SessionId


class EnvelopeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.bob = self.world.enter("bob")
        self.user = self.world.user(self.bob)

    def put(self, session: SessionId, event: e.Event | None = None) -> e.Envelope:
        origin = e.Origin(self.bob.node, session)
        proposal = e.Proposal(e.AwaySet(None), origin, NOW, self.user.id)
        return envelope(MessageId(9), proposal, self.user, event=event)

    def test_it_holds_what_was_proposed_or_what_came_of_it(self) -> None:
        self.assertEqual(self.put(self.bob.session).event, e.AwaySet(None))
        self.assertEqual(self.put(self.bob.session, e.Detached()).event, e.Detached())
        self.assertEqual(
            (self.put(self.bob.session).id, self.put(self.bob.session).room), (9, None)
        )

    def test_its_author_is_that_of_the_session(self) -> None:
        self.assertIs(
            self.put(self.bob.session).author, self.user.sessions[self.bob.node, self.bob.session]
        )
        self.assertIs(self.put(SessionId(99)).author, self.user.author)
