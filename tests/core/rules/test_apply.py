"""Tests for twisted_chat.core.rules.apply."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_EVENT
from tests.core.world import NOW, Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.rules.outcomes import (
    NOBODY,
    Applied,
    Between,
    Duplicate,
    InRoom,
    Near,
    Outcome,
    Rejected,
)
from twisted_chat.core.state.room import LOBBY_ID, Room, room_digest
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import REMEMBERED, Limits
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText

HI = lines("hi")
GONE = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")
NOT_IN_ROOM = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)

#: What somebody does; nobody closes a room.
DEEDS = [event for event in EVERY_EVENT if not isinstance(event, e.Closed)]


class Case(SynchronousTestCase):
    """Bob made #dev and is operator there; Alice is in both rooms, Eve in the lobby."""

    def setUp(self) -> None:
        self.world = World()
        self.state = self.world.hub.state
        self.bob = self.world.enter("bob")
        self.alice = self.world.enter("alice")
        self.eve = self.world.enter("eve")
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.do(self.alice, c.Join(room("dev")))
        self.dev = self.room("dev").ref.id
        self.next = MessageId(1000)

    def room(self, name: str) -> Room:
        found = self.state.room_named(room(name))
        assert found is not None
        return found

    def user(self, name: str) -> User:
        found = self.state.user_named(nick(name))
        assert found is not None
        return found

    def apply(
        self,
        seat: Seat,
        event: e.Event,
        where: RoomId | None = None,
        *,
        user: UserId | None = None,
        tag: str | None = None,
    ) -> Outcome:
        """Apply a proposal, as if it had been decided long ago: by the user of ``seat`` if None is given."""
        origin = e.Origin(seat.node, seat.session, tag)
        by = user if user is not None else self.world.session(seat).user
        proposal = e.Proposal(event, origin, self.world.now, by, where)
        self.next = MessageId(self.next + 1)
        return self.world.hub.apply(self.next, proposal)

    def applied(
        self, seat: Seat, event: e.Event, where: RoomId | None = None, tag: str | None = None
    ) -> Applied:
        outcome = self.apply(seat, event, where, tag=tag)
        assert isinstance(outcome, Applied), outcome
        return outcome

    def void(
        self,
        seat: Seat,
        event: e.Event,
        where: RoomId | None = None,
        *,
        user: UserId | None = None,
        tag: str | None = None,
    ) -> object:
        """Apply what must be void; check that it changed nothing, and return why."""
        before = self.state.dump()
        outcome = self.apply(seat, event, where, user=user, tag=tag)
        assert isinstance(outcome, Rejected), outcome
        self.assertEqual(self.state.dump(), before)
        return outcome.why


