"""What a program gets: objects that say all that happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.strategies import EVENTS, envelopes, replies, tags
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.hub import scope_of
from twisted_chat.core.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.keep import Keep
from twisted_chat.core.lasting import AuditRecord
from twisted_chat.core.names import parse_nick, parse_room
from twisted_chat.core.room_events import RoomEvent
from twisted_chat.core.server_bans import Ban
from twisted_chat.core.text import CleanText
from twisted_chat.dialects import json_view
from twisted_chat.dialects.json_view import JsonView, rfc3339

# 12:30:59.25 UTC on the first day of 2026, and a minute later.
THEN = datetime(2026, 1, 1, 12, 30, 59, 250_000, tzinfo=UTC).timestamp()
NOW = THEN + 60

VIEW = JsonView(UTC, lambda: NOW)

ALICE, BOB = parse_nick("alice"), parse_nick("bob")
DEV = parse_room("dev")
NONE = CleanText("")
HI = (CleanText("hi"),)

SAID = e.Said("say", HI)


def by_alice(
    event: e.Event, *, room: bool = True, tag: str | None = None, account: str | None = None
) -> e.Envelope:
    author = e.Author(UserId(1), ALICE, Scope("5c09e"), account)
    where = e.RoomRef(RoomId(1), DEV) if room else None
    origin = e.Origin(Node("n"), SessionId(1), tag)
    return e.Envelope(MessageId(255), THEN, event, origin, author, where)


def decoded(shown: bytes) -> dict[str, Any]:
    """Decode what must be exactly one object on exactly one line."""
    assert shown.endswith(b"\n") and shown.count(b"\n") == 1 and b"\r" not in shown, shown
    value = json.loads(shown)
    assert isinstance(value, dict)
    return value


def event(happened: e.Event, *, room: bool = True) -> dict[str, Any]:
    return decoded(VIEW.event(by_alice(happened, room=room)))


def reply(answer: r.Reply, tag: str | None = None) -> dict[str, Any]:
    """Decode a reply, without what every object has."""
    value = decoded(VIEW.reply(answer, tag))
    assert value.pop("timestamp") == "12:31:59"
    return value


def happened(kind: str, content: str, /, **fields: object) -> dict[str, Any]:
    """What is in every event of a room, and these fields."""
    return {
        "type": kind,
        "content": content,
        "timestamp": "12:30:59",
        "from": "alice",
        "room": "dev",
        "id": "00000000000000ff",
        "time": "2026-01-01T12:30:59.250Z",
        **fields,
    }


def nowhere(kind: str, content: str, /, **fields: object) -> dict[str, Any]:
    """What is in every event of no single room, and these fields."""
    value = happened(kind, content, **fields)
    del value["room"]
    return value


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
    "forget",
    "drop",
]


class EventTests(SynchronousTestCase):
    def test_message(self) -> None:
        self.assertEqual(event(SAID), happened("message", "hi"))
        action = e.Said("action", HI)
        self.assertEqual(event(action), happened("message", "hi", kind="action"))

    def test_lines_of_a_message_are_lines_of_its_content(self) -> None:
        said = e.Said("say", (CleanText("one"), NONE, CleanText("three")))
        self.assertEqual(event(said)["content"], "one\n\nthree")

    def test_senders_own_id_is_the_nonce_in_its_public_scope(self) -> None:
        shown = decoded(VIEW.event(by_alice(SAID, tag="my-7")))
        self.assertEqual(shown, happened("message", "hi", nonce="my-7", scope="5c09e"))

    def test_only_messages_carry_a_nonce(self) -> None:
        shown = decoded(VIEW.event(by_alice(e.Joined(DEV), tag="my-7")))
        self.assertEqual(shown, happened("join", "alice joined #dev"))

    def test_account_of_the_author_is_told(self) -> None:
        shown = decoded(VIEW.event(by_alice(SAID, account="al")))
        self.assertEqual(shown, happened("message", "hi", account="al"))

    def test_private(self) -> None:
        told = e.Told(UserId(2), BOB, "say", HI)
        self.assertEqual(event(told, room=False), nowhere("private", "hi", to="bob"))
        told = e.Told(UserId(2), BOB, "ctcp", HI)
        self.assertEqual(event(told, room=False), nowhere("private", "hi", to="bob", kind="ctcp"))

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
            happened("kick", "alice put bob out of #dev", to="bob", reason="lunch"),
        )

    def test_changes(self) -> None:
        self.assertEqual(event(e.Renamed(BOB), room=False), nowhere("nick", "bob"))
        self.assertEqual(event(e.TopicSet(CleanText("Release"))), happened("topic", "Release"))
        self.assertEqual(
            event(e.AwaySet(CleanText("lunch")), room=False), nowhere("away", "lunch", away=True)
        )
        self.assertEqual(event(e.AwaySet(None), room=False), nowhere("away", "", away=False))

    def test_what_is_kept(self) -> None:
        self.assertEqual(
            event(e.KeepSet(Keep(7, 500), capped=True)),
            happened("keep", "kept for 7 days, up to 500 lines", days=7, lines=500, capped=True),
        )
        self.assertEqual(
            event(e.KeepSet(Keep())),
            happened(
                "keep",
                "kept as long as this server keeps any",
                days=None,
                lines=None,
                capped=False,
            ),
        )

    def test_gathered_is_a_delta_of_members_without_an_id(self) -> None:
        room = e.RoomRef(RoomId(1), DEV)
        delta = e.Gathered((ALICE, BOB), (), 150)
        shown = decoded(VIEW.event(e.Envelope(MessageId(0), THEN, delta, None, None, room)))
        self.assertEqual(
            shown,
            {
                "type": "members",
                "content": "2 joined and 0 left #dev",
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
                e.Arrived | e.Detached | e.Closed | e.Received | e.Read,
                e.Registered | e.PasswordSet | e.AccountDropped | e.Invited,
                e.PrivacySet | e.IgnoreSet,
                e.Killed | e.ServerBanned | e.ServerUnbanned | e.PanicSet,
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
            case e.TopicSet(topic=topic):
                self.assertEqual((kind, content), ("topic", topic))
            case e.KeepSet(keep=keep, capped=capped):
                self.assertEqual((kind, value["capped"]), ("keep", capped))
                self.assertEqual((value["days"] or 0, value["lines"] or 0), (keep.days, keep.lines))
            case e.AwaySet(text=text):
                self.assertEqual(
                    (kind, content, value["away"]), ("away", text or "", text is not None)
                )
            case e.Gathered(joined=joined, left=left, members=members):
                self.assertEqual((kind, value["count"]), ("members", members))
                self.assertEqual(value["joined"], [nick.text for nick in joined])
                self.assertEqual(value["left"], [nick.text for nick in left])
            case RoomEvent():
                self.assertIn(kind, _ROOM_TYPES)
                self.assertNotIn("password", value)
            case e.Announced(lines=lines):
                self.assertEqual((kind, content), ("announcement", "\n".join(lines)))
            case _:
                self.fail("not shown")

    @given(envelopes())
    def test_replay_is_the_event_with_a_mark(self, envelope: e.Envelope) -> None:
        shown, replayed = VIEW.event(envelope), VIEW.replay(envelope)
        self.assertEqual(bool(shown), bool(replayed))
        if shown:
            self.assertEqual(decoded(replayed), decoded(shown) | {"replay": True})


class OwnTests(SynchronousTestCase):
    def test_ack_takes_the_place_of_ones_own_words(self) -> None:
        for each in (SAID, e.Told(UserId(2), BOB, "say", HI)):
            self.assertEqual(VIEW.own(by_alice(each), acked=True), b"")

    def test_another_session_of_the_speaker_gets_the_words(self) -> None:
        for each in (SAID, e.Told(UserId(2), BOB, "say", HI)):
            envelope = by_alice(each)
            self.assertEqual(VIEW.own(envelope, acked=False), VIEW.event(envelope))

    def test_answers_to_join_and_leave_take_the_place_of_the_event(self) -> None:
        for each in (e.Joined(DEV), e.Left()):
            self.assertEqual(VIEW.own(by_alice(each), acked=False), b"")

    def test_everything_else_is_shown_as_to_the_others(self) -> None:
        changes = (e.TopicSet(NONE), e.KeepSet(Keep(30)))
        for each in (e.Renamed(BOB), e.AwaySet(None), *changes, e.Kicked(UserId(2), BOB)):
            for acked in (True, False):
                envelope = by_alice(each)
                self.assertEqual(VIEW.own(envelope, acked=acked), VIEW.event(envelope))


class TimeTests(SynchronousTestCase):
    def test_date_and_fraction_never_disagree(self) -> None:
        # Rounding the one and cutting the other would jump back, or ahead, by a second.
        self.assertEqual(rfc3339(1.9999999), "1970-01-01T00:00:01.999Z")
        self.assertEqual(rfc3339(2.0), "1970-01-01T00:00:02.000Z")
        self.assertEqual(rfc3339(0.0), "1970-01-01T00:00:00.000Z")

    @given(st.lists(st.floats(0, 2**32), min_size=2, max_size=5).map(sorted))
    def test_later_times_are_never_written_as_earlier(self, times: list[float]) -> None:
        written = [rfc3339(time) for time in times]
        self.assertEqual(written, sorted(written))

    def test_timestamp_is_of_the_zone_and_time_is_utc(self) -> None:
        view = JsonView(timezone(timedelta(hours=-3, minutes=-30)), lambda: NOW)
        shown = decoded(view.event(by_alice(SAID)))
        self.assertEqual((shown["timestamp"], shown["time"][11:19]), ("09:00:59", "12:30:59"))
        self.assertEqual(decoded(view.reply(r.Hint(), None))["timestamp"], "09:01:59")

    def test_without_a_zone_it_is_the_servers_own(self) -> None:
        shown = decoded(JsonView(None, lambda: NOW).event(by_alice(SAID)))
        self.assertEqual(shown["timestamp"], f"{datetime.fromtimestamp(THEN):%H:%M:%S}")


class ReplyTests(SynchronousTestCase):
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

    def test_ack_names_the_servers_id_beside_the_senders(self) -> None:
        self.assertEqual(
            reply(r.Acked(MessageId(255), THEN), "my-7"),
            {
                "type": "ack",
                "content": "",
                "message": "00000000000000ff",
                "time": "2026-01-01T12:30:59.250Z",
                "id": "my-7",
            },
        )

    def test_errors_have_a_code(self) -> None:
        self.assertEqual(
            reply(r.Refused("empty", "there is nothing"), "7"),
            {"type": "error", "content": "there is nothing", "code": "empty", "id": "7"},
        )
        self.assertEqual(
            reply(r.NameRefused("nick-taken", '"bob" is taken', BOB)),
            {
                "type": "error",
                "content": '"bob" is taken',
                "code": "nick-taken",
                "suggestion": "bob",
            },
        )
        self.assertNotIn("suggestion", reply(r.NameRefused("bad-nick", "no")))
        locked = reply(r.PasswordNeeded(DEV))
        self.assertEqual((locked["code"], locked["room"]), ("password-needed", "dev"))
        self.assertEqual(
            reply(r.PasswordNeeded(DEV, wrong=True)),
            {
                "type": "error",
                "content": "that is not the password of #dev; try again with /join #dev PASSWORD",
                "code": "wrong-password",
            },
        )

    def test_welcome_carries_nick_and_session(self) -> None:
        welcome = reply(r.Welcome(BOB, "secret", (CleanText("Be kind."),)), "1")
        self.assertEqual(
            welcome,
            {
                "type": "welcome",
                "content": "Welcome, bob.\nBe kind.",
                "nick": "bob",
                "session": "secret",
                "scope": scope_of("secret"),
                "resumed": False,
                "id": "1",
            },
        )
        self.assertEqual(reply(r.Welcome(BOB, "s", resumed=True))["content"], "Welcome back, bob.")

    def test_members_come_after_a_join(self) -> None:
        entered = r.Entered(DEV, 3, (ALICE, BOB), CleanText("Release"), created=True, locked=True)
        self.assertEqual(
            reply(entered),
            {
                "type": "members",
                "content": "You are in #dev with 2 others",
                "room": "dev",
                "names": ["alice", "bob"],
                "count": 3,
                "topic": "Release",
                "created": True,
                "locked": True,
            },
        )
        self.assertIn("with 1 other", reply(r.Entered(DEV, 2, (), NONE))["content"])

    def test_focus_is_the_room_or_null(self) -> None:
        left = reply(r.FocusSet(DEV, parse_room("x")))
        self.assertEqual((left["type"], left["room"], left["focus"]), ("leave", "x", "dev"))
        self.assertIsNone(reply(r.FocusSet(None, DEV))["focus"])
        back = reply(r.FocusSet(DEV))
        self.assertEqual((back["type"], back["code"], back["focus"]), ("notice", "focus", "dev"))
        self.assertEqual(back["content"], "You talk in #dev now")
        self.assertEqual(reply(r.FocusSet(None))["content"], "You talk in no room now")

    def test_history_is_counted_and_says_whether_there_is_more(self) -> None:
        self.assertEqual(
            reply(r.HistoryStart(DEV, 2, True)),
            {"type": "history_start", "content": "", "room": "dev", "count": 2},
        )
        self.assertEqual(
            reply(r.HistoryEnd(DEV, 2, True, True)),
            {"type": "history_end", "content": "", "room": "dev", "count": 2, "more": True},
        )

    def test_history_that_is_sent_while_it_is_read_is_counted_at_its_end(self) -> None:
        self.assertIsNone(reply(r.HistoryStart(DEV, None, True))["count"])

    def test_search_is_counted_and_says_what_it_left_out(self) -> None:
        self.assertEqual(
            reply(r.SearchStart(2)), {"type": "search_start", "content": "", "count": 2}
        )
        end = {"type": "search_end", "content": "2 messages found", "count": 2}
        self.assertEqual(reply(r.SearchEnd(2, True, True)), end | {"more": True, "whole": True})
        self.assertEqual(reply(r.SearchEnd(2, False, False)), end | {"more": False, "whole": False})

    def test_what_is_found_is_a_message_of_history(self) -> None:
        said = by_alice(SAID)
        self.assertEqual(VIEW.found(said), VIEW.replay(said))

    def test_stats_are_values(self) -> None:
        store = r.StoreHealth("sqlite", 3, 20_000, 7, 2, 0.5, 1.25, 4, CleanText("disk full"), THEN)
        told = reply(r.Stats(3, 2, 1, store))
        self.assertEqual(
            told.pop("store"), msgspec.structs.asdict(store) | {"since": rfc3339(THEN)}
        )
        content = "3 sessions, 2 users"
        want = {"type": "stats", "content": content, "sessions": 3, "users": 2, "rooms": 1}
        self.assertEqual(told, want)
        well = msgspec.structs.replace(store, error=None, since=None)
        self.assertIsNone(reply(r.Stats(1, 1, 1, well))["store"]["since"])

    def test_who_lists_people(self) -> None:
        person = r.Person(
            BOB, CleanText("lunch"), "al", operator=True, roles=("operator",), idle=59.6
        )
        people = r.People((person,), 1, 2, 3, DEV)
        bob: dict[str, Any] = {"nick": "bob", "away": "lunch", "account": "al", "guest": False}
        bob |= {"operator": True, "roles": ["operator"], "idle": 60}
        fields = {"users": [bob], "count": 1, "page": 2, "pages": 3, "room": "dev"}
        self.assertEqual(reply(people), {"type": "who", "content": "1 person", **fields})
        everywhere = reply(r.People((r.Person(BOB),), 5000, 1, 1))
        self.assertNotIn("room", everywhere)
        self.assertEqual(everywhere["content"], "5,000 people")
        self.assertTrue(everywhere["users"][0]["guest"])

    def test_list_has_rooms_and_with_people_both(self) -> None:
        rooms = r.Rooms((r.RoomLine(DEV, 3, NONE, locked=True),), 1, 1, 1)
        dev = {"room": "dev", "count": 3, "topic": "", "locked": True}
        fields: dict[str, Any] = {"rooms": [dev], "count": 1, "page": 1, "pages": 1}
        self.assertEqual(reply(rooms), {"type": "list", "content": "1 room", **fields})
        people = r.People((r.Person(BOB),), 70, 1, 2)
        overview = reply(r.Overview(rooms, people))
        self.assertEqual(overview["content"], "1 room, 70 people")
        self.assertEqual({key: overview[key] for key in fields}, fields)
        self.assertEqual([user["nick"] for user in overview["users"]], ["bob"])
        counts = [overview[key] for key in ("user_count", "user_page", "user_pages")]
        self.assertEqual(counts, [70, 1, 2])

    def test_whois(self) -> None:
        profile = r.Profile(BOB, None, (DEV,), THEN, 59.6, None)
        self.assertEqual(
            reply(profile),
            {
                "type": "whois",
                "content": "bob",
                "nick": "bob",
                "account": None,
                "guest": True,
                "rooms": ["dev"],
                "since": "2026-01-01T12:30:59.250Z",
                "idle": 60,
                "away": None,
                "host": "",
                "server_operator": False,
            },
        )

    def test_operator_is_told_addresses_too(self) -> None:
        bob = r.Profile(BOB, None, (), THEN, 0.0, None, "a.b.c.ip", True, ("192.0.2.7",))
        told = reply(bob)
        self.assertEqual((told["host"], told["server_operator"]), ("a.b.c.ip", True))
        self.assertEqual(told["addresses"], ["192.0.2.7"])

    def test_who_was_here(self) -> None:
        self.assertEqual(
            reply(r.WasHere("bob", THEN, 5.4)),
            {
                "type": "whois",
                "content": "bob is not here",
                "nick": "bob",
                "here": False,
                "seen": rfc3339(THEN),
                "ago": 5,
            },
        )

    def test_bans_and_the_trail_are_values(self) -> None:
        ban = Ban("account", "eve", "root", THEN, None, CleanText("spam"))
        told = reply(
            r.ServerBanList((ban, msgspec.structs.replace(ban, until=THEN)), 2, 1, 1, THEN)
        )
        want = {"kind": "account", "target": "eve", "by": "root", "reason": "spam"}
        want["since"] = rfc3339(THEN)
        both = [want | {"until": None}, want | {"until": rfc3339(THEN)}]
        self.assertEqual((told["type"], told["bans"]), ("server_bans", both))
        record = AuditRecord(THEN, "root", "bob", "192.0.2.7", CleanText("did it"))
        told = reply(r.Audit((record,), 1, 1, 1))
        did = {"operator": "root", "nick": "bob", "address": "192.0.2.7", "what": "did it"}
        self.assertEqual(told["records"], [did | {"time": rfc3339(THEN)}])

    def test_announcement_has_a_type_of_its_own(self) -> None:
        told = decoded(VIEW.event(by_alice(e.Announced("root", (CleanText("tea"),)))))
        self.assertEqual(
            (told["type"], told["content"], told["from"]), ("announcement", "tea", "alice")
        )

    def test_topic(self) -> None:
        topic = CleanText("Release")
        told = {"type": "topic", "content": "Release", "room": "dev"}
        self.assertEqual(reply(r.Topic(DEV, topic)), told)
        told |= {"from": "alice", "time": "2026-01-01T12:30:59.250Z"}
        self.assertEqual(reply(r.Topic(DEV, topic, ALICE, THEN)), told)

    def test_what_is_kept(self) -> None:
        told = {"type": "keep", "content": "kept for 30 days", "room": "dev"}
        self.assertEqual(reply(r.Kept(DEV, Keep(30))), told | {"days": 30, "lines": None})

    def test_notices_have_a_code(self) -> None:
        for answer, code in (
            (r.Greeting("x"), "greeting"),
            (r.Hint(), "hint"),
            (r.Confirmed("it was done"), "done"),
            (r.Notice("kicked", "you are out"), "kicked"),
            (r.Ignored(("bob",)), "ignored"),
        ):
            value = reply(answer)
            self.assertEqual((value["type"], value["code"]), ("notice", code))
        self.assertEqual(reply(r.Ignored(("alice", "bob")))["names"], ["alice", "bob"])

    def test_help_is_text_and_table(self) -> None:
        shown = reply(
            r.HelpText((r.HelpLine("who", "[ROOM]", "list"), r.HelpLine("back", "", "b")))
        )
        self.assertEqual(shown["content"], "/who [ROOM]: list\n/back: b")
        self.assertEqual(shown["commands"][0], {"name": "who", "usage": "[ROOM]", "help": "list"})

    def test_pings(self) -> None:
        self.assertEqual(
            reply(r.Pong(CleanText("x")), "7"), {"type": "pong", "content": "x", "id": "7"}
        )
        self.assertEqual(reply(r.Probe()), {"type": "ping", "content": ""})

    def test_farewell(self) -> None:
        self.assertEqual(
            reply(r.Farewell("no answer")),
            {"type": "quit", "content": "Goodbye (no answer).", "reason": "no answer"},
        )
        self.assertEqual(reply(r.Farewell(""))["content"], "Goodbye.")

    def test_what_is_no_text_is_not_smuggled_in_as_one(self) -> None:
        # Only texts are unpacked; a name in its place, say, is a bug to be seen.
        self.assertRaises(TypeError, json_view._encode, {"nick": object()})
