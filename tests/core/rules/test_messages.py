"""Messages: what is said in rooms, what is said twice, and the words that bots answer to."""

from __future__ import annotations

from tests.core.rules.cases import ChatCase
from tests.core.world import NOW, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Propose, Repeat
from twisted_chat.core.rules.outcomes import Applied, Duplicate, InRoom
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import REMEMBERED
from twisted_chat.core.values.text import CleanText, FormattedText

HI = lines("hi")
LONG = CleanText("\u00e4" * 200)  # 400 bytes
NOT_IN_ROOM = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class SaidTests(ChatCase):
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

    def test_who_is_not_or_no_longer_in_the_room_says_nothing(self) -> None:
        for where in (self.dev, RoomId(999), None):
            self.assertEqual(self.void(self.eve, e.Said("say", HI), where), NOT_IN_ROOM)
        self.applied(self.bob, e.Kicked(self.user("alice").id, nick("alice")), self.dev)
        self.assertEqual(self.void(self.alice, e.Said("say", HI), self.dev), NOT_IN_ROOM)

    def test_room_of_the_same_name_is_another_room(self) -> None:
        for seat in (self.bob, self.alice):
            self.applied(seat, e.Left(), self.dev)
        self.applied(self.bob, e.Joined(room("dev")))
        self.assertEqual(self.void(self.bob, e.Said("say", HI), self.dev), NOT_IN_ROOM)


class ExtrasTests(ChatCase):
    def kept(self, said: c.Say) -> bool:
        self.world.do(self.bob, said)
        (outcome,) = self.world.outcomes[self.bob.node][-1:]
        assert isinstance(outcome, Applied)
        (effect,) = outcome.effects
        assert isinstance(effect, f.ShowLine)
        return effect.kept

    def test_tags_alone_are_a_message_and_nothing_at_all_is_none(self) -> None:
        tags = Extras((("typing", "active"),))
        said = self.decide(self.bob, c.Say((), kind="tags", extras=tags))
        self.assertEqual(said, Propose(e.Said("tags", (), tags), LOBBY_ID))
        for extras in (None, Extras()):
            refused = self.world.refusal(self.bob, c.Say((), kind="tags", extras=extras))
            self.assertEqual(refused.code, "empty")
        self.assertEqual(self.world.refusal(self.bob, c.Say(lines(" "), extras=tags)).code, "empty")

    def test_what_programs_ask_each_other_is_not_kept(self) -> None:
        said: tuple[c.Kind, ...] = ("say", "action", "notice")
        for kind in said:
            self.assertTrue(self.kept(c.Say(HI, kind=kind)))
        self.assertTrue(self.kept(c.Say(HI, extras=Extras((("typing", "done"),)))))
        asked: tuple[c.Kind, ...] = ("ctcp", "ctcp-reply")
        for kind in asked:
            self.assertFalse(self.kept(c.Say(HI, kind=kind)))

    def test_of_tags_alone_reactions_are_kept(self) -> None:
        typing, react = Extras((("typing", "active"),)), Extras((("draft/react", "+1"),))
        self.assertFalse(self.kept(c.Say((), kind="tags", extras=typing)))
        self.assertTrue(self.kept(c.Say((), kind="tags", extras=react)))

    def test_colours_count_for_the_length(self) -> None:
        plain = CleanText("x" * self.state.limits.max_text)
        formatted = Extras(formatted=(FormattedText("\x02" + plain),))
        self.assertIsInstance(self.decide(self.bob, c.Say((plain,))), Propose)
        self.assertEqual(
            self.world.refusal(self.bob, c.Say((plain,), extras=formatted)).code, "too-long"
        )


