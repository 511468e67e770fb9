"""Rooms: entering and leaving them, and invitations."""

from __future__ import annotations

from tests.core.dump import dump
from tests.core.ruled import DEV, RuledCase
from tests.core.rules.cases import ChatCase
from tests.core.world import NOW, World, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import PasswordNeeded, Refused
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules.decisions import FocusOn, Propose, SendReply
from twisted_chat.core.rules.outcomes import NOBODY, Applied, InRoom, Outcome, Rejected
from twisted_chat.core.rules.permissions import admit
from twisted_chat.core.state.room import LOBBY_ID, Room, room_digest
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import MessageId, Node, RoomId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.core.values.text import CleanText

LONG = CleanText("\u00e4" * 200)  # 400 bytes
NOT_IN_ROOM = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class JoinTests(ChatCase):
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

    def test_second_is_a_member_and_nobody_operator_of_the_lobby_or_twice_in_a_room(self) -> None:
        outcome = self.applied(self.eve, e.Joined(room("DEV")))
        self.assertEqual(outcome.envelope.event, e.Joined(room("dev")))
        self.assertEqual(self.room("dev").members[self.user("eve").id], frozenset())
        self.assertEqual(set(self.room("lobby").members.values()), {frozenset()})
        why = Refused("already-in-room", "You are already in #dev.")
        self.assertEqual(self.void(self.bob, e.Joined(room("Dev"))), why)

    def test_who_comes_back_to_a_room_of_their_own_is_a_member(self) -> None:
        self.applied(self.bob, e.Left(), self.dev)
        self.applied(self.bob, e.Joined(room("dev")))
        self.assertEqual(self.room("dev").members[self.user("bob").id], frozenset())

    def test_there_is_a_limit_of_rooms(self) -> None:
        self.world = World(limits=Limits(max_rooms=2))
        self.state = self.world.hub.state
        bob = self.world.enter("bob")
        self.applied(bob, e.Joined(room("one")))
        why = "You are in 2 rooms and cannot be in more. Leave one first with /leave ROOM."
        self.assertEqual(self.void(bob, e.Joined(room("x"))), Refused("too-many-rooms", why))

    def test_room_that_looks_like_another_is_not_made(self) -> None:
        why = "#d\u0435v looks too much like #dev, which already exists. No room was made. Join #dev, or choose another name."
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


