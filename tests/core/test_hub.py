from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, Seat, World, lines, nick, room, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Entered, NameRefused
from twisted_chat.core.hub import Hub
from twisted_chat.core.rules.decisions import FocusOn, Ignoring, Propose, SendReply
from twisted_chat.core.rules.outcomes import Rejected
from twisted_chat.core.state import dedup
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.ids import Node, RoomId, SessionId, UserId
from twisted_chat.core.values.limits import REMEMBERED, Limits
from twisted_chat.core.values.text import CleanText

HI = lines("hi")


class Case(SynchronousTestCase):
    """Bob made #dev and talks there, Alice is in the lobby."""

    def setUp(self) -> None:
        self.world = World()
        self.hub = self.world.hub
        self.bob = self.world.enter("bob")
        self.alice = self.world.enter("alice")
        self.world.do(self.bob, c.Join(room("dev")))

    def focus(self, seat: Seat) -> str | None:
        found = self.hub.focus_of(seat.session)
        return str(found.name) if found is not None else None


class SessionTests(Case):
    def test_session_comes_from_elsewhere_until_its_door_says_otherwise(self) -> None:
        seat = self.world.session(self.bob)
        self.assertFalse(seat.local)
        self.hub.state.sessions[self.bob.session].local = True
        self.assertTrue(seat.local)
        self.assertFalse(self.world.session(self.alice).local)

    def test_latest_is_what_was_applied_last_void_or_not(self) -> None:
        self.world.say(self.bob, "hi")
        latest = self.hub.latest
        self.assertEqual(latest, self.world.order[-1][0])
        self.world.instant = False
        self.world.do(self.alice, c.Rename(nick("carol")))
        self.world.do(self.bob, c.Rename(nick("carol")))
        self.world.settle()
        self.assertEqual(self.hub.latest, latest + 2)

    def test_session_has_a_user_from_login_to_departure(self) -> None:
        seat = self.world.open()
        self.assertIsNone(self.hub.user_of(seat.session))
        self.world.do(seat, c.Login(nick("carol")))
        user = self.hub.user_of(seat.session)
        assert user is not None
        self.assertEqual(user.nick, nick("carol"))
        self.world.do(seat, c.Join(room("lobby")))
        self.world.close(seat)
        self.assertIsNone(self.hub.user_of(seat.session))

    def test_session_without_a_user_has_no_departure_and_may_close_twice(self) -> None:
        self.hub.close(SessionId(99))
        self.hub.close(SessionId(99))
        self.assertIsNone(self.hub.departure(self.world.open().session, "quit", NOW))
        departure = self.hub.departure(self.bob.session, "quit", NOW)
        assert departure is not None
        self.world.publish(departure)
        self.assertIsNone(self.hub.user_of(self.bob.session))
        self.assertIsNone(self.hub.departure(self.bob.session, "quit", NOW))

    def test_departure_names_user_session_and_reason(self) -> None:
        user = self.world.user(self.bob)
        self.assertEqual(
            self.hub.departure(self.bob.session, "quit", NOW + 5),
            e.Proposal(
                e.Departed(CleanText("quit")),
                e.Origin(Node("a"), self.bob.session),
                NOW + 5,
                user.id,
            ),
        )

    def test_proposal_names_user_room_and_tag(self) -> None:
        decision = Propose(e.Said("say", HI), self.world.session(self.bob).focus)
        self.assertEqual(
            self.hub.propose(self.bob.session, decision, NOW, "7"),
            e.Proposal(
                e.Said("say", HI),
                e.Origin(Node("a"), self.bob.session, "7"),
                NOW,
                self.world.user(self.bob).id,
                self.world.session(self.bob).focus,
            ),
        )


class FloodTests(Case):
    def test_lines_after_a_burst_wait(self) -> None:
        seat = self.world.open()
        waits = [self.hub.admit(seat.session, NOW) for _ in range(21)]
        self.assertEqual(waits[:20], [0.0] * 20)
        self.assertEqual(waits[20], 0.1)
        self.assertFalse(self.hub.rested(seat.session))
        self.assertEqual(self.hub.admit(seat.session, NOW + 2), 0.0)
        self.assertTrue(self.hub.rested(seat.session))

    def test_limit_is_one_for_all_sessions_of_a_user(self) -> None:
        bob = self.world.user(self.bob)
        second = self.world.open()
        bob.sessions[second.node, second.session] = bob.author
        self.hub._following._settle(self.world.session(second), bob)
        for _ in range(20):
            self.hub.admit(self.bob.session, NOW)
        self.assertGreater(self.hub.admit(second.session, NOW), 0.0)
        self.assertEqual(self.hub.admit(self.alice.session, NOW), 0.0)