class ArrivalTests(Case):
    def arrival(self, name: str, scope: str = "new", host: str = "there") -> e.Arrived:
        return e.Arrived(nick(name), Scope(scope), host)

    def test_first_to_claim_a_nick_has_it(self) -> None:
        seat = self.world.open()
        outcome = self.applied(seat, self.arrival("carol"))
        carol = self.user("carol")
        self.assertEqual(
            outcome.envelope,
            e.Envelope(
                self.next,
                NOW,
                self.arrival("carol"),
                e.Origin(seat.node, seat.session),
                e.Author(UserId(self.next), nick("carol"), Scope("new"), host="there"),
            ),
        )
        self.assertEqual(outcome.audience, NOBODY)
        self.assertEqual((carol.id, set(carol.sessions)), (self.next, {(seat.node, seat.session)}))
        self.assertEqual((carol.since, carol.spoke, dict(carol.rooms)), (NOW, NOW, {}))

    def test_second_does_not(self) -> None:
        seat = self.world.open()
        for name, why in (
            ("bob", '"bob" is taken'),
            ("BOB", '"BOB" is taken'),
            ("b\u043eb", '"b\u043eb" is taken: it looks too much like bob, who is here'),
        ):
            refused = self.void(seat, self.arrival(name))
            assert isinstance(refused, NameRefused)
            self.assertEqual((refused.code, refused.why), ("nick-taken", why))

    def test_refused_login_leaves_no_scope_behind(self) -> None:
        self.void(self.world.open(), self.arrival("bob"))
        self.assertFalse(self.state.nonces.known(Scope("new")))

    def test_scope_is_known_from_then_on(self) -> None:
        self.applied(self.world.open(), self.arrival("carol"))
        self.state.nonces.forget(NOW + REMEMBERED - 1)
        self.assertTrue(self.state.nonces.known(Scope("new")))

    def test_session_of_the_same_scope_takes_the_user_over(self) -> None:
        bob, before = self.user("bob"), self.user("bob").id
        rooms = list(bob.rooms)
        seat = self.world.open()
        self.world.now += 60
        outcome = self.applied(seat, self.arrival("carol", bob.author.scope))
        self.assertEqual(
            outcome.envelope.event,
            e.Arrived(nick("bob"), bob.author.scope, "there", ((self.bob.node, self.bob.session),)),
        )
        self.assertEqual(outcome.audience, NOBODY)
        self.assertIs(self.user("bob"), bob)
        self.assertEqual((bob.id, list(bob.rooms), bob.since), (before, rooms, NOW))
        self.assertEqual(set(bob.sessions), {(seat.node, seat.session)})
        self.state.nonces.forget(NOW + REMEMBERED + 30)
        self.assertTrue(self.state.nonces.known(bob.author.scope))

    def test_ghost_that_departed_first_frees_its_nick(self) -> None:
        scope = self.user("bob").author.scope
        self.world.close(self.bob)
        outcome = self.applied(self.world.open(), self.arrival("bob", scope))
        self.assertEqual(outcome.envelope.event, self.arrival("bob", scope))
        self.assertEqual(self.user("bob").id, self.next)

    def test_user_who_was_taken_over_and_left_leaves_nothing(self) -> None:
        scope = self.user("bob").author.scope
        seat = self.world.open()
        self.applied(seat, self.arrival("bob", scope))
        self.applied(seat, e.Departed(CleanText("quit")))
        self.assertIsNone(self.state.user_in_scope(scope))
        self.assertIsNone(self.state.nick_holder(nick("bob")))


class GoneTests(Case):
    def test_what_somebody_who_left_the_chat_did_is_void(self) -> None:
        user = self.world.session(self.eve).user
        self.applied(self.eve, e.Departed(CleanText("quit")))
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(self.eve, event, LOBBY_ID, user=user), GONE)

    def test_what_nobody_did_is_void(self) -> None:
        new = self.world.open()
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(new, event, LOBBY_ID), GONE)

    def test_what_a_replaced_session_did_is_void(self) -> None:
        bob = self.user("bob")
        seat = self.world.open()
        self.applied(seat, e.Arrived(nick("bob"), bob.author.scope, "there"))
        for event in DEEDS:
            if not isinstance(event, e.Arrived):
                self.assertEqual(self.void(self.bob, event, LOBBY_ID), GONE)
        self.applied(seat, e.Said("say", HI), LOBBY_ID)

    def test_a_nick_that_came_back_is_somebody_else(self) -> None:
        user = self.world.session(self.eve).user
        self.world.close(self.eve)
        new = self.world.enter("eve")
        self.assertEqual(self.void(new, e.Said("say", HI), LOBBY_ID, user=user), GONE)

    def test_what_is_made_for_show_cannot_be_proposed(self) -> None:
        why = self.void(self.bob, e.Gathered((), (), 5))
        self.assertEqual(why, Refused("internal", "this event is made for show only"))


class SaidTests(Case):
    def test_members_hear_it(self) -> None:
        bob = self.user("bob")
        self.world.now += 5
        outcome = self.applied(self.bob, e.Said("action", HI), self.dev, tag="1")
        self.assertEqual(outcome.audience, InRoom(self.dev))
        self.assertEqual(
            outcome.envelope,
            e.Envelope(
                self.next,
                NOW + 5,
                e.Said("action", HI),
                e.Origin(self.bob.node, self.bob.session, "1"),
                bob.author,
                e.RoomRef(self.dev, room("dev")),
            ),
        )
        self.assertEqual(bob.spoke, NOW + 5)

    def test_who_is_not_in_the_room_says_nothing(self) -> None:
        for where in (self.dev, RoomId(999), None):
            self.assertEqual(self.void(self.eve, e.Said("say", HI), where), NOT_IN_ROOM)

    def test_who_was_kicked_meanwhile_says_nothing(self) -> None:
        self.applied(self.bob, e.Kicked(self.user("alice").id, nick("alice")), self.dev)
        self.assertEqual(self.void(self.alice, e.Said("say", HI), self.dev), NOT_IN_ROOM)

    def test_room_of_the_same_name_is_another_room(self) -> None:
        for seat in (self.bob, self.alice):
            self.applied(seat, e.Left(), self.dev)
        self.applied(self.bob, e.Joined(room("dev")))
        self.assertEqual(self.void(self.bob, e.Said("say", HI), self.dev), NOT_IN_ROOM)