class RoomTests(ChatCase):
    def test_room_is_claimed_and_an_open_one_takes_any_password(self) -> None:
        self.assertEqual(self.decide(self.eve, c.Join(room("new"))), Propose(e.Joined(room("new"))))
        self.assertIsInstance(self.decide(self.eve, c.Join(room("dev"), "whatever")), Propose)

    def test_password_is_proposed_as_a_digest(self) -> None:
        self.assertEqual(
            self.decide(self.eve, c.Join(room("new"), "swordfish")),
            Propose(e.Joined(room("new"), room_digest(room("new"), "swordfish"))),
        )
        self.assertEqual(
            self.decide(self.eve, c.Join(room("new"), "")), Propose(e.Joined(room("new")))
        )

    def test_joining_a_room_one_is_in_moves_the_focus_and_sets_no_password(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Join(room("DEV"))),
            SendReply(r.FocusSet(room("dev")), FocusOn(self.dev)),
        )
        told = self.decide(self.bob, c.Join(room("dev"), "new secret"))
        assert isinstance(told, SendReply) and isinstance(told.reply, r.Refused)
        self.assertEqual((told.reply.code, told.change), ("already-in-room", None))

    def test_there_is_a_limit_of_rooms(self) -> None:
        self.world = World(limits=Limits(max_rooms=2))
        self.hub = self.world.hub
        bob = self.world.enter("bob")
        self.world.do(bob, c.Join(room("one")))
        why = "You are in 2 rooms and cannot be in more. Leave one first with /leave ROOM."
        self.refuse(bob, c.Join(room("two")), "too-many-rooms", why)
        self.assertIsInstance(self.decide(bob, c.Join(room("lobby"))), SendReply)

    def test_room_that_looks_like_another_is_not_made(self) -> None:
        why = "#d\u0435v looks too much like #dev, which already exists. No room was made. Join #dev, or choose another name."
        self.refuse(self.eve, c.Join(room("d\u0435v")), "lookalike", why)
        dev = self.world.hub.state.room_named(room("dev"))
        assert dev is not None
        self.world.hub.state.set_room(dev, dev.settings.changed("private", 1))
        asked = SendReply(r.PasswordNeeded(room("d\u0435v")))
        self.assertEqual(self.decide(self.eve, c.Join(room("d\u0435v"))), asked)

    def test_private_room_that_one_cannot_enter_does_not_say_why(self) -> None:
        dev = self.world.hub.state.room_named(room("dev"))
        assert dev is not None
        self.world.hub.state.set_room(dev, dev.settings.changed("private", 1))
        made, digest = dev.settings, room_digest(room("dev"), "secret")
        for how in ("locked", "invite-only", "banned", "muted and banned and locked"):
            dev.password = digest if "locked" in how else None
            settings = made.changed("invite-only", int(how == "invite-only"))
            self.world.hub.state.set_room(dev, settings)
            dev.bans.clear()
            if "banned" in how:
                dev.bans["eve"] = Ban(read_target("eve"), "bob", NOW)
            for name in ("dev", "d\u0435v"):
                for password in (None, "guess"):
                    told = SendReply(r.PasswordNeeded(room(name), wrong=password is not None))
                    decided = self.decide(self.eve, c.Join(room(name), password))
                    self.assertEqual(decided, told, (how, name))
                    event = e.Joined(room(name), password and room_digest(room(name), password))
                    self.world.publish(
                        e.Proposal(
                            event,
                            e.Origin(self.eve.node, self.eve.session),
                            NOW,
                            self.world.user(self.eve).id,
                        )
                    )
                    void = self.world.outcomes[self.eve.node][-1]
                    assert isinstance(void, Rejected)
                    self.assertEqual(void.why, told.reply, (how, name))

    def test_passwords_of_a_private_room_are_tried_no_faster_if_it_has_none(self) -> None:
        dev = self.world.hub.state.room_named(room("dev"))
        assert dev is not None
        self.world.hub.state.set_room(
            dev, dev.settings.changed("private", 1).changed("invite-only", 1)
        )
        for n in range(10):
            self.decide(self.eve, c.Join(room("dev"), f"guess{n}"))
        self.assertEqual(self.world.refusal(self.eve, c.Join(room("dev"), "x")).code, "slow-down")

    def test_nothing_tells_a_private_room_from_none(self) -> None:
        """Covers all a user outside can ask about a room, except for entering it: if it is open, its name is enough."""
        dev = self.world.hub.state.room_named(room("dev"))
        assert dev is not None

        def asked(name: str) -> list[object]:
            lines = (
                *("who NAME", "leave NAME", "bans #NAME", "settings #NAME"),
                *("search x in:NAME", "export #NAME", "register-room #NAME", "drop-room NAME"),
                *("forget-me NAME", "invite #NAME alice", "ban #NAME x", "lock #NAME pw", "rooms"),
            )
            said = c.Say((CleanText(f"join {name} swordfish"),), unless=(room(name),))
            shown = (c.ShowHistory(room(name)), c.ShowTopic(room(name)), c.ShowKeep(room(name)))
            decided = [self.decide(self.eve, each) for each in (said, *shown)]
            for line in lines:
                verb, _, rest = line.replace("NAME", name).partition(" ")
                decided.append(self.decide(self.eve, COMMANDS[verb].parse(rest)))
            return [repr(each).replace(name, "X") for each in decided]

        settings: tuple[Setting, ...] = ("private", "invite-only")
        for setting in settings:
            self.world.hub.state.set_room(dev, dev.settings.changed(setting, 1))
            self.assertEqual(asked("dev"), asked("qqq"))
        dev.password = "digest"
        self.assertEqual(asked("dev"), asked("qqq"))

    def test_locked_room_takes_its_password_only(self) -> None:
        self.world.do(self.bob, c.Join(room("Vault"), "s\u00e9same"))
        self.assertEqual(
            self.decide(self.eve, c.Join(room("vault"))), SendReply(r.PasswordNeeded(room("vault")))
        )
        for wrong in ("sesame", "S\u00c9SAME", " s\u00e9same"):
            self.assertEqual(
                self.decide(self.eve, c.Join(room("vault"), wrong)),
                SendReply(r.PasswordNeeded(room("vault"), wrong=True)),
            )
        decision = self.decide(self.eve, c.Join(room("VAULT"), "s\u00e9same"))
        self.assertIsInstance(decision, Propose)

    def test_wrong_passwords_at_speed_are_not_looked_at(self) -> None:
        self.world.do(self.bob, c.Join(room("vault"), "secret"))
        self.world.session(self.eve).address = "2001:db8::1"
        neighbour = self.world.enter("mallory")
        self.world.session(neighbour).address = "2001:db8::2"
        wrong = SendReply(r.PasswordNeeded(room("vault"), wrong=True))
        for n in range(10):
            self.assertEqual(self.decide(self.eve, c.Join(room("vault"), f"guess{n}")), wrong)
        for seat in (self.eve, neighbour):
            why = "Too many wrong passwords for #vault. Try again in 6 seconds."
            self.refuse(seat, c.Join(room("vault"), "secret"), "slow-down", why)
        # It does not concern users from elsewhere, nor a try without a password; and it does not last long.
        alice = Propose(e.Joined(room("vault"), room_digest(room("vault"), "secret")))
        self.assertEqual(self.decide(self.alice, c.Join(room("vault"), "secret")), alice)
        asked = SendReply(r.PasswordNeeded(room("vault")))
        self.assertEqual(self.decide(self.eve, c.Join(room("vault"))), asked)
        self.world.now += 6
        self.assertEqual(self.decide(self.eve, c.Join(room("vault"), "secret")), alice)

    def test_wrong_passwords_on_the_servers_machine_count_for_each_user(self) -> None:
        self.world.do(self.bob, c.Join(room("vault"), "secret"))
        for n in range(10):
            self.decide(self.eve, c.Join(room("vault"), f"guess{n}"))
        self.assertEqual(self.world.refusal(self.eve, c.Join(room("vault"), "x")).code, "slow-down")
        self.assertIsInstance(self.decide(self.alice, c.Join(room("vault"), "secret")), Propose)

    def test_leaving_is_a_claim(self) -> None:
        reason = CleanText("lunch")
        self.assertEqual(
            self.decide(self.bob, c.Leave(reason=reason)), Propose(e.Left(reason), LOBBY_ID)
        )
        self.assertEqual(self.decide(self.bob, c.Leave(room("dev"))), Propose(e.Left(), self.dev))

    def test_room_that_is_not_there_is_told_apart_from_one_where_one_is_not(self) -> None:
        for command in (c.Leave(room("qqq")), c.Kick(nick("alice"), room=room("qqq"))):
            why = "There is no room #qqq. Type /rooms to list them."
            self.refuse(self.eve, command, "no-such-room", why)

    def test_who_is_not_there_cannot_leave_nor_kick_nor_set_a_topic(self) -> None:
        why = "You are not in #dev. Enter it with /join #dev."
        for command in (
            c.Leave(room("dev")),
            c.Kick(nick("alice"), room=room("dev")),
            c.SetTopic(CleanText("x"), room("dev")),
            c.ShowTopic(room("dev")),
            c.ShowHistory(room("dev")),
        ):
            self.refuse(self.eve, command, "not-in-room", why)
        self.world.do(self.eve, c.Leave())
        why = "You are not talking in any room. Choose one with /join ROOM."
        for command in (c.Leave(), c.SetTopic(CleanText("x")), c.ShowTopic(), c.ShowHistory()):
            self.refuse(self.eve, command, "no-room", why)

    def test_operator_kicks_members_only(self) -> None:
        user = self.world.user(self.alice)
        self.assertEqual(
            self.decide(self.bob, c.Kick(nick("ALICE"), CleanText("out"), room("dev"))),
            Propose(e.Kicked(user.id, user.nick, CleanText("out")), self.dev),
        )
        for name in ("eve", "carol"):
            why = f"{name} is not in #dev. Nothing was changed. Type /who #dev to list its members."
            self.refuse(self.bob, c.Kick(nick(name), room=room("dev")), "not-a-member", why)

    def test_long_reasons_topics_and_away_texts_are_refused(self) -> None:
        why = "That text has 400 bytes; the limit is 390. Nothing was changed."
        dev = room("dev")
        for command in (
            c.Leave(dev, LONG),
            c.Kick(nick("alice"), LONG, dev),
            c.SetTopic(LONG, dev),
            c.Away(LONG),
            c.Quit(LONG),
        ):
            self.refuse(self.bob, command, "too-long", why)


