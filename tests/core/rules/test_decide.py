"""Tests for twisted_chat.core.rules.decide."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_COMMAND
from tests.core.world import NOW, Seat, World, lines, nick, room, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Query
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules import private
from twisted_chat.core.rules.decisions import (
    Decision,
    GoodBye,
    Ignoring,
    LastSeen,
    Nothing,
    Propose,
    Recall,
    Repeat,
    RunSearch,
    SendReply,
    ServerStats,
)
from twisted_chat.core.rules.listings import overview, people, profile, rooms
from twisted_chat.core.rules.outcomes import Rejected
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.limits import REMEMBERED, Limits
from twisted_chat.core.values.names import Nick, guest_nick
from twisted_chat.core.values.text import CleanText

HI = lines("hi")
LONG = CleanText("\u00e4" * 200)  # 400 bytes


class Case(SynchronousTestCase):
    """Bob made #dev and is operator there, and talks in the lobby; Alice is in both, Eve in the lobby."""

    def setUp(self) -> None:
        self.world = World()
        self.hub = self.world.hub
        self.bob = self.world.enter("bob")
        self.alice = self.world.enter("alice")
        self.eve = self.world.enter("eve")
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.do(self.bob, c.Join(room("lobby")))
        self.dev = self.room("dev")

    def room(self, name: str) -> RoomId:
        found = self.hub.state.room_named(room(name))
        assert found is not None
        return found.ref.id

    def decide(self, seat: Seat, command: c.Command, tag: str | None = None) -> Decision:
        return self.world.decide(seat, command, tag)

    def reply(self, seat: Seat, command: c.Command) -> r.Reply:
        decision = self.decide(seat, command)
        assert isinstance(decision, SendReply) and decision.change is None, decision
        return decision.reply

    def refuse(self, seat: Seat, command: c.Command, code: str, why: str) -> None:
        """Check that a command is refused, and the text that says so."""
        self.assertEqual(self.world.refusal(seat, command), r.Refused(code, why))