class ToldTests(Case):
    def told(self, kind: c.Kind = "say") -> e.Told:
        return e.Told(self.user("alice").id, nick("alice"), kind, HI)

    def test_two_hear_it(self) -> None:
        self.world.now += 5
        outcome = self.applied(self.bob, self.told(), tag="1")
        bob, alice = self.user("bob"), self.user("alice")
        self.assertEqual(outcome.audience, Between((bob.id, alice.id)))
        self.assertEqual(outcome.envelope.event, self.told())
        self.assertEqual((outcome.envelope.author, outcome.envelope.room), (bob.author, None))
        self.assertEqual((bob.spoke, alice.spoke), (NOW + 5, NOW))

    def test_who_was_renamed_on_the_way_still_gets_it(self) -> None:
        told = self.told()
        self.applied(self.alice, e.Renamed(nick("ally")))
        outcome = self.applied(self.bob, told)
        self.assertEqual(outcome.envelope.event, e.Told(told.to, nick("ally"), "say", HI))

    def test_who_left_does_not_and_neither_does_who_has_the_name_now(self) -> None:
        told = self.told()
        self.world.close(self.alice)
        self.world.enter("alice")
        why = "alice is not here; nothing was sent to anybody (/who lists who is here)"
        self.assertEqual(self.void(self.bob, told), Refused("no-such-nick", why))


class OnceTests(Case):
    def test_same_id_and_text_is_said_once(self) -> None:
        said = e.Said("say", HI)
        first = self.applied(self.bob, said, LOBBY_ID, tag="1").envelope
        self.world.now += 60
        self.assertEqual(
            self.void(self.bob, said, LOBBY_ID, tag="1"), Duplicate(first.id, first.time)
        )

    def test_same_id_and_text_is_told_once(self) -> None:
        told = e.Told(self.user("alice").id, nick("alice"), "say", HI)
        first = self.applied(self.bob, told, tag="1").envelope
        self.assertEqual(self.void(self.bob, told, tag="1"), Duplicate(first.id, first.time))

    def test_same_id_with_other_content_is_refused(self) -> None:
        self.applied(self.bob, e.Said("say", HI), LOBBY_ID, tag="1")
        why = (
            "this id was used for another message; give each message an id of its own; "
            "nothing was sent"
        )
        for event, where in (
            (e.Said("say", lines("ho")), LOBBY_ID),
            (e.Said("say", HI), self.dev),
            (e.Said("action", HI), LOBBY_ID),
            (e.Told(self.user("alice").id, nick("alice"), "say", HI), None),
        ):
            self.assertEqual(self.void(self.bob, event, where, tag="1"), Refused("id-reused", why))

    def test_without_an_id_everything_is_said(self) -> None:
        for _ in range(2):
            self.applied(self.bob, e.Said("say", HI), LOBBY_ID)

    def test_ids_of_two_clients_are_two(self) -> None:
        self.applied(self.bob, e.Said("say", HI), LOBBY_ID, tag="1")
        self.applied(self.alice, e.Said("say", HI), LOBBY_ID, tag="1")

    def test_void_message_uses_up_no_id(self) -> None:
        self.void(self.eve, e.Said("say", HI), self.dev, tag="1")
        self.applied(self.eve, e.Said("say", HI), LOBBY_ID, tag="1")

    def test_ids_count_after_the_client_left_and_came_back(self) -> None:
        said = e.Said("say", HI)
        first = self.applied(self.bob, said, LOBBY_ID, tag="1").envelope
        self.world.close(self.bob)
        back = self.world.enter("rob", token=self.bob.token)
        self.assertEqual(self.void(back, said, LOBBY_ID, tag="1"), Duplicate(first.id, first.time))

    def test_departure_is_a_use_of_the_scope(self) -> None:
        scope = self.user("bob").author.scope
        self.world.now += REMEMBERED
        self.world.close(self.bob)
        self.state.nonces.forget(self.world.now + REMEMBERED - 1)
        self.assertTrue(self.state.nonces.known(scope))