class TokenTests(Case):
    def test_crowd_of_guests_from_one_network_makes_no_absent_person_be_forgotten(self) -> None:
        self.patch(dedup, "MAX_SCOPES", 20)
        ann = self.world.register("ann")
        for seat in (self.alice, ann):
            self.world.close(seat)
        for number in range(100):
            guest = self.world.open(host=f"address{number}.network.near.ip")
            self.world.do(guest, c.Login())
            self.world.close(guest)
        for seat in (self.alice, ann, self.bob):
            self.assertTrue(self.hub.knows(scope_of(seat.token)))
        self.assertLessEqual(len(self.hub.state.client_ids.dump()), 20)

    def test_token_is_known_while_its_user_is_here_and_a_day_after(self) -> None:
        self.assertFalse(self.hub.knows(scope_of("made up")))
        self.assertTrue(self.hub.knows(scope_of(self.bob.token)))
        self.hub.forget_old(NOW + 30 * REMEMBERED)
        self.assertTrue(self.hub.knows(scope_of(self.bob.token)))
        self.world.now += 3 * REMEMBERED
        self.world.close(self.bob)
        self.hub.forget_old(self.world.now + REMEMBERED - 1)
        self.assertTrue(self.hub.knows(scope_of(self.bob.token)))
        self.hub.forget_old(self.world.now + REMEMBERED)
        self.assertFalse(self.hub.knows(scope_of(self.bob.token)))

    def test_no_time_of_day_alone_makes_a_token_forgotten(self) -> None:
        self.world.close(self.bob)
        self.world.now += 40 * REMEMBERED
        self.world.close(self.alice)
        self.world.enter("carol")
        self.assertTrue(self.hub.knows(scope_of(self.bob.token)))

    def test_token_of_a_refused_login_is_not_known(self) -> None:
        seat = self.world.open()
        self.world.do(seat, c.Login(nick("bob")))
        self.assertFalse(self.hub.knows(scope_of(seat.token)))


class TakeoverTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.back = self.world.open(token=self.bob.token)

    def test_session_that_takes_over_has_user_and_rooms(self) -> None:
        user = self.world.user(self.bob)
        self.world.do(self.back, c.Login(nick("rob"), token=self.back.token))
        self.assertIs(self.world.user(self.back), user)
        self.assertEqual(user.nick, nick("bob"))
        self.assertFalse(self.world.is_open(self.bob))
        self.assertIsNotNone(self.hub.state.users.get(user.id))

    def test_session_that_takes_over_talks_where_the_other_did(self) -> None:
        self.world.do(self.bob, c.Join(room("lobby")))
        self.assertEqual(self.focus(self.bob), "#lobby")
        self.world.do(self.back, c.Login(token=self.back.token))
        self.assertEqual(self.focus(self.back), "#lobby")
        self.world.do(self.back, c.Leave())
        self.assertEqual(self.focus(self.back), "#dev")

    def test_session_that_takes_over_from_who_talked_nowhere_talks_nowhere(self) -> None:
        for _ in range(2):
            self.world.do(self.bob, c.Leave())
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.session(self.bob).focus = None
        self.world.do(self.back, c.Login(token=self.back.token))
        self.assertIsNone(self.focus(self.back))

    def test_session_that_takes_over_talks_in_no_room_that_its_user_has_left_since(self) -> None:
        old = self.world.session(self.bob)
        old.before, old.focus = [RoomId(98), LOBBY_ID], RoomId(99)
        self.world.do(self.back, c.Login(token=self.back.token))
        new = self.world.session(self.back)
        self.assertEqual((new.focus, new.before), (None, [LOBBY_ID]))

    def test_session_that_takes_over_ignores_answers_and_waits_as_the_other_did(self) -> None:
        old, new = (self.world.session(each) for each in (self.bob, self.back))
        old.ignored["mal"] = "Mal"
        old.answer_to = UserId(7)
        kept = new.ignored
        self.world.do(self.back, c.Login(token=self.back.token))
        self.assertIs(new.bucket, old.bucket)
        self.assertIs(new.ignored, kept)
        self.assertEqual((new.ignored, new.answer_to), ({"mal": "Mal"}, UserId(7)))

    def test_end_of_the_replaced_session_takes_nobody_along(self) -> None:
        old = self.hub.departure(self.bob.session, "connection lost", NOW)
        assert old is not None
        self.world.do(self.back, c.Login(token=self.back.token))
        self.world.publish(old)
        self.assertIsInstance(self.world.outcomes[Node("a")][-1], Rejected)
        self.assertEqual(self.world.user(self.back).nick, nick("bob"))

    def test_ids_sent_before_count(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        self.world.do(self.back, c.Login(token=self.back.token))
        self.assertNotIsInstance(self.world.decide(self.back, c.Say(HI), "1"), Propose)

    def test_login_that_was_lost_on_the_way_takes_its_user_along(self) -> None:
        self.world.instant = False
        seat = self.world.open()
        self.world.do(seat, c.Login(nick("carol")))
        self.world.close(seat)
        self.world.settle()
        self.assertIsNone(self.hub.state.user_named(nick("carol")))
        self.assertEqual(len(self.hub.state.users), 2)


class FocusTests(Case):
    def test_entering_a_room_moves_the_focus_there_and_only_there(self) -> None:
        self.assertEqual(self.focus(self.bob), "#dev")
        self.assertEqual(self.focus(self.alice), "#lobby")
        self.assertIsNone(self.focus(self.world.open()))
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.do(self.bob, c.Join(room("lobby")))
        self.assertEqual((self.focus(self.alice), self.focus(self.bob)), ("#dev", "#lobby"))

    def test_leaving_goes_back_to_the_room_before(self) -> None:
        self.world.do(self.bob, c.Leave())
        self.assertEqual(self.focus(self.bob), "#lobby")
        self.world.do(self.bob, c.Leave())
        self.assertIsNone(self.focus(self.bob))

    def test_after_a_kick_from_the_focus_there_is_none(self) -> None:
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.do(self.bob, c.Kick(nick("alice")))
        self.assertIsNone(self.focus(self.alice))
        self.assertEqual(self.focus(self.bob), "#dev")
        self.world.do(self.alice, c.Join(room("lobby")))
        self.assertEqual(self.focus(self.alice), "#lobby")

    def test_focus_of_a_room_that_is_gone_is_none(self) -> None:
        dev = self.world.session(self.bob).focus
        self.world.do(self.bob, c.Leave())
        self.world.session(self.bob).focus = dev
        self.assertIsNone(self.focus(self.bob))

    def test_change_moves_the_focus(self) -> None:
        decision = self.world.decide(self.bob, c.Join(room("lobby")))
        assert isinstance(decision, SendReply) and isinstance(decision.change, FocusOn)
        self.hub.change(self.bob.session, decision.change)
        self.assertEqual(self.focus(self.bob), "#lobby")


class AnswerTests(Case):
    def answers(self, kind: c.Kind) -> bool:
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI, kind))
        return self.world.session(self.bob).answer_to == self.world.user(self.alice).id

    def test_answer_goes_to_who_wrote_last_but_to_no_request_of_programs(self) -> None:
        for kind in ("ctcp", "ctcp-reply", "tags"):
            self.assertFalse(self.answers(kind))
        self.assertTrue(self.answers("say"))
        self.assertIsNone(self.world.session(self.alice).answer_to)

    def test_who_is_ignored_gets_no_answer_by_mistake(self) -> None:
        self.world.do(self.bob, c.Ignore(nick("alice")))
        self.assertFalse(self.answers("say"))


