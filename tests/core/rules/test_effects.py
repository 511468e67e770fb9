"""What follows from an event, before anybody carries it out."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.outcomes import Applied
from twisted_chat.core.values.ids import Node
from twisted_chat.core.values.limits import Limits


class EffectsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(limits=Limits(crowd_size=2))
        self.hub = self.world.hubs[Node("a")]
        self.ann, self.bob = (self.world.enter(name) for name in ("ann", "bob"))

    def last(self) -> f.Effects:
        """Return what follows from what happened last."""
        outcome = self.world.outcomes[Node("a")][-1]
        assert isinstance(outcome, Applied)
        return outcome.effects

    def test_line_is_one_effect_that_is_never_made_anew(self) -> None:
        self.world.do(self.ann, c.Say(lines("hi")))
        first = self.last()
        self.world.do(self.bob, c.Say(lines("ho")))
        self.assertIs(self.last(), first)
        self.assertEqual(first, (f.ShowLine(),))

    def test_message_with_an_id_of_its_client_carries_what_is_remembered_of_that(self) -> None:
        hi = lines("hi")
        for command in (c.Say(hi), c.PrivateMessage(nick("bob"), hi)):
            self.world.do(self.ann, command, "1" if isinstance(command, c.Say) else "2")
            kept = next(each for each in self.last() if isinstance(each, f.ShowLine | f.KeepId))
            assert kept.sent is not None
            self.assertEqual(kept.sent.message, self.world.order[-1][0])

    def test_speaking_ends_being_away_for_silence(self) -> None:
        user = self.world.user(self.ann)
        user.idled = True
        for command in (c.Say(lines("hi")), c.PrivateMessage(nick("bob"), lines("hi"))):
            self.world.do(self.ann, command)
            self.assertIn(f.ComeBack(user.id), self.last())

    def test_last_member_who_leaves_takes_the_room_along(self) -> None:
        self.world.do(self.ann, c.Join(room("dev")))
        dev = self.hub.state.room_named(room("dev"))
        assert dev is not None
        self.world.do(self.ann, c.Leave())
        exits, gone, told = self.last()
        self.assertEqual(exits, f.ExitRoom(self.hub.state.users_by_key["ann"].id, dev.ref))
        self.assertEqual((gone, told), (f.Dissolve((dev.ref.id,)), f.TellLeft(room("dev"))))

    def test_crowded_room_is_told_later_who_came(self) -> None:
        self.world.enter("cid")
        shown, entered = self.last()
        assert isinstance(shown, f.Gather)
        self.assertEqual((shown.author.nick, shown.members, shown.joined), (nick("cid"), 3, True))
        self.assertEqual(entered, f.EnterRoom(shown.room.id, created=False))

    def test_what_only_changes_what_is_shown_needs_no_entry_of_its_own(self) -> None:
        self.world.do(self.ann, c.SetTopic(lines("news")[0]))
        outcome = self.world.outcomes[Node("a")][-1]
        assert isinstance(outcome, Applied) and isinstance(outcome.envelope.event, e.TopicSet)
        shown, confirmed = self.last()
        self.assertIsInstance(shown, f.ShowRoom)
        self.assertEqual(confirmed, f.Confirm())