class NothingChangesTests(Case):
    def everything(self) -> object:
        """What the hub knows: what is shared, and each session."""
        return copy.deepcopy((self.hub.state.dump(), self._sessions()))

    def _sessions(self) -> list[object]:
        return [
            (
                session.id,
                session.user,
                session.focus,
                session.before,
                session.answer_to,
                session.ignored,
                (session.bucket.tokens, session.bucket.at),
            )
            for session in self.hub.state.sessions.values()
        ]

    def test_deciding_changes_nothing(self) -> None:
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.bob, c.Ignore(nick("eve")))
        before = self.everything()
        new = self.world.open()
        opened = self.everything()
        for seat in (self.bob, self.eve, new):
            for command in EVERY_COMMAND:
                for tag in (None, "1"):
                    self.decide(seat, command, tag)
                    self.assertEqual(self.everything(), opened, repr(command))
        self.assertNotEqual(before, opened)

    def test_refusals_and_repeats_change_nothing(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        before = self.everything()
        self.decide(self.bob, c.Say(HI), "1")
        self.decide(self.bob, c.Say(lines("other")), "1")
        self.decide(self.bob, c.Say(lines("x" * 5000)), "2")
        self.assertEqual(self.everything(), before)


class LoginTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.new = self.world.open()

    def login(self, name: str | None = None) -> Decision:
        return self.decide(self.new, c.Login(nick(name) if name is not None else None))

    def arrival(self, name: str) -> Propose:
        return Propose(e.Arrived(nick(name), scope_of(self.new.token), "somewhere"), claim=True)

    def test_free_nick_is_claimed(self) -> None:
        self.assertEqual(self.login("carol"), self.arrival("carol"))

    def test_taken_nick_is_refused_with_reason_and_suggestion(self) -> None:
        why = '"bob" is taken'
        self.assertEqual(
            self.login("bob"), SendReply(r.NameRefused("nick-taken", why, nick("bob2")))
        )

    def test_suggestion_is_free(self) -> None:
        self.world.enter("bob2")
        self.world.enter("b\u043eb3")  # with a Cyrillic letter, but it looks the same
        decision = self.login("BOB")
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertEqual(str(decision.reply.suggestion), "BOB4")

    def test_refusal_made_while_applying_gets_a_suggestion_too(self) -> None:
        self.world.instant = False
        self.world.do(self.new, c.Login(nick("carol")))
        self.world.do(self.world.open(), c.Login(nick("carol")))
        self.world.settle()
        rejected = self.world.outcomes[self.new.node][-1]
        assert isinstance(rejected, Rejected)
        self.assertEqual(
            rejected.why, r.NameRefused("nick-taken", '"carol" is taken', nick("carol2"))
        )

    def test_nick_that_looks_taken_says_by_whom(self) -> None:
        why = '"b\u043eb" is taken: it looks too much like bob, who is here'
        decision = self.login("b\u043eb")
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        self.assertEqual((decision.reply.code, decision.reply.why), ("nick-taken", why))

    def test_everything_else_waits_for_the_login(self) -> None:
        free = (c.Help, c.Ping, c.Pong, c.Login, c.Quit)
        for command in EVERY_COMMAND:
            if not isinstance(command, free):
                self.refuse(
                    self.new, command, "not-logged-in", "pick a nickname first; nothing was sent"
                )

    def test_help_ping_and_quit_need_no_login(self) -> None:
        self.assertIsInstance(self.reply(self.new, c.Help()), r.HelpText)
        self.assertEqual(self.reply(self.new, c.Ping(CleanText("1"))), r.Pong(CleanText("1")))
        self.assertEqual(self.decide(self.new, c.Pong()), Nothing())
        self.assertEqual(self.decide(self.new, c.Quit()), GoodBye(CleanText("quit")))

    def test_token_takes_over_its_ghost_whatever_nick_is_asked_for(self) -> None:
        back = self.world.open(token=self.bob.token)
        for asked in (nick("bob"), nick("carol"), nick("alice"), None):
            self.assertEqual(
                self.decide(back, c.Login(asked, token=back.token)),
                Propose(e.Arrived(nick("bob"), scope_of(back.token), "somewhere"), claim=True),
            )

    def test_without_the_token_nobody_is_taken_over(self) -> None:
        # The node gives every session a token; only one that the client brings counts.
        back = self.world.open(token=self.bob.token)
        decision = self.decide(back, c.Login(nick("bob")))
        self.assertIsInstance(decision, SendReply)

    def test_token_of_nobody_here_is_a_login_like_any_other(self) -> None:
        decision = self.decide(self.new, c.Login(nick("carol"), token=self.new.token))
        self.assertEqual(decision, self.arrival("carol"))

    def test_second_login_is_a_rename(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Login(nick("rob"))), Propose(e.Renamed(nick("rob")), claim=True)
        )
        self.assertEqual(
            self.decide(self.bob, c.Login()), Propose(e.Renamed(nick("guest1")), claim=True)
        )

    def test_second_login_with_the_secret_of_a_session_is_refused(self) -> None:
        why = "you are logged in as bob already; /nick NICK changes that name"
        self.refuse(self.bob, c.Login(nick("rob"), token="x"), "already-logged-in", why)