class AdmitTests(RuledCase):
    def test_password_is_needed_or_wrong(self) -> None:
        self.done(self.otto, "lock secret")
        carl = self.world.user(self.carl)
        for digest, expected in (
            (None, PasswordNeeded(self.dev.name)),
            (room_digest(DEV, "other"), PasswordNeeded(self.dev.name, wrong=True)),
            (room_digest(DEV, "secret"), None),
        ):
            self.assertEqual(admit(carl, self.dev, digest, NOW), expected)

    def test_who_is_banned_learns_nothing_of_the_password(self) -> None:
        self.done(self.otto, "lock secret")
        self.done(self.otto, "ban carl")
        self.assertEqual(
            (self.enters(self.carl, "secret"), self.enters(self.carl)), ("banned",) * 2
        )


class InRoomTests(ChatCase):
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

    def test_who_is_not_there_neither_leaves_nor_sets_a_topic(self) -> None:
        for where in (self.dev, RoomId(999), None):
            self.assertEqual(self.void(self.eve, e.Left(), where), NOT_IN_ROOM)
        why = self.void(self.eve, e.TopicSet(CleanText("x")), self.dev)
        self.assertEqual(why, NOT_IN_ROOM)


class ClosedTests(ChatCase):
    """A room that was restored after a restart, and that nobody enters again."""

    def close(self, where: RoomId | None) -> Outcome:
        origin = e.Origin(Node("a"), SessionId(0))
        self.next = MessageId(self.next + 1)
        proposal = e.Proposal(e.Closed(), origin, self.world.now, room=where)
        return self.world.hub.apply(self.next, proposal)

    def test_empty_room_is_gone_and_nobody_is_told(self) -> None:
        ref = e.RoomRef(RoomId(500), room("old"))
        before = dump(self.state)
        self.state.add_room(Room(ref, 5.0))
        outcome = self.close(ref.id)
        envelope = e.Envelope(
            self.next, self.world.now, e.Closed(), e.Origin(Node("a"), SessionId(0)), None, ref
        )
        assert isinstance(outcome, Applied)
        self.assertEqual((outcome.envelope, outcome.audience), (envelope, NOBODY))
        self.assertEqual(dump(self.state), before)

    def test_room_in_use_stays_and_so_does_the_lobby(self) -> None:
        for seat in (self.bob, self.alice, self.eve):
            self.world.do(seat, c.Leave(room("lobby")))
        before = dump(self.state)
        for where in (self.dev, LOBBY_ID, RoomId(999), None):
            outcome = self.close(where)
            assert isinstance(outcome, Rejected) and isinstance(outcome.why, Refused)
            self.assertEqual(outcome.why.code, "in-use")
        self.assertEqual(dump(self.state), before)