class JoinTests(Case):
    def test_first_to_join_makes_the_room_and_is_operator(self) -> None:
        outcome = self.applied(self.eve, e.Joined(room("New")))
        made = self.room("new")
        eve = self.user("eve")
        self.assertEqual(outcome.audience, InRoom(made.ref.id))
        self.assertEqual(outcome.envelope.event, e.Joined(room("New"), created=True))
        self.assertEqual(outcome.envelope.room, made.ref)
        self.assertEqual((made.ref.id, made.created, made.password), (self.next, NOW, None))
        self.assertEqual(made.members, {eve.id: {"operator"}})
        self.assertIn(made.ref.id, eve.rooms)

    def test_second_is_a_member(self) -> None:
        outcome = self.applied(self.eve, e.Joined(room("DEV")))
        self.assertEqual(outcome.envelope.event, e.Joined(room("dev")))
        self.assertEqual(self.room("dev").members[self.user("eve").id], frozenset())

    def test_nobody_is_operator_of_the_lobby(self) -> None:
        self.assertEqual(set(self.room("lobby").members.values()), {frozenset()})

    def test_who_comes_back_to_a_room_of_their_own_is_a_member(self) -> None:
        self.applied(self.bob, e.Left(), self.dev)
        self.applied(self.bob, e.Joined(room("dev")))
        self.assertEqual(self.room("dev").members[self.user("bob").id], frozenset())

    def test_nobody_is_in_a_room_twice(self) -> None:
        why = Refused("already-in-room", "you are in #dev already")
        self.assertEqual(self.void(self.bob, e.Joined(room("Dev"))), why)

    def test_there_is_a_limit_of_rooms(self) -> None:
        self.world = World(limits=Limits(max_rooms=2))
        self.state = self.world.hub.state
        bob = self.world.enter("bob")
        self.applied(bob, e.Joined(room("one")))
        why = "you are in 2 rooms, and nobody can be in more; leave one first (/leave ROOM)"
        self.assertEqual(self.void(bob, e.Joined(room("x"))), Refused("too-many-rooms", why))

    def test_room_that_looks_like_another_is_not_made(self) -> None:
        why = "#d\u0435v looks too much like #dev, which exists; join that one, or choose another name"
        self.assertEqual(self.void(self.eve, e.Joined(room("d\u0435v"))), Refused("lookalike", why))

    def test_locked_room_takes_its_password_only(self) -> None:
        vault = room("Vault")
        secret = room_digest(vault, "s\u00e9same")
        self.applied(self.bob, e.Joined(vault, secret))
        self.assertEqual(self.room("vault").password, secret)
        self.assertEqual(self.void(self.eve, e.Joined(vault)), PasswordNeeded(vault))
        for wrong in (room_digest(vault, "sesame"), room_digest(room("dev"), "s\u00e9same"), ""):
            self.assertEqual(
                self.void(self.eve, e.Joined(vault, wrong)), PasswordNeeded(vault, wrong=True)
            )
        digest = room_digest(room("vAULT"), "s\u00e9same")
        self.applied(self.eve, e.Joined(room("vAULT"), digest))

    def test_nobody_is_shown_the_digest(self) -> None:
        secret = room_digest(room("vault"), "x")
        for seat in (self.bob, self.eve):
            event = self.applied(seat, e.Joined(room("vault"), secret)).envelope.event
            assert isinstance(event, e.Joined)
            self.assertIsNone(event.password)

    def test_open_room_takes_any_password_and_stays_open(self) -> None:
        self.applied(self.eve, e.Joined(room("dev"), room_digest(room("dev"), "x")))
        self.assertIsNone(self.room("dev").password)


class InRoomTests(Case):
    def test_who_leaves_is_no_member_any_more(self) -> None:
        outcome = self.applied(self.alice, e.Left(CleanText("bye")), self.dev)
        alice = self.user("alice")
        self.assertEqual(outcome.audience, InRoom(self.dev))
        self.assertEqual(outcome.envelope.event, e.Left(CleanText("bye")))
        self.assertEqual(outcome.envelope.author, alice.author)
        self.assertEqual(list(alice.rooms), [LOBBY_ID])
        self.assertNotIn(alice.id, self.room("dev").members)

    def test_room_vanishes_with_its_last_member(self) -> None:
        for seat in (self.alice, self.bob):
            self.applied(seat, e.Left(), self.dev)
        self.assertIsNone(self.state.room_named(room("dev")))

    def test_who_is_not_there_cannot_leave(self) -> None:
        for where in (self.dev, RoomId(999), None):
            self.assertEqual(self.void(self.eve, e.Left(), where), NOT_IN_ROOM)

    def test_topic_is_kept_with_who_set_it_and_when(self) -> None:
        self.world.now += 5
        outcome = self.applied(self.alice, e.TopicSet(CleanText("news")), self.dev)
        self.assertEqual(outcome.audience, InRoom(self.dev))
        dev = self.room("dev")
        self.assertEqual(
            (dev.topic, dev.topic_by, dev.topic_time), ("news", nick("alice"), NOW + 5)
        )

    def test_who_is_not_there_sets_no_topic(self) -> None:
        why = self.void(self.eve, e.TopicSet(CleanText("x")), self.dev)
        self.assertEqual(why, NOT_IN_ROOM)