class GuestTests(Case):
    def guest(self) -> str:
        seat = self.world.open()
        decision = self.world.do(seat, c.Login())
        assert isinstance(decision, Propose) and isinstance(decision.event, e.Arrived), decision
        return str(decision.event.nick)

    def test_guests_are_counted(self) -> None:
        self.assertEqual([self.guest() for _ in range(3)], ["guest1", "guest2", "guest3"])

    def test_taken_guest_names_and_what_looks_like_them_are_passed_over(self) -> None:
        for name in ("Guest1", "guest2", "guestI0", "gu\u0435st4"):
            self.world.enter(name)
        found = [self.guest() for _ in range(8)]
        self.assertEqual(found, [f"guest{n}" for n in (3, 5, 6, 7, 8, 9, 11, 12)])

    def test_small_letter_l_takes_the_one(self) -> None:
        self.world.enter("guestl")
        self.assertEqual(self.guest(), "guest2")

    def test_guests_whose_logins_are_under_way_get_names_of_their_own(self) -> None:
        self.world.instant = False
        self.assertEqual([self.guest() for _ in range(3)], ["guest1", "guest2", "guest3"])
        self.world.settle()
        self.assertEqual(len(self.hub.state.users), 6)

    def test_numbers_of_guests_who_left_are_used_again(self) -> None:
        for _ in range(100):
            seat = self.world.open()
            decision = self.world.do(seat, c.Login())
            assert isinstance(decision, Propose) and isinstance(decision.event, e.Arrived)
            self.assertLessEqual(decision.event.nick.text, "guest99")
            self.world.close(seat)
        self.assertLess(int(self.guest().removeprefix("guest")), 20)

    def test_next_guest_of_many_costs_one_look(self) -> None:
        for _ in range(500):
            self.guest()
        looked: list[Nick] = []
        self.patch(self.hub.state.accounts, "holder", looked.append)
        self.decide(self.world.open(), c.Login())
        self.assertEqual(set(looked), {guest_nick(501)})


class RenameTests(Case):
    def test_free_nick_is_claimed(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Rename(nick("rob"))),
            Propose(e.Renamed(nick("rob")), claim=True),
        )

    def test_own_nick_in_another_case_is_free(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Rename(nick("Bob"))),
            Propose(e.Renamed(nick("Bob")), claim=True),
        )

    def test_own_nick_is_no_change(self) -> None:
        why = "you are called bob already; nothing was changed"
        self.refuse(self.bob, c.Rename(nick("bob")), "same-nick", why)

    def test_taken_nick_is_refused_with_a_suggestion(self) -> None:
        self.refuse(self.bob, c.Rename(nick("alice")), "nick-taken", '"alice" is taken; try alice2')
        self.refuse(
            self.bob,
            c.Rename(nick("al\u0456ce")),
            "nick-taken",
            '"al\u0456ce" is taken: it looks too much like alice, who is here; try al\u0456ce2',
        )

    def test_where_nothing_can_be_suggested_nothing_is(self) -> None:
        name = "\u0627\u0628\u0661"  # an Arabic name with an Arabic digit
        self.world.enter(name)
        self.refuse(self.bob, c.Rename(nick(name)), "nick-taken", f'"{name}" is taken')

    def test_own_nick_in_capitals_must_not_look_like_that_of_another(self) -> None:
        ian = self.world.enter("ian")
        self.world.enter("lan")
        self.assertEqual(self.world.refusal(ian, c.Rename(nick("IAN"))).code, "nick-taken")