class InvitationTests(RuledCase):
    def test_invitation_lets_in_once_past_everything(self) -> None:
        for line in ("invite-only on", "lock secret", "ban carl"):
            self.done(self.otto, line)
        shown = self.done(self.otto, "invite carl")
        self.assertEqual(shown.event, e.InvitedToRoom(self.world.user(self.carl).id, nick("carl")))
        self.assertEqual(self.enters(self.carl), "")
        self.world.do(self.carl, c.Leave(DEV))
        self.assertEqual(self.enters(self.carl), "banned")

    def test_invitation_of_a_member_passes_nothing(self) -> None:
        self.done(self.eve, "invite carl")
        for line, code in (("lock secret", "password"), ("unlock", ""), ("ban carl", "banned")):
            self.done(self.otto, line)
            self.assertEqual(self.enters(self.carl), code, line)
            self.world.do(self.carl, c.Leave(DEV))
            if line == "unlock":  # it is used up
                self.assertEqual(self.dev.invited, {})
                self.done(self.eve, "invite carl")

    def test_invitation_of_a_member_takes_back_none_of_an_operator(self) -> None:
        self.done(self.otto, "ban carl")
        self.done(self.otto, "invite carl")
        self.done(self.eve, "invite carl")
        self.assertEqual(self.enters(self.carl), "")

    def test_members_invite_nobody_into_an_invite_only_room(self) -> None:
        self.done(self.otto, "invite-only on")
        for seat in (self.eve, self.vera):
            self.assertEqual(self.code(seat, "invite carl"), "not-operator")

    def test_who_is_invited_can_ask_where_and_by_whom(self) -> None:
        self.assertEqual(self.answer(self.carl, "invites"), r.Invitations((), 0, 1, 1))
        self.done(self.eve, "invite carl")
        line = r.InvitationLine(DEV, "eve", NOW)
        self.assertEqual(self.answer(self.carl, "invites"), r.Invitations((line,), 1, 1, 1))
        self.assertEqual(self.answer(self.eve, "invites"), r.Invitations((), 0, 1, 1))
        self.assertEqual(self.enters(self.carl), "")
        self.assertEqual(self.answer(self.carl, "invites"), r.Invitations((), 0, 1, 1))

    def test_invitation_is_for_the_person_and_not_for_the_name(self) -> None:
        self.done(self.otto, "invite-only on")
        self.done(self.otto, "invite carl")
        self.world.do(self.carl, c.Rename(nick("charles")))
        other = self.comes("carl")
        self.assertEqual((self.enters(other), self.enters(self.carl)), ("invite-only", ""))

    def test_ban_takes_an_invitation_back(self) -> None:
        self.done(self.otto, "invite carl")
        self.done(self.otto, "ban carl")
        self.assertEqual(self.enters(self.carl), "banned")


class LastingTests(RuledCase):
    def test_each_change_is_to_be_kept(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for line in (
            *("private on", "lock secret", "unlock", "invite carl", "op eve", "ban 10.0.0.0/8"),
            *("unban 10.0.0.0/8", "mute eve", "unmute eve", "transfer vera"),
        ):
            list(self.world.hub.altered())
            self.done(self.olga, line)
            self.assertEqual([each.ref for each in self.world.hub.altered()], [self.dev.ref], line)
