"""Tests for twisted_chat.core.rules.decide_rooms."""

from __future__ import annotations

from tests.core.rules.test_decide import LONG, Case
from tests.core.world import NOW, World, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules.decisions import FocusOn, Propose, SendReply
from twisted_chat.core.rules.outcomes import Rejected
from twisted_chat.core.state.room import LOBBY_ID, room_digest
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.core.values.text import CleanText


class RoomTests(Case):
    def test_room_is_claimed(self) -> None:
        self.assertEqual(
            self.decide(self.eve, c.Join(room("new"))), Propose(e.Joined(room("new")), claim=True)
        )

    def test_password_is_proposed_as_a_digest(self) -> None:
        self.assertEqual(
            self.decide(self.eve, c.Join(room("new"), "swordfish")),
            Propose(e.Joined(room("new"), room_digest(room("new"), "swordfish")), claim=True),
        )
        self.assertEqual(
            self.decide(self.eve, c.Join(room("new"), "")),
            Propose(e.Joined(room("new")), claim=True),
        )

    def test_joining_a_room_one_is_in_moves_the_focus(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Join(room("DEV"))),
            SendReply(r.FocusSet(room("dev")), FocusOn(self.dev)),
        )

    def test_a_password_changes_nothing_in_a_room_one_is_in(self) -> None:
        told = self.decide(self.bob, c.Join(room("dev"), "new secret"))
        assert isinstance(told, SendReply) and isinstance(told.reply, r.Refused)
        self.assertEqual((told.reply.code, told.change), ("already-in-room", None))

    def test_there_is_a_limit_of_rooms(self) -> None:
        self.world = World(limits=Limits(max_rooms=2))
        self.hub = self.world.hub
        bob = self.world.enter("bob")
        self.world.do(bob, c.Join(room("one")))
        why = "you are in 2 rooms, and nobody can be in more; leave one first (/leave ROOM)"
        self.refuse(bob, c.Join(room("two")), "too-many-rooms", why)
        self.assertIsInstance(self.decide(bob, c.Join(room("lobby"))), SendReply)

    def test_room_that_looks_like_another_is_not_made(self) -> None:
        why = "#d\u0435v looks too much like #dev, which exists; join that one, or choose another name"
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
        """What can be asked of a room by who is not in it, but to enter it, which its name is enough for if it is open."""
        dev = self.world.hub.state.room_named(room("dev"))
        assert dev is not None

        def asked(name: str) -> list[object]:
            lines = (
                *(
                    "who NAME",
                    "leave NAME",
                    "bans #NAME",
                    "settings #NAME",
                ),
                *(
                    "search x in:NAME",
                    "export #NAME",
                    "register-room #NAME",
                    "drop-room NAME",
                ),
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
            why = "too many wrong passwords of #vault were tried; wait 6 seconds"
            self.refuse(seat, c.Join(room("vault"), "secret"), "slow-down", why)
        # Not who comes from elsewhere, nor without a password; and not for long.
        alice = Propose(e.Joined(room("vault"), room_digest(room("vault"), "secret")), claim=True)
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

    def test_open_room_takes_any_password(self) -> None:
        self.assertIsInstance(self.decide(self.eve, c.Join(room("dev"), "whatever")), Propose)

    def test_leaving_is_a_claim(self) -> None:
        reason = CleanText("lunch")
        self.assertEqual(
            self.decide(self.bob, c.Leave(reason=reason)), Propose(e.Left(reason), LOBBY_ID, True)
        )
        self.assertEqual(
            self.decide(self.bob, c.Leave(room("dev"))), Propose(e.Left(), self.dev, True)
        )

    def test_who_is_not_there_cannot_leave_nor_kick_nor_set_a_topic(self) -> None:
        why = "you are not in #dev; enter it with /join #dev"
        for command in (
            c.Leave(room("dev")),
            c.Kick(nick("alice"), room=room("dev")),
            c.SetTopic(CleanText("x"), room("dev")),
            c.ShowTopic(room("dev")),
            c.ShowHistory(room("dev")),
        ):
            self.refuse(self.eve, command, "not-in-room", why)
        self.world.do(self.eve, c.Leave())
        why = "you talk in no room now: choose one with /join ROOM"
        for command in (c.Leave(), c.SetTopic(CleanText("x")), c.ShowTopic(), c.ShowHistory()):
            self.refuse(self.eve, command, "no-room", why)

    def test_operator_kicks(self) -> None:
        user = self.world.user(self.alice)
        self.assertEqual(
            self.decide(self.bob, c.Kick(nick("ALICE"), CleanText("out"), room("dev"))),
            Propose(e.Kicked(user.id, user.nick, CleanText("out")), self.dev, True),
        )

    def test_others_do_not_kick(self) -> None:
        why = "only operators of #dev can do that (who makes a room is its operator)"
        self.refuse(self.alice, c.Kick(nick("bob")), "not-operator", why)

    def test_nobody_puts_themselves_out(self) -> None:
        why = "you cannot put yourself out; /leave #dev leaves it"
        self.refuse(self.bob, c.Kick(nick("bob"), room=room("dev")), "self", why)

    def test_only_members_can_be_kicked(self) -> None:
        for name in ("eve", "carol"):
            why = f"{name} is not in #dev; /who #dev lists who is"
            self.refuse(self.bob, c.Kick(nick(name), room=room("dev")), "not-a-member", why)

    def test_topic_is_set_and_shown(self) -> None:
        self.assertEqual(
            self.decide(self.alice, c.SetTopic(CleanText("news"))),
            Propose(e.TopicSet(CleanText("news")), self.dev, True),
        )
        self.assertEqual(
            self.reply(self.bob, c.ShowTopic(room("dev"))), r.Topic(room("dev"), CleanText(""))
        )
        self.world.do(self.alice, c.SetTopic(CleanText("news")))
        self.assertEqual(
            self.reply(self.bob, c.ShowTopic(room("dev"))),
            r.Topic(room("dev"), CleanText("news"), nick("alice"), NOW),
        )

    def test_long_reasons_topics_and_away_texts_are_refused(self) -> None:
        why = "that text has 400 bytes, and 390 are the most"
        dev = room("dev")
        for command in (
            c.Leave(dev, LONG),
            c.Kick(nick("alice"), LONG, dev),
            c.SetTopic(LONG, dev),
            c.Away(LONG),
            c.Quit(LONG),
        ):
            self.refuse(self.bob, command, "too-long", why)


class KeepTests(Case):
    month = Keep(days=30)

    def test_operator_sets_what_is_kept(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.SetKeep(self.month, room("dev"))),
            Propose(e.KeepSet(self.month), self.dev, True),
        )

    def test_others_do_not(self) -> None:
        why = "only operators of #dev can do that (who makes a room is its operator)"
        self.refuse(self.alice, c.SetKeep(self.month), "not-operator", why)

    def test_nobody_does_in_the_lobby(self) -> None:
        why = "nobody can do that in #lobby, which has no operator"
        self.refuse(self.bob, c.SetKeep(self.month), "not-operator", why)

    def test_who_is_not_there_neither_sets_nor_sees_it(self) -> None:
        for command in (c.SetKeep(self.month, room("dev")), c.ShowKeep(room("dev"))):
            self.refuse(
                self.eve, command, "not-in-room", "you are not in #dev; enter it with /join #dev"
            )

    def limited(self, days: int, lines: int) -> None:
        self.world = World(limits=Limits(keep_days=days, keep_lines=lines))
        self.hub = self.world.hub
        self.bob = self.world.enter("bob")
        self.world.do(self.bob, c.Join(room("dev")))
        self.dev = self.room("dev")

    def test_more_than_the_server_keeps_is_capped_and_says_so(self) -> None:
        self.limited(days=7, lines=0)
        for asked, got, capped in (
            (Keep(30), Keep(7), True),
            (Keep(30, 500), Keep(7, 500), True),
            (Keep(7), Keep(7), False),
            (Keep(1), Keep(1), False),
            (Keep(lines=500), Keep(lines=500), False),
            (KEEP_ALL, KEEP_ALL, False),
        ):
            self.assertEqual(
                self.decide(self.bob, c.SetKeep(asked)),
                Propose(e.KeepSet(got, capped), self.dev, True),
            )

    def test_what_is_shown_is_what_holds(self) -> None:
        self.limited(days=7, lines=0)
        kept = self.reply(self.bob, c.ShowKeep())
        self.assertEqual(kept, r.Kept(room("dev"), Keep(days=7)))
        self.world.do(self.bob, c.SetKeep(Keep(lines=500)))
        kept = self.reply(self.bob, c.ShowKeep(room("dev")))
        self.assertEqual(kept, r.Kept(room("dev"), Keep(7, 500)))
        kept = self.reply(self.bob, c.ShowKeep(room("lobby")))
        self.assertEqual(kept, r.Kept(room("lobby"), Keep(days=7)))
