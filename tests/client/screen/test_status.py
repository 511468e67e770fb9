from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.lines import Line
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.palette import palette
from twisted_chat.client.screen.status import foot, head


class StatusTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = ClientState()
        self.state.nick = "me"
        room = self.state.room("dev")
        room.enter(["me"], 1200)
        room.topic = "release"
        self.state.switch(room.key)

    def foot(
        self, *, waiting: int = 0, below: int = 0, again: float | None = None, listed: bool = True
    ) -> str:
        return foot(
            self.state,
            palette("dark"),
            100,
            waiting=waiting,
            below=below,
            again=again,
            listed=listed,
        ).text.strip()

    def test_it_says_where_the_user_is_wanted(self) -> None:
        for number, nick in enumerate(("ann", "bob", "cy", "me"), 1):
            line = Line("say", "hi", 1.0, id=f"{number:016x}", nick=nick)
            self.state.add(self.state.private(nick), line)
        self.assertIn("me · #dev · ann @1, bob @1 and 2 more (Ctrl-N) · 1,200", self.foot())

    def test_it_says_that_one_is_away_and_where_the_user_is_wanted(self) -> None:
        self.state.away["me"] = "lunch"
        self.assertIn("me (away) · #dev", self.foot())
        line = Line("say", "hi", 1.0, id=f"{1:016x}", nick="bob")
        self.state.add(self.state.room("ops"), line)
        self.assertNotIn("#ops", self.foot())
        self.assertIn("#ops 1 (Ctrl-N) ·", self.foot(listed=False))

    def head(self) -> str:
        return head(self.state, palette("dark"), 40).text

    def test_it_says_how_the_connection_is(self) -> None:
        self.assertEqual(self.foot(), "○ connecting …  me · #dev · 1,200 here    F1 help")
        self.state.connected("online")
        self.state.lag = 0.25
        self.assertEqual(self.foot(), "● connected 250 ms  me · #dev · 1,200 here    F1 help")
        self.state.connected("offline", "refused")
        self.assertIn("○ offline  me", self.foot())
        self.assertTrue(self.foot(again=2.6).startswith("○ offline, again in 3 s"))
        self.assertTrue(self.foot(again=-1).startswith("○ offline, again in 0 s"))

    def test_it_says_what_waits_and_that_one_is_not_in_the_room_any_more(self) -> None:
        self.state.connected("online")
        self.assertIn(" · …", self.foot(waiting=2))
        self.assertIn("7 below (End)", self.foot(below=7))
        self.state.connected("offline", "refused")
        self.assertIn("2 waiting to be sent", self.foot(waiting=2))
        self.state.shown.leave()
        self.assertIn("you are not in this room", self.foot())

    def test_it_says_nothing_about_people_where_there_is_no_room(self) -> None:
        self.state.nick = ""
        self.state.switch(self.state.private("bob").key)
        self.assertEqual(self.foot(), "○ connecting …  bob    F1 help")

    def test_the_head_has_the_topic_or_who_is_away_and_fits(self) -> None:
        self.assertEqual(self.head().rstrip(), " #dev release")
        self.state.shown.topic = "x" * 100
        self.assertEqual(len(self.head()), 40)
        self.state.switch(self.state.private("bob").key)
        self.assertEqual(self.head().rstrip(), " bob")
        self.state.away["bob"] = "tea"
        self.assertEqual(self.head().rstrip(), " bob away: tea")
        self.state.away["bob"] = ""
        self.assertEqual(self.head().rstrip(), " bob away")