class SayTests(Case):
    def test_text_goes_to_the_focus(self) -> None:
        self.assertEqual(self.decide(self.bob, c.Say(HI)), Propose(e.Said("say", HI), LOBBY_ID))
        self.assertEqual(self.decide(self.alice, c.Say(HI)), Propose(e.Said("say", HI), self.dev))

    def test_text_goes_to_the_room_that_is_named(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Say(HI, room("DEV"), "action")),
            Propose(e.Said("action", HI), self.dev),
        )

    def test_mistyped_private_message_to_somebody_here_is_not_said(self) -> None:
        why = (
            "That looks like a private message to eve, mistyped. It was not sent. "
            "Write /msg eve TEXT, or put // and a blank in front to say it to everybody."
        )
        for name in ("eve", "Eve", "\u0435v\u0435"):
            self.refuse(self.bob, c.Say(HI, unless=(nick(name),)), "looks-private", why)

    def test_any_of_several_lines_may_be_for_somebody_here(self) -> None:
        for program, way in ((True, '"literal": true'), (False, "put // and a blank in front")):
            said = c.Say(HI, unless=(nick("zed"), nick("eve")), program=program)
            refused = self.world.refusal(self.bob, said)
            self.assertEqual(refused.code, "looks-private")
            self.assertIn(way, refused.why)

    def test_what_would_look_private_is_said_when_nobody_has_that_nick(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.Say(HI, unless=(nick("zed"),))),
            Propose(e.Said("say", HI), LOBBY_ID),
        )

    def test_password_of_a_locked_room_is_not_said(self) -> None:
        self.world.do(self.alice, c.Join(room("Vault"), "swordfish"))
        why = (
            "That looks like the password of #Vault, mistyped. It was not sent. "
            "Write /join #Vault PASSWORD, or put // and a blank in front to say it to everybody."
        )
        for name in ("vault", "VAULT", "v\u0430ult"):
            for seat in (self.bob, self.alice):
                self.refuse(seat, c.Say(HI, unless=(room(name),)), "looks-private", why)

    def test_private_room_is_not_named_to_who_nearly_knows_its_name(self) -> None:
        self.world.do(self.alice, c.Join(room("Vault"), "swordfish"))
        vault = self.world.hub.state.room_named(room("vault"))
        assert vault is not None
        self.world.hub.state.set_room(vault, vault.settings.changed("private", 1))
        for name in ("v\u0430ult", "nowhere"):  # alike, whether it is there or not
            for typed in (
                f"join {name} swordfish",
                f"! join {name} swordfish",
                f"join {name}:sword,fish",
                f"join,{name}, swordfish",
                f"join: {name}\uff1aswordfish",
            ):
                refused = self.world.refusal(self.bob, c.Say(lines(typed), unless=(room(name),)))
                self.assertEqual(refused.code, "looks-private", typed)
                self.assertNotIn("Vault", refused.why)
            talk = c.Say(lines(f"join {name} and me"), unless=(room(name),))
            self.assertIsInstance(self.decide(self.bob, talk), Propose)
        # Who is in it knows of it.
        whole = lines("join vault swordfish if you like")
        refused = self.world.refusal(self.alice, c.Say(whole, unless=(room("vault"),)))
        self.assertIn("the password of #Vault", refused.why)

    def test_what_would_look_like_a_password_is_said_when_the_room_has_none(self) -> None:
        for name in ("dev", "nowhere"):
            self.assertEqual(
                self.decide(self.bob, c.Say(HI, unless=(room(name),))),
                Propose(e.Said("say", HI), LOBBY_ID),
            )

    def test_who_has_no_focus_is_told_that_nothing_was_said(self) -> None:
        self.world.do(self.eve, c.Leave())
        why = "you talk in no room now: choose one with /join ROOM. The message was not sent."
        self.refuse(self.eve, c.Say(HI), "no-room", why)

    def test_focus_of_a_session_that_was_replaced_is_none(self) -> None:
        # The user went on in another session and left the room there.
        back = self.world.open(token=self.bob.token)
        replaced = self.world.session(self.bob)
        self.world.do(back, c.Login(token=back.token))
        self.world.do(back, c.Leave(room("lobby")))
        self.hub.state.sessions[self.bob.session] = replaced
        for command, code in (
            (c.Say(HI), "no-room"),
            (c.Kick(nick("eve")), "no-room"),
            (c.Say(HI, room("lobby")), "not-in-room"),
        ):
            self.assertEqual(self.world.refusal(self.bob, command).code, code)

    def test_who_is_not_in_the_room_is_told_that_nothing_was_said(self) -> None:
        for name in ("dev", "nowhere"):
            why = f"you are not in #{name}; enter it with /join #{name}. The message was not sent."
            self.refuse(self.eve, c.Say(HI, room(name)), "not-in-room", why)

    def test_text_may_have_4096_bytes_in_all_its_lines(self) -> None:
        fits = lines("x" * 2000, "\u00e4" * 1000, "x" * 94)
        self.assertIsInstance(self.decide(self.bob, c.Say(fits)), Propose)
        why = "that text has 4,097 bytes, and 4,096 are the most; nothing was sent"
        self.refuse(self.bob, c.Say((*fits[:2], CleanText("x" * 95))), "too-long", why)

    def test_nothing_is_not_said(self) -> None:
        for nothing in (lines(""), lines("  ", "\u00a0"), lines("", "")):
            self.refuse(
                self.bob, c.Say(nothing), "empty", "there is nothing to say; nothing was sent"
            )
        self.assertIsInstance(self.decide(self.bob, c.Say(lines("", "x"))), Propose)