class IgnoreTests(Case):
    def ignored(self, seat: Seat) -> dict[str, str]:
        return self.world.session(seat).ignored

    def test_change_adds_and_takes_away(self) -> None:
        self.hub.change(self.bob.session, Ignoring("eve", "Eve", hide=True))
        self.assertEqual(self.ignored(self.bob), {"eve": "Eve"})
        for _ in range(2):
            self.hub.change(self.bob.session, Ignoring("eve", "eve", hide=False))
            self.assertEqual(self.ignored(self.bob), {})

    def test_ignoring_follows_the_person(self) -> None:
        self.world.do(self.bob, c.Ignore(nick("alice")))
        self.world.do(self.alice, c.Rename(nick("Ally")))
        self.assertEqual(self.ignored(self.bob), {"ally": "Ally"})
        self.world.do(self.alice, c.Rename(nick("ally")))
        self.assertEqual(self.ignored(self.bob), {"ally": "ally"})
        self.assertEqual(self.ignored(self.alice), {})

    def test_list_does_not_grow_by_renaming(self) -> None:
        self.world.enter("eve")
        for name in ("alice", "eve"):
            self.world.do(self.bob, c.Ignore(nick(name)))
        for n in range(5):
            self.world.do(self.alice, c.Rename(nick(f"ally{n}")))
        self.assertEqual(self.ignored(self.bob), {"eve": "eve", "ally4": "ally4"})

    def test_renaming_of_others_changes_nothing(self) -> None:
        self.world.do(self.bob, c.Ignore(nick("alice")))
        eve = self.world.enter("eve")
        self.world.do(eve, c.Rename(nick("mallory")))
        self.assertEqual(self.ignored(self.bob), {"alice": "alice"})


class ApplyTests(Case):
    def test_refused_arrival_gets_a_suggestion(self) -> None:
        arrived = e.Arrived(nick("bob"), scope_of("x"), "there")
        self.world.publish(e.Proposal(arrived, e.Origin(Node("a"), SessionId(99)), NOW))
        outcome = self.world.outcomes[Node("a")][-1]
        assert isinstance(outcome, Rejected)
        self.assertEqual(outcome.why, NameRefused("nick-taken", '"bob" is taken.', nick("bob2")))

    def test_sessions_of_another_node_are_none_of_this_one(self) -> None:
        # Session numbers are given by each node: the same number elsewhere is another session.
        origin = e.Origin(Node("b"), self.bob.session)
        arrived = e.Arrived(nick("carol"), scope_of("x"), "there")
        self.world.waiting[Node("a")].append(e.Proposal(arrived, origin, NOW))
        self.world.settle()
        carol = self.hub.state.user_named(nick("carol"))
        assert carol is not None
        for event, where in ((e.Joined(room("elsewhere")), None), (e.Said("say", HI), None)):
            self.world.waiting[Node("a")].append(e.Proposal(event, origin, NOW, carol.id, where))
        self.world.do(self.alice, c.PrivateMessage(nick("carol"), HI))
        self.world.settle()
        self.assertEqual(self.world.user(self.bob).nick, nick("bob"))
        self.assertEqual(self.focus(self.bob), "#dev")
        self.assertIsNone(self.world.session(self.bob).answer_to)


class EnteredTests(Case):
    def test_room_is_described(self) -> None:
        self.world.do(self.bob, c.SetTopic(CleanText("news")))
        dev = self.hub.state.room_named(room("dev"))
        assert dev is not None
        self.assertEqual(
            self.hub.entered(dev, created=True),
            Entered(room("dev"), 1, (nick("bob"),), CleanText("news"), created=True),
        )

    def test_lock_is_told(self) -> None:
        self.world.do(self.bob, c.Join(room("vault"), "x"))
        vault = self.hub.state.room_named(room("vault"))
        assert vault is not None
        self.assertTrue(self.hub.entered(vault, created=False).locked)

    def test_crowd_is_a_count_and_a_page_of_names(self) -> None:
        world = World(limits=Limits(page_size=2))
        for name in ("carol", "bob", "alice"):
            world.enter(name)
        lobby = world.hub.state.room_named(room("lobby"))
        assert lobby is not None
        entered = world.hub.entered(lobby, created=False)
        self.assertEqual((entered.count, entered.names), (3, (nick("carol"), nick("bob"))))


class StartTests(SynchronousTestCase):
    def test_new_hub_has_a_lobby_and_nobody(self) -> None:
        hub = Hub(Node("a"), Limits())
        self.assertEqual([str(room.name) for room in hub.state.rooms.values()], ["#lobby"])
        self.assertEqual((hub.state.users, hub.state.sessions), ({}, {}))
