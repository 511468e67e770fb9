"""What a program gets: objects that say all that happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.json_shown import (
    BOB,
    DEV,
    HI,
    NONE,
    NOW,
    SAID,
    THEN,
    VIEW,
    by_alice,
    decoded,
    event,
    happened,
    nowhere,
)
from tests.dialects.strategies import EVENTS, envelopes, replies, tags
from tests.making import author
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, RoomId, Scope, UserId, spell
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.json.events import JsonView

#: What happened to who may do what in a room.
_ROOM_TYPES = [
    "setting",
    "invite",
    "role",
    "owner",
    "ban",
    "unban",
    "mute",
    "unmute",
    "except",
    "unexcept",
    "forget",
    "drop",
    "rename",
]


class EventTests(SynchronousTestCase):
    def test_messages_have_kind_lines_and_account(self) -> None:
        self.assertEqual(event(SAID), happened("message", "hi"))
        action = e.Said("action", HI)
        self.assertEqual(event(action), happened("message", "hi", kind="action"))
        said = e.Said("say", (CleanText("one"), NONE, CleanText("three")))
        self.assertEqual(event(said)["content"], "one\n\nthree")
        shown = decoded(VIEW.event(by_alice(SAID, account="al")))
        self.assertEqual(shown, happened("message", "hi", account="al"))

    def test_senders_own_id_is_the_nonce_of_messages_only(self) -> None:
        shown = decoded(VIEW.event(by_alice(SAID, tag="my-7")))
        self.assertEqual(shown, happened("message", "hi", nonce="my-7", scope="5c09e"))
        shown = decoded(VIEW.event(by_alice(e.Joined(DEV), tag="my-7")))
        self.assertEqual(shown, happened("join", "alice joined #dev"))

    def test_private(self) -> None:
        told = e.Told(UserId(2), BOB, "say", HI)
        self.assertEqual(event(told, room=False), nowhere("private", "hi", to="bob", scope="5c09e"))
        told = e.Told(UserId(2), BOB, "ctcp", HI)
        shown = nowhere("private", "hi", to="bob", scope="5c09e", kind="ctcp")
        self.assertEqual(event(told, room=False), shown)

    def test_tags_are_shown_with_a_message_or_as_an_object_of_their_own(self) -> None:
        extras = Extras((("reply", "0a"),))
        tags = {"reply": "0a"}
        self.assertEqual(event(e.Said("say", HI, extras)), happened("message", "hi", tags=tags))
        alone = event(e.Said("tags", (), extras))
        self.assertEqual(alone, happened("tags", "", tags=tags))
        told = e.Told(UserId(2), BOB, "tags", (), extras=extras)
        shown = nowhere("tags", "", to="bob", scope="5c09e", tags=tags)
        self.assertEqual(event(told, room=False), shown)

    def test_who_came_and_went(self) -> None:
        why = CleanText("lunch")
        self.assertEqual(event(e.Joined(DEV)), happened("join", "alice joined #dev"))
        self.assertEqual(event(e.Left()), happened("leave", "alice left #dev"))
        self.assertEqual(event(e.Left(why)), happened("leave", "alice left #dev", reason="lunch"))
        self.assertEqual(
            event(e.Departed(why), room=False),
            nowhere("quit", "alice left the chat", reason="lunch"),
        )
        self.assertEqual(
            event(e.Kicked(UserId(2), BOB, why)),
            happened("kick", "alice removed bob from #dev", to="bob", reason="lunch"),
        )

    def test_changes(self) -> None:
        self.assertEqual(event(e.Renamed(BOB), room=False), nowhere("nick", "bob"))
        self.assertEqual(event(e.TopicSet(CleanText("Release"))), happened("topic", "Release"))
        self.assertEqual(
            event(e.AwaySet(CleanText("lunch")), room=False), nowhere("away", "lunch", away=True)
        )
        self.assertEqual(event(e.AwaySet(None), room=False), nowhere("away", "", away=False))
        self.assertEqual(
            event(e.BotCommandsSet(("!roll", "!flip")), room=False),
            nowhere("bot_commands", "alice answers to !roll, !flip.", commands=["!roll", "!flip"]),
        )

    def test_what_is_kept(self) -> None:
        self.assertEqual(
            event(e.KeepSet(Keep(7, 500), capped=True)),
            happened(
                "keep",
                "alice changed the retention of #dev: its history is kept for 7 days, up to 500 lines "
                "(the most that this server keeps)",
                days=7,
                lines=500,
                capped=True,
            ),
        )
        self.assertEqual(
            event(e.KeepSet(Keep())),
            happened(
                "keep",
                "alice changed the retention of #dev: its history is kept as long as this server keeps messages.",
                days=None,
                lines=None,
                capped=False,
            ),
        )

    def test_gathered_is_a_delta_of_members_without_an_id(self) -> None:
        room = e.RoomRef(RoomId(1), DEV)
        delta = e.Gathered((author("alice"), author("bob")), (), 150)
        shown = decoded(VIEW.event(e.Envelope(MessageId(0), THEN, delta, None, None, room)))
        self.assertEqual(
            shown,
            {
                "type": "members",
                "content": "2 joined #dev: alice, bob",
                "timestamp": "12:30:59",
                "room": "dev",
                "time": "2026-01-01T12:30:59.250Z",
                "joined": ["alice", "bob"],
                "left": [],
                "count": 150,
            },
        )

    def test_only_arrivals_spare_sessions_and_empty_rooms_are_not_shown(self) -> None:
        hidden = (
            e.Arrived(BOB, Scope("s"), "h"),
            e.Detached(),
            e.Closed(),
            e.Received(),
            e.Read(MessageId(7)),
        )
        for each in hidden:
            self.assertEqual(VIEW.event(by_alice(each)), b"")
            self.assertEqual(VIEW.replay(by_alice(each)), b"")
            self.assertEqual(VIEW.own(by_alice(each), acked=False), b"")
        self.assertLessEqual({type(each) for each in hidden}, set(EVENTS))

    @given(envelopes())
    def test_what_a_client_decodes_is_what_happened(self, envelope: e.Envelope) -> None:
        shown = VIEW.event(envelope)
        if not shown:
            hidden = (
                e.Arrived | e.Detached | e.Closed | e.Received | e.Read | e.ReadUntil,
                e.AccountRegistered | e.PasswordChanged | e.AccountDropped | e.InviteCodeMade,
                e.PrivacySet | e.IgnoreSet | e.OperatorSet,
                e.Killed
                | e.ServerBanned
                | e.ServerUnbanned
                | e.PanicSet
                | e.PasswordReset
                | e.AccountRemoved,
            )
            self.assertTrue(any(isinstance(envelope.event, some) for some in hidden))
            return
        value = decoded(shown)
        self.assertRegex(value["timestamp"], r"\A[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\Z")
        clock = datetime.fromtimestamp(int(envelope.time), UTC)
        self.assertEqual(value["timestamp"], f"{clock:%H:%M:%S}")
        told = datetime.fromisoformat(value["time"])
        self.assertLessEqual(0, envelope.time - told.timestamp())
        self.assertLess(envelope.time - told.timestamp(), 0.0011)
        self.assertEqual(int(value.get("id", "0"), 16), envelope.id)
        self.assertEqual(len(value.get("id", "0" * 16)), 16)
        self.assertEqual(value.get("from"), envelope.author and envelope.author.nick.text)
        account = envelope.author and envelope.author.account
        if isinstance(envelope.event, e.LoggedIn):
            account = envelope.event.proof.account
        self.assertEqual(value.get("account"), account)
        self.assertEqual(value.get("room"), envelope.room and envelope.room.name.text)
        self.assertNotIn("replay", value)
        self._check_event(envelope, value)

    def _check_event(self, envelope: e.Envelope, value: dict[str, Any]) -> None:
        """Check what only this kind of event has."""
        kind, content = value["type"], value["content"]
        match envelope.event:
            case e.Said(kind="tags") | e.Told(kind="tags"):
                self.assertEqual((kind, content), ("tags", ""))
            case e.Said(kind=manner, lines=lines):
                self.assertEqual((kind, tuple(content.split("\n"))), ("message", lines))
                self.assertEqual(value.get("kind", "say"), manner)
                self.assertEqual(value.get("nonce"), envelope.tag)
                self.assertEqual("scope" in value, envelope.tag is not None)
            case e.Told(nick=to, kind=manner, lines=lines):
                self.assertEqual((kind, tuple(content.split("\n"))), ("private", lines))
                self.assertEqual((value["to"], value.get("kind", "say")), (to.text, manner))
            case e.Joined():
                self.assertEqual(kind, "join")
            case e.Left(reason=reason):
                self.assertEqual((kind, value.get("reason", "")), ("leave", reason or ""))
            case e.Departed(reason=reason):
                self.assertEqual((kind, value.get("reason", "")), ("quit", reason))
            case e.Renamed(nick=nick):
                self.assertEqual((kind, content), ("nick", nick.text))
            case e.LoggedIn(nick=nick):
                self.assertEqual((kind, content), ("nick", nick.text))
            case e.Kicked(nick=nick, reason=reason):
                self.assertEqual((kind, value["to"]), ("kick", nick.text))
                self.assertEqual(value.get("reason", ""), reason or "")
            case e.MessageDeleted(message=message):
                self.assertEqual((kind, value["message"]), ("redact", spell(message)))
            case e.TopicSet(topic=topic):
                self.assertEqual((kind, content), ("topic", topic))
            case e.KeepSet(keep=keep, capped=capped):
                self.assertEqual((kind, value["capped"]), ("keep", capped))
                self.assertEqual((value["days"] or 0, value["lines"] or 0), (keep.days, keep.lines))
            case e.AwaySet(text=text):
                self.assertEqual(
                    (kind, content, value["away"]), ("away", text or "", text is not None)
                )
            case e.RealNameSet(real_name=name):
                self.assertEqual((kind, content), ("realname", name))
            case e.UserChanged(changes=changes):
                self.assertEqual((kind, value["changes"]), ("self", dict(changes)))
            case e.ProfileChanged(changes=changes):
                self.assertEqual((kind, value["values"]), ("profile", dict(changes)))
            case e.BotCommandsSet(words=words):
                self.assertEqual((kind, value["commands"]), ("bot_commands", list(words)))
            case e.Gathered(joined=joined, left=left, members=members):
                self.assertEqual((kind, value["count"]), ("members", members))
                self.assertEqual(value["joined"], [each.nick.text for each in joined])
                self.assertEqual(value["left"], [each.nick.text for each in left])
            case e.RoomEvent():
                self.assertIn(kind, _ROOM_TYPES)
                self.assertNotIn("password", value)
            case e.Announced(lines=lines):
                self.assertEqual((kind, content), ("announcement", "\n".join(lines)))
            case e.ProfileChanged():
                self.assertEqual(kind, "profile")
            case _:
                self.fail("not shown")

    @given(envelopes())
    def test_replay_is_the_event_with_a_mark(self, envelope: e.Envelope) -> None:
        shown, replayed = VIEW.event(envelope), VIEW.replay(envelope)
        self.assertEqual(bool(shown), bool(replayed))
        if shown:
            self.assertEqual(decoded(replayed), decoded(shown) | {"replay": True})

    def test_announcement_has_a_type_of_its_own(self) -> None:
        told = decoded(VIEW.event(by_alice(e.Announced("root", (CleanText("tea"),)))))
        self.assertEqual(
            (told["type"], told["content"], told["from"]), ("announcement", "tea", "alice")
        )


class OwnTests(SynchronousTestCase):
    def test_own_words_are_shown_to_another_session_and_acks_take_their_place(self) -> None:
        for each in (SAID, e.Told(UserId(2), BOB, "say", HI)):
            envelope = by_alice(each)
            self.assertEqual(VIEW.own(envelope, acked=True), b"")
            self.assertEqual(VIEW.own(envelope, acked=False), VIEW.event(envelope))

    def test_answers_take_the_place_of_joins_and_leaves_and_nothing_else(self) -> None:
        for each in (e.Joined(DEV), e.Left()):
            self.assertEqual(VIEW.own(by_alice(each), acked=False), b"")
        changes = (e.TopicSet(NONE), e.KeepSet(Keep(30)))
        for shown in (e.Renamed(BOB), e.AwaySet(None), *changes, e.Kicked(UserId(2), BOB)):
            for acked in (True, False):
                envelope = by_alice(shown)
                self.assertEqual(VIEW.own(envelope, acked=acked), VIEW.event(envelope))


class TimeTests(SynchronousTestCase):
    def test_timestamp_is_of_the_zone_or_the_servers_own_and_time_is_utc(self) -> None:
        view = JsonView(timezone(timedelta(hours=-3, minutes=-30)), lambda: NOW)
        shown = decoded(view.event(by_alice(SAID)))
        self.assertEqual((shown["timestamp"], shown["time"][11:19]), ("09:00:59", "12:30:59"))
        self.assertEqual(decoded(view.reply(r.Hint(), None))["timestamp"], "09:01:59")
        shown = decoded(JsonView(None, lambda: NOW).event(by_alice(SAID)))
        self.assertEqual(shown["timestamp"], f"{datetime.fromtimestamp(THEN):%H:%M:%S}")


class ViewTests(SynchronousTestCase):
    @given(replies, tags)
    def test_every_reply_carries_what_every_object_has_and_the_senders_id(
        self, answer: r.Reply, tag: str
    ) -> None:
        value = decoded(VIEW.reply(answer, tag))
        self.assertIsInstance(value["type"], str)
        self.assertIsInstance(value["content"], str)
        self.assertEqual(value["timestamp"], "12:31:59")
        self.assertEqual(value["id"], tag)
        without = decoded(VIEW.reply(answer, None))
        self.assertNotIn("id", without)
        self.assertEqual(without | {"id": tag}, value)

    def test_what_is_found_is_a_message_of_history(self) -> None:
        said = by_alice(SAID)
        self.assertEqual(VIEW.found(said), VIEW.replay(said))