class TellTests(Case):
    def told(self, to: str, by: Seat, kind: c.Kind = "say") -> Propose:
        target = self.hub.state.user_named(nick(to))
        assert target is not None
        return Propose(e.Told(target.id, target.nick, kind, HI))

    def test_private_text_goes_to_one(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("Alice"), HI, "notice")),
            self.told("alice", self.bob, "notice"),
        )

    def test_private_text_for_nobody_goes_nowhere(self) -> None:
        why = "carol is not here; nothing was sent to anybody (/who lists who is here)"
        self.refuse(self.bob, c.PrivateMessage(nick("carol"), HI), "no-such-nick", why)

    def test_looking_like_somebody_is_not_enough(self) -> None:
        self.world.enter("bob1")
        self.assertEqual(
            self.world.refusal(self.alice, c.PrivateMessage(nick("bobl"), HI)).code, "no-such-nick"
        )

    def test_private_text_has_the_same_limits(self) -> None:
        why = "that text has 5,000 bytes, and 4,096 are the most; nothing was sent"
        self.refuse(self.bob, c.PrivateMessage(nick("alice"), lines("x" * 5000)), "too-long", why)
        why = "there is nothing to say; nothing was sent"
        self.refuse(self.bob, c.PrivateMessage(nick("alice"), lines(" ")), "empty", why)

    def test_private_text_for_a_session_goes_to_no_other_under_that_name(self) -> None:
        alice = self.hub.state.user_named(nick("alice"))
        assert alice is not None
        told = self.told("alice", self.bob)
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("alice"), HI, scope=alice.scope)), told
        )
        self.world.close(self.alice)
        self.world.enter("alice")
        tell = c.PrivateMessage(nick("alice"), HI, scope=alice.scope)
        refused = self.world.refusal(self.bob, tell)
        self.assertEqual(refused.code, "another-session")
        self.assertIn("The message was not sent.", refused.why)

    def test_private_text_for_an_account_goes_to_no_guest_of_that_name(self) -> None:
        tell = c.PrivateMessage(nick("alice"), HI, scope="")
        self.assertEqual(self.world.refusal(self.bob, tell).code, "another-session")

    def test_answer_goes_to_who_wrote_last(self) -> None:
        self.world.do(self.eve, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.assertEqual(self.decide(self.bob, c.ReplyPrivately(HI)), self.told("alice", self.bob))

    def test_answer_follows_a_new_name(self) -> None:
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.alice, c.Rename(nick("ally")))
        self.world.enter("alice")
        self.assertEqual(self.decide(self.bob, c.ReplyPrivately(HI)), self.told("ally", self.bob))

    def test_answer_to_nobody_goes_nowhere(self) -> None:
        why = "there is nobody here to answer; nothing was sent; use /msg NICK TEXT"
        self.refuse(self.bob, c.ReplyPrivately(HI), "nobody-to-answer", why)
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.close(self.alice)
        self.world.enter("alice")  # somebody else, for all we know
        self.refuse(self.bob, c.ReplyPrivately(HI), "nobody-to-answer", why)