class SayTests(ChatCase):
    def test_text_goes_to_the_focus_or_the_room_that_is_named(self) -> None:
        self.assertEqual(self.decide(self.bob, c.Say(HI)), Propose(e.Said("say", HI), LOBBY_ID))
        self.assertEqual(self.decide(self.alice, c.Say(HI)), Propose(e.Said("say", HI), self.dev))
        self.assertEqual(
            self.decide(self.bob, c.Say(HI, room("DEV"), "action")),
            Propose(e.Said("action", HI), self.dev),
        )

    def test_private_slips_are_not_said_if_somebody_has_the_nick(self) -> None:
        why = (
            "That looks like a mistyped private message to eve. It was not sent. "
            "Type /msg eve TEXT, or put // and a space in front to say it to everyone."
        )
        for name in ("eve", "Eve", "\u0435v\u0435"):
            self.refuse(self.bob, c.Say(HI, unless=(nick(name),)), "looks-private", why)
        for program, way in ((True, '"literal": true'), (False, "put // and a space in front")):
            said = c.Say(HI, unless=(nick("zed"), nick("eve")), program=program)
            refused = self.world.refusal(self.bob, said)
            self.assertEqual(refused.code, "looks-private")
            self.assertIn(way, refused.why)
        self.assertEqual(
            self.decide(self.bob, c.Say(HI, unless=(nick("zed"),))),
            Propose(e.Said("say", HI), LOBBY_ID),
        )
        for name in ("dev", "nowhere"):
            self.assertEqual(
                self.decide(self.bob, c.Say(HI, unless=(room(name),))),
                Propose(e.Said("say", HI), LOBBY_ID),
            )

    def test_password_of_a_locked_room_is_not_said(self) -> None:
        self.world.do(self.alice, c.Join(room("Vault"), "swordfish"))
        why = (
            "That looks like a mistyped command with the password of #Vault. It was not sent. "
            "Type /join #Vault PASSWORD, or put // and a space in front to say it to everyone."
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

    def test_who_has_no_focus_or_is_not_in_the_room_is_told_that_nothing_was_said(self) -> None:
        why = "You are not in #dev. The message was not sent. Enter it with /join #dev."
        self.refuse(self.eve, c.Say(HI, room("dev")), "not-in-room", why)
        why = "There is no room #nowhere. Type /rooms to list them. The message was not sent."
        self.refuse(self.eve, c.Say(HI, room("nowhere")), "no-such-room", why)
        self.world.do(self.eve, c.Leave())
        why = (
            "You are not talking in any room. The message was not sent. Choose one with /join ROOM."
        )
        self.refuse(self.eve, c.Say(HI), "no-room", why)

    def test_text_may_have_4096_bytes_and_not_be_empty(self) -> None:
        fits = lines("x" * 2000, "\u00e4" * 1000, "x" * 94)
        self.assertIsInstance(self.decide(self.bob, c.Say(fits)), Propose)
        why = "That text has 4,097 bytes; the limit is 4,096. The message was not sent."
        self.refuse(self.bob, c.Say((*fits[:2], CleanText("x" * 95))), "too-long", why)
        for nothing in (lines(""), lines("  ", "\u00a0"), lines("", "")):
            self.refuse(
                self.bob, c.Say(nothing), "empty", "The message is empty, so it was not sent."
            )
        self.assertIsInstance(self.decide(self.bob, c.Say(lines("", "x"))), Propose)


class OnceTests(ChatCase):
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
            "This id was already used for another message. The message was not sent. "
            "Give each message its own id."
        )
        for event, where in (
            (e.Said("say", lines("ho")), LOBBY_ID),
            (e.Said("say", HI), self.dev),
            (e.Said("action", HI), LOBBY_ID),
            (e.Told(self.user("alice").id, nick("alice"), "say", HI), None),
        ):
            self.assertEqual(self.void(self.bob, event, where, tag="1"), Refused("id-reused", why))

    def test_without_an_id_or_from_two_clients_everything_is_said(self) -> None:
        for _ in range(2):
            self.applied(self.bob, e.Said("say", HI), LOBBY_ID)
        self.applied(self.bob, e.Said("say", HI), LOBBY_ID, tag="1")
        self.applied(self.alice, e.Said("say", HI), LOBBY_ID, tag="1")
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
        self.state.client_ids.forget(self.world.now + REMEMBERED - 1)
        self.assertTrue(self.state.client_ids.known(scope))


class RepeatTests(ChatCase):
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
            "This id was already used for another message. The message was not sent. "
            "Give each message its own id."
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

    def test_same_id_with_other_tags_is_another_message(self) -> None:
        tagged = c.Say(HI, extras=Extras((("reply", "0a"),)))
        self.world.do(self.bob, tagged, "1")
        self.assertIsInstance(self.decide(self.bob, tagged, "1"), Repeat)
        for other in (c.Say(HI), c.Say(HI, extras=Extras((("reply", "0b"),)))):
            self.assertEqual(self.world.refusal(self.bob, other, "1").code, "id-reused")

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
        self.assertEqual(self.world.refusal(back, again, "2").code, "no-such-room")
        self.world.do(back, c.Join(room("dev")))
        self.assertEqual(self.decide(back, again, "1"), Repeat(message, NOW))