class KeepTests(Case):
    def test_operator_sets_what_is_kept(self) -> None:
        shown = self.applied(self.bob, e.KeepSet(Keep(30), capped=True), self.dev)
        self.assertEqual(self.room("dev").keep, Keep(30))
        self.assertEqual(shown.envelope.event, e.KeepSet(Keep(30), capped=True))
        self.assertEqual(shown.audience, InRoom(self.dev))

    def test_others_do_not(self) -> None:
        refused = self.void(self.alice, e.KeepSet(Keep(30)), self.dev)
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "not-operator")
        self.assertEqual(self.void(self.eve, e.KeepSet(Keep(30)), self.dev), NOT_IN_ROOM)
        self.assertEqual(self.void(self.bob, e.KeepSet(Keep(30))), NOT_IN_ROOM)


class ClosedTests(Case):
    """A room that came back after a restart, and to which nobody comes back."""

    def close(self, where: RoomId | None) -> Outcome:
        origin = e.Origin(Node("a"), SessionId(0))
        self.next = MessageId(self.next + 1)
        proposal = e.Proposal(e.Closed(), origin, self.world.now, room=where)
        return self.world.hub.apply(self.next, proposal)

    def test_empty_room_is_gone_and_nobody_is_told(self) -> None:
        ref = e.RoomRef(RoomId(500), room("old"))
        before = self.state.dump()
        self.state.add_room(Room(ref, 5.0))
        outcome = self.close(ref.id)
        envelope = e.Envelope(
            self.next, self.world.now, e.Closed(), e.Origin(Node("a"), SessionId(0)), None, ref
        )
        self.assertEqual(outcome, Applied(envelope, NOBODY))
        self.assertEqual(self.state.dump(), before)

    def test_room_in_use_stays_and_so_does_the_lobby(self) -> None:
        for seat in (self.bob, self.alice, self.eve):
            self.world.do(seat, c.Leave(room("lobby")))
        before = self.state.dump()
        for where in (self.dev, LOBBY_ID, RoomId(999), None):
            outcome = self.close(where)
            assert isinstance(outcome, Rejected) and isinstance(outcome.why, Refused)
            self.assertEqual(outcome.why.code, "in-use")
        self.assertEqual(self.state.dump(), before)


class KickTests(Case):
    def kick(self, name: str) -> e.Kicked:
        return e.Kicked(self.user(name).id, nick(name), CleanText("out"))

    def test_operator_puts_somebody_out(self) -> None:
        kick = self.kick("alice")
        self.applied(self.alice, e.Renamed(nick("ally")))
        outcome = self.applied(self.bob, kick, self.dev)
        self.assertEqual(
            outcome.envelope.event, e.Kicked(kick.user, nick("ally"), CleanText("out"))
        )
        self.assertEqual(outcome.audience, InRoom(self.dev))
        self.assertNotIn(kick.user, self.room("dev").members)
        self.assertNotIn(self.dev, self.user("ally").rooms)

    def test_others_do_not(self) -> None:
        why = "only operators of #dev can do that (who makes a room is its operator)"
        self.assertEqual(
            self.void(self.alice, self.kick("bob"), self.dev), Refused("not-operator", why)
        )

    def test_operator_who_left_meanwhile_does_not(self) -> None:
        self.applied(self.bob, e.Left(), self.dev)
        self.assertEqual(self.void(self.bob, self.kick("alice"), self.dev), NOT_IN_ROOM)
        self.applied(self.bob, e.Joined(room("dev")))
        why = self.void(self.bob, self.kick("alice"), self.dev)
        assert isinstance(why, Refused)
        self.assertEqual(why.code, "not-operator")

    def test_nobody_is_put_out_of_no_room(self) -> None:
        for where in (RoomId(999), None):
            self.assertEqual(self.void(self.bob, self.kick("alice"), where), NOT_IN_ROOM)

    def test_who_left_meanwhile_is_not_put_out(self) -> None:
        kick = self.kick("alice")
        self.applied(self.alice, e.Left(), self.dev)
        why = Refused("not-a-member", "alice is not in #dev; /who #dev lists who is")
        self.assertEqual(self.void(self.bob, kick, self.dev), why)
        self.world.close(self.alice)
        self.assertEqual(self.void(self.bob, kick, self.dev), why)

    def test_nobody_puts_themselves_out(self) -> None:
        why = Refused("self", "you cannot put yourself out; /leave #dev leaves it")
        self.assertEqual(self.void(self.bob, self.kick("bob"), self.dev), why)