class RepeatTests(Case):
    def test_same_id_and_text_is_acknowledged_again(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        message = self.world.order[-1][0]
        self.world.now += REMEMBERED - 1
        self.assertEqual(self.decide(self.bob, c.Say(HI), "1"), Repeat(message, NOW))
        self.assertEqual(self.decide(self.bob, c.Say(HI, room("Lobby")), "1"), Repeat(message, NOW))

    def test_after_a_day_it_is_another_message(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        self.world.now += REMEMBERED
        self.world.hub.forget_old(self.world.now)
        self.assertIsInstance(self.decide(self.bob, c.Say(HI), "1"), Propose)

    def test_same_id_with_other_content_is_refused(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        why = (
            "this id was used for another message; give each message an id of its own; "
            "nothing was sent"
        )
        for other in (
            c.Say(lines("ho")),
            c.Say(HI, room("dev")),
            c.Say(HI, kind="action"),
            c.Say(lines("hi", "")),
            c.PrivateMessage(nick("alice"), HI),
        ):
            self.assertEqual(self.world.refusal(self.bob, other, "1"), r.Refused("id-reused", why))

    def test_room_and_person_of_one_name_are_two(self) -> None:
        self.world.do(self.bob, c.Join(room("alice")))
        self.world.say(self.bob, "hi", "alice", tag="1")
        self.assertEqual(
            self.world.refusal(self.bob, c.PrivateMessage(nick("alice"), HI), "1").code, "id-reused"
        )

    def test_id_of_another_client_does_not_count(self) -> None:
        self.world.say(self.bob, "hi", tag="1")
        self.assertIsInstance(self.decide(self.eve, c.Say(HI), "1"), Propose)

    def test_refused_message_uses_up_no_id(self) -> None:
        self.world.refusal(self.bob, c.Say(HI, room("nowhere")), "1")
        self.world.refusal(self.bob, c.Say(lines("x" * 5000)), "1")
        self.assertIsInstance(self.decide(self.bob, c.Say(HI), "1"), Propose)

    def test_private_message_is_not_sent_twice_though_its_reader_is_gone(self) -> None:
        self.world.do(self.bob, c.PrivateMessage(nick("alice"), HI), "1")
        message = self.world.order[-1][0]
        self.world.do(self.alice, c.Rename(nick("ally")))
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("Alice"), HI), "1"), Repeat(message, NOW)
        )
        self.world.close(self.alice)
        self.world.enter("alice")
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("alice"), HI), "1"), Repeat(message, NOW)
        )

    def test_who_comes_back_may_send_again_before_and_after_entering_the_room(self) -> None:
        self.world.close(self.alice)
        self.world.do(self.bob, c.Say(HI, room("dev")), "1")
        message = self.world.order[-1][0]
        self.world.close(self.bob)  # the last in #dev: the room is gone
        back = self.world.enter("bob", token=self.bob.token)
        again = c.Say(HI, room("dev"))
        self.assertEqual(self.decide(back, again, "1"), Repeat(message, NOW))
        self.assertEqual(self.world.refusal(back, again, "2").code, "not-in-room")
        self.world.do(back, c.Join(room("dev")))
        self.assertEqual(self.decide(back, again, "1"), Repeat(message, NOW))


class AwayTests(Case):
    def test_away_and_back_are_claims(self) -> None:
        for text in (CleanText("lunch"), None):
            self.assertEqual(
                self.decide(self.bob, c.Away(text)), Propose(e.AwaySet(text), claim=True)
            )

    def test_quitting_gives_the_reason(self) -> None:
        self.assertEqual(self.decide(self.bob, c.Quit(CleanText("bye"))), GoodBye(CleanText("bye")))
        self.assertEqual(self.decide(self.bob, c.Quit()), GoodBye(CleanText("quit")))


