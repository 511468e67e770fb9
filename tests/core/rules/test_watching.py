"""Watching nicknames."""

from __future__ import annotations

from tests.core.rules.cases import AccountCase
from tests.core.world import Seat, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText


class WatchCase(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.world.enter("bob")

    def watch(self, seat: Seat, *names: str, in_detail: bool = False) -> r.Watched:
        return self.told(seat, c.Watch(tuple(map(nick, names)), in_detail=in_detail))

    def told(self, seat: Seat, command: c.Command) -> r.Watched:
        decision = self.world.do(seat, command)
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.Watched)
        return decision.reply

    def news(self) -> list[tuple[list[str], list[str]]]:
        """Return what those who watch are told of the last event: who is here, and who is gone."""
        return [
            ([each.nick.text for each in it.reply.here], [each.text for each in it.reply.gone])
            for it in self.happened().effects
            if isinstance(it, f.TellSessions) and isinstance(it.reply, r.Watched)
        ]


class WatchTests(WatchCase):
    def test_one_is_told_who_is_here_and_who_is_not(self) -> None:
        told = self.watch(self.bob, "Bob", "eve")
        self.assertEqual([each.nick for each in told.here], [nick("bob")])
        self.assertEqual((told.gone, told.refused), ((nick("eve"),), ()))
        self.assertEqual(self.told(self.bob, c.ShowWatched()), told)

    def test_no_more_than_the_limit_are_watched(self) -> None:
        self.hub.limit(Limits(max_watched=2))
        self.watch(self.bob, "eve", "dan")
        told = self.watch(self.bob, "eve", "ann")
        self.assertEqual((told.gone, told.refused), ((nick("eve"),), (nick("ann"),)))
        self.told(self.bob, c.Watch((nick("ann"),), remove=(nick("eve"),)))
        self.assertEqual(self.told(self.bob, c.ShowWatched()).gone, (nick("dan"), nick("ann")))
        self.assertEqual(self.told(self.bob, c.Watch((nick("eve"),), clear=True)).refused, ())
        self.assertEqual(self.told(self.bob, c.ShowWatched()).gone, (nick("eve"),))

    def test_coming_and_going_is_told(self) -> None:
        self.watch(self.bob, "eve")
        eve = self.world.open()
        self.world.do(eve, c.Login(nick("Eve")))
        self.assertEqual(self.news(), [(["Eve"], [])])
        self.world.close(eve)
        self.assertEqual(self.news(), [([], ["Eve"])])

    def test_another_nick_is_coming_and_going(self) -> None:
        eve = self.world.enter("eve")
        self.watch(self.bob, "eve", "eva")
        self.world.do(eve, c.Rename(nick("EVE")))
        self.assertEqual(self.news(), [])
        self.world.do(eve, c.Rename(nick("eva")))
        self.assertEqual(self.news(), [([], ["EVE"]), (["eva"], [])])

    def test_another_session_of_a_user_is_no_news(self) -> None:
        self.world.register("ann")
        self.watch(self.bob, "ann")
        again = self.world.login("ann")
        self.assertEqual(self.news(), [])
        self.world.close(again)
        self.assertEqual(self.news(), [])

    def test_guest_who_logs_in_takes_the_name_or_is_gone(self) -> None:
        ann = self.world.register("ann")
        self.watch(self.bob, "ann", "guest1", "guest2")
        guest = self.world.enter("guest1")
        self.world.proven(guest, c.Login(nick("ann"), "correct horse"))
        self.assertEqual(self.news(), [([], ["guest1"])])
        for seat in (ann, guest):
            self.world.close(seat)
        guest = self.world.enter("guest2")
        self.world.proven(guest, c.Login(nick("ann"), "correct horse"))
        self.assertEqual(self.news(), [([], ["guest2"]), (["ann"], [])])

    def test_session_that_ends_watches_nobody(self) -> None:
        self.watch(self.bob, "eve")
        self.world.close(self.bob)
        self.assertFalse(self.state.watchers)


class DetailTests(WatchCase):
    def shown(self) -> list[tuple[int, ...]]:
        effects = self.happened().effects
        return [it.sessions for it in effects if isinstance(it, f.ShowSessions)]

    def test_changes_are_shown_to_who_wants_that_and_sees_them_nowhere_else(self) -> None:
        eve, dan = self.world.enter("eve"), self.world.enter("dan")
        for seat in (self.bob, dan):
            self.world.do(seat, c.Leave())
        self.watch(self.bob, "eve", in_detail=True)
        self.watch(dan, "eve")
        for command in (c.Away(CleanText("lunch")), c.SetRealName(CleanText("Eve E."))):
            self.world.do(eve, command)
            self.assertEqual(self.shown(), [(self.bob.session,)])
        self.world.proven(eve, c.Register("correct horse"))
        self.assertEqual(self.shown(), [(self.bob.session,)])
        self.world.do(self.bob, c.Join(room("lobby")))
        self.world.do(eve, c.Away(None))
        self.assertEqual(self.shown(), [])