class RenameTests(Case):
    def test_who_shares_a_room_is_told_of_the_new_name_by_the_old_one(self) -> None:
        outcome = self.applied(self.bob, e.Renamed(nick("rob")))
        author = outcome.envelope.author
        assert author is not None
        self.assertEqual(author.nick.text, "bob")
        self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=True))
        self.assertEqual(self.user("rob").id, author.user)
        self.assertIsNone(self.state.user_named(nick("bob")))

    def test_first_to_claim_a_nick_has_it(self) -> None:
        self.applied(self.bob, e.Renamed(nick("carol")))
        self.assertEqual(
            self.void(self.eve, e.Renamed(nick("carol"))),
            Refused("nick-taken", '"carol" is taken'),
        )
        refused = self.void(self.eve, e.Renamed(nick("car\u043el")))
        assert isinstance(refused, Refused)
        self.assertIn("it looks too much like carol", refused.why)

    def test_own_nick_in_another_case_is_free(self) -> None:
        self.applied(self.bob, e.Renamed(nick("Bob")))
        self.assertEqual(self.user("bob").nick.text, "Bob")
        self.applied(self.bob, e.Renamed(nick("bob")))

    def test_own_nick_in_capitals_does_not_displace_another(self) -> None:
        ian, lan = self.world.enter("ian"), self.world.enter("lan")
        refused = self.void(ian, e.Renamed(nick("IAN")))
        assert isinstance(refused, Refused)
        self.assertEqual(refused.code, "nick-taken")
        for seat in (ian, lan):
            self.applied(seat, e.Departed(CleanText("quit")))


class AwayTests(Case):
    def test_who_shares_a_room_is_told(self) -> None:
        for text in (CleanText("lunch"), None):
            outcome = self.applied(self.bob, e.AwaySet(text))
            self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=True))
            self.assertEqual(outcome.envelope.event, e.AwaySet(text))
            self.assertEqual(self.user("bob").away, text)


class DepartureTests(Case):
    def test_last_session_takes_the_user_along(self) -> None:
        bob = self.user("bob")
        outcome = self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertEqual(outcome.envelope.event, e.Departed(CleanText("bye"), (LOBBY_ID, self.dev)))
        self.assertEqual(outcome.envelope.author, bob.author)
        self.assertEqual(outcome.audience, Near((LOBBY_ID, self.dev), author=False))
        self.assertNotIn(bob.id, self.state.users)
        for name in ("lobby", "dev"):
            self.assertNotIn(bob.id, self.room(name).members)

    def test_rooms_that_are_empty_then_vanish(self) -> None:
        self.applied(self.alice, e.Departed(CleanText("bye")))
        self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertIsNone(self.state.room_named(room("dev")))

    def test_one_of_several_sessions_leaves_the_user_here(self) -> None:
        bob, other = self.user("bob"), (self.bob.node, SessionId(99))
        bob.sessions[other] = bob.author
        outcome = self.applied(self.bob, e.Departed(CleanText("bye")))
        self.assertEqual(outcome.envelope.event, e.Detached())
        self.assertEqual(outcome.audience, NOBODY)
        self.assertEqual(set(bob.sessions), {other})
        self.assertIs(self.user("bob"), bob)
        self.assertIn(bob.id, self.room("dev").members)

    def test_last_session_that_detaches_takes_the_user_along_too(self) -> None:
        outcome = self.applied(self.bob, e.Detached())
        self.assertEqual(
            outcome.envelope.event, e.Departed(CleanText("left"), (LOBBY_ID, self.dev))
        )
        self.assertIsNone(self.state.user_named(nick("bob")))