class AskingTests(Case):
    def test_lists_come_in_pages(self) -> None:
        state, bob = self.hub.state, self.world.user(self.bob)
        self.assertEqual(self.reply(self.bob, c.Who()), people(state, None, 1, 50, NOW))
        self.assertEqual(
            self.reply(self.eve, c.Who(room("dev"))),
            people(state, state.room_named(room("dev")), 1, 50, NOW),
        )
        self.assertEqual(self.reply(self.bob, c.ListRooms()), rooms(state, bob, 1, 50))
        self.assertEqual(self.reply(self.bob, c.ListAll(2)), overview(state, bob, 2, 50, NOW))

    def test_size_of_a_page_is_a_limit(self) -> None:
        self.world = World(limits=Limits(page_size=2))
        seats = [self.world.enter(name) for name in ("a", "b", "c")]
        found = self.reply(seats[0], c.Who(page=2))
        assert isinstance(found, r.People)
        self.assertEqual((len(found.people), found.count, found.pages), (1, 3, 2))

    def test_room_that_is_not_there_has_nobody(self) -> None:
        why = "there is no room #nowhere; /rooms lists them"
        self.refuse(self.bob, c.Who(room("nowhere")), "no-such-room", why)

    def test_whois_tells_about_somebody(self) -> None:
        self.world.now += 60
        self.assertEqual(
            self.reply(self.bob, c.Whois(nick("Alice"))),
            profile(
                self.hub.state, self.world.user(self.bob), self.world.user(self.alice), NOW + 60
            ),
        )

    def test_accounts_are_told_when_others_were_here_last_and_guests_are_not(self) -> None:
        asked = c.Whois(nick("carol"))
        self.assertEqual(self.world.refusal(self.bob, asked).code, "no-such-nick")
        self.hub.state.set_account(self.world.user(self.bob), "bob")
        self.assertEqual(self.decide(self.bob, asked), LastSeen(nick("carol")))

    def test_nobody_is_told_when_others_were_here_last_if_that_is_off(self) -> None:
        self.hub.state.set_account(self.world.user(self.bob), "bob")
        self.hub.limit(Limits(last_seen=0))
        self.assertEqual(self.world.refusal(self.bob, c.Whois(nick("carol"))).code, "no-such-nick")

    def test_history_is_asked_of_the_store(self) -> None:
        ref = e.RoomRef(self.dev, room("dev"))
        self.assertEqual(
            self.decide(self.bob, c.ShowHistory(room("dev"))), Recall(ref, None, None, 20)
        )
        self.assertEqual(
            self.decide(self.alice, c.ShowHistory(before=MessageId(9), limit=5)),
            Recall(ref, 9, None, 5),
        )
        self.assertEqual(
            self.decide(self.alice, c.ShowHistory(after=MessageId(9), limit=10**9)),
            Recall(ref, None, 9, 10_000),
        )

    def test_search_is_of_ones_rooms(self) -> None:
        dev, lobby = e.RoomRef(self.dev, room("dev")), e.RoomRef(RoomId(0), room("lobby"))
        terms = (c.Term("hi"),)
        search = c.Search(terms, nick("EVE"), age=60.0)
        self.assertEqual(
            self.decide(self.eve, search),
            RunSearch(Query((lobby,), terms, "eve", NOW - 60, None, 50)),
        )
        search = c.Search(terms, rooms=(room("dev"),), since=5.0, before=MessageId(9), limit=7)
        self.assertEqual(
            self.decide(self.bob, search),
            RunSearch(Query((dev,), terms, None, 5.0, MessageId(9), 7)),
        )
        found = self.decide(self.bob, c.Search(terms))
        assert isinstance(found, RunSearch)
        self.assertEqual(set(found.query.rooms), {dev, lobby})

    def test_search_in_a_room_one_is_not_in_is_refused(self) -> None:
        why = "you are not in #dev; enter it with /join #dev"
        search = c.Search((c.Term("hi"),), rooms=(room("lobby"), room("dev")))
        self.refuse(self.eve, search, "not-in-room", why)

    def test_who_is_in_no_room_has_nothing_to_search(self) -> None:
        self.world.do(self.eve, c.Leave())
        why = "you are in no room, and only your rooms are searched; enter one with /join ROOM"
        self.refuse(self.eve, c.Search((c.Term("hi"),)), "no-room", why)

    def test_stats_are_for_who_is_on_the_servers_machine(self) -> None:
        why = "only operators of this server, and who connects from the machine it runs on, may see that"
        self.refuse(self.bob, c.ShowStats(), "not-operator", why)
        self.hub.trust(self.bob.session)
        self.assertEqual(self.decide(self.bob, c.ShowStats()), ServerStats())
        self.refuse(self.eve, c.ShowStats(), "not-operator", why)

    def test_help_lists_what_the_person_may_be_able_to_use(self) -> None:
        everybody = [name for name, spec in COMMANDS.items() if not spec.for_server_operators]
        found = self.reply(self.bob, c.Help())
        assert isinstance(found, r.HelpText)
        self.assertEqual([line.name for line in found.lines], everybody)
        self.world.session(self.bob).operator = "root"
        found = self.reply(self.bob, c.Help())
        assert isinstance(found, r.HelpText)
        self.assertEqual([line.name for line in found.lines], list(COMMANDS))

    def test_help_knows_who_has_no_nickname_yet(self) -> None:
        for topic in (None, CleanText("msg")):
            for seat, new in ((self.bob, False), (self.world.open(), True)):
                found = self.reply(seat, c.Help(topic))
                assert isinstance(found, r.HelpText)
                self.assertIs(found.before_login, new)


class IgnoreTests(Case):
    def test_ignoring_is_by_key_and_shown_as_spelled(self) -> None:
        why = "you no longer see what eve says; /unignore eve undoes that"
        self.assertEqual(
            self.decide(self.bob, c.Ignore(nick("EVE"))),
            SendReply(r.Confirmed(why), Ignoring("eve", "eve", hide=True)),
        )

    def test_list_of_the_ignored_is_shown(self) -> None:
        self.assertEqual(self.reply(self.bob, c.Ignore()), r.Ignored(()))
        self.world.do(self.bob, c.Ignore(nick("eve")))
        self.assertEqual(self.reply(self.bob, c.Ignore()), r.Ignored(("eve",)))

    def test_ignoring_ends(self) -> None:
        self.world.do(self.bob, c.Ignore(nick("eve")))
        self.world.close(self.eve)
        self.assertEqual(
            self.decide(self.bob, c.Unignore(nick("Eve"))),
            SendReply(
                r.Confirmed("you see again what eve says"), Ignoring("eve", "Eve", hide=False)
            ),
        )

    def test_what_makes_no_sense_is_refused(self) -> None:
        for command, code, why in (
            (c.Ignore(nick("carol")), "no-such-nick", "carol is not here; /who lists who is here"),
            (c.Ignore(nick("bob")), "self", "you cannot ignore yourself"),
            (
                c.Unignore(nick("eve")),
                "not-ignored",
                "you do not ignore eve; /ignore lists whom you do",
            ),
        ):
            self.refuse(self.bob, command, code, why)

    def test_list_of_the_ignored_has_an_end(self) -> None:
        self.patch(private, "MAX_IGNORED", 1)
        self.world.do(self.bob, c.Ignore(nick("eve")))
        why = "you ignore 1 people, and that is the most; /unignore somebody first"
        self.refuse(self.bob, c.Ignore(nick("alice")), "too-many-ignored", why)


class TotalTests(SynchronousTestCase):
    """A refusal of a text says that it was not sent; every command of everybody has an answer."""

    def setUp(self) -> None:
        self.world = World(limits=Limits(max_rooms=2, max_text=20))
        self.seats = [self.world.enter(name) for name in ("bob", "alice", "eve")]
        self.seats.append(self.world.open())
        self.world.do(self.seats[0], c.Join(room("dev"), "x"))
        self.world.do(self.seats[1], c.Leave())
        self.world.do(self.seats[2], c.PrivateMessage(nick("bob"), HI), "1")

    names = st.sampled_from(["bob", "alice", "eve", "carol", "b\u043eb"]).map(nick)
    rooms = st.sampled_from(["dev", "lobby", "new", "d\u0435v"]).map(room)
    texts = st.sampled_from([HI, lines("x" * 30), lines(" "), lines("a", "b")])
    talk = st.one_of(
        st.builds(c.Say, texts, st.none() | rooms),
        st.builds(c.PrivateMessage, names, texts),
        st.builds(c.ReplyPrivately, texts),
    )

    @settings(max_examples=300)
    @given(st.integers(0, 3), talk, st.sampled_from([None, "1", "2"]))
    def test_text_that_is_refused_is_said_not_to_be_sent(
        self, who: int, command: c.Command, tag: str | None
    ) -> None:
        decision = self.world.decide(self.seats[who], command, tag)
        if isinstance(decision, SendReply):
            assert isinstance(decision.reply, r.Refused)
            self.assertRegex(decision.reply.why, "nothing was (said|sent)|was not sent")
        else:
            self.assertIsInstance(decision, Propose | Repeat)

    def test_every_command_has_an_answer(self) -> None:
        for seat in self.seats:
            for command in EVERY_COMMAND:
                self.assertIsInstance(self.world.decide(seat, command), Decision)
