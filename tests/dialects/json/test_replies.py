from __future__ import annotations

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.json_shown import ALICE, BOB, DEV, NONE, THEN, reply
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.ids import MessageId, Scope, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.schema.base import rfc3339


class ReplyTests(SynchronousTestCase):
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
            {"type": "error", "content": "there is nothing.", "code": "empty", "id": "7"},
        )
        self.assertEqual(
            reply(r.NameRefused("nick-taken", '"bob" is taken.', BOB)),
            {
                "type": "error",
                "content": '"bob" is taken.',
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
                "content": "Wrong password for #dev. You did not enter it. Type /join #dev PASSWORD.",
                "code": "wrong-password",
            },
        )

    def test_welcome_carries_nick_and_session(self) -> None:
        welcome = reply(r.Welcome(BOB, "secret", (CleanText("Be kind."),), scope=Scope("abc")), "1")
        self.assertEqual(
            welcome,
            {
                "type": "welcome",
                "content": "Welcome, bob.\nBe kind.",
                "nick": "bob",
                "session": "secret",
                "scope": "abc",
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
                "content": "You are in #dev. 3 people are here.",
                "room": "dev",
                "names": ["alice", "bob"],
                "count": 3,
                "topic": "Release",
                "created": True,
                "locked": True,
            },
        )
        self.assertIn("2 people are here.", reply(r.Entered(DEV, 2, (), NONE))["content"])

    def test_focus_is_the_room_or_null(self) -> None:
        left = reply(r.FocusSet(DEV, parse_room("x")))
        self.assertEqual((left["type"], left["room"], left["focus"]), ("leave", "x", "dev"))
        self.assertIsNone(reply(r.FocusSet(None, DEV))["focus"])
        back = reply(r.FocusSet(DEV))
        self.assertEqual((back["type"], back["code"], back["focus"]), ("notice", "focus", "dev"))
        self.assertEqual(back["content"], "You talk in #dev now.")
        self.assertEqual(
            reply(r.FocusSet(None))["content"],
            "You are not in any room now. Enter one with /join ROOM.",
        )

    def test_history_is_counted_and_says_whether_there_is_more(self) -> None:
        self.assertEqual(
            reply(r.HistoryStart(DEV, 2, True)),
            {"type": "history_start", "content": "", "room": "dev", "count": 2},
        )
        self.assertEqual(
            reply(r.HistoryEnd(DEV, 2, True, True)),
            {"type": "history_end", "content": "", "room": "dev", "count": 2, "more": True},
        )

    def test_history_says_where_to_go_on(self) -> None:
        end = r.HistoryEnd(DEV, 0, True, True, "after", MessageId(255))
        self.assertEqual(reply(end)["next"], "00000000000000ff")
        self.assertNotIn("next", reply(msgspec.structs.replace(end, more=False)))

    def test_history_that_is_sent_while_it_is_read_is_counted_at_its_end(self) -> None:
        self.assertIsNone(reply(r.HistoryStart(DEV, None, True))["count"])

    def test_search_is_counted_and_says_what_it_left_out(self) -> None:
        self.assertEqual(
            reply(r.SearchStart(2)), {"type": "search_start", "content": "", "count": 2}
        )
        end = {"type": "search_end", "content": "2 messages, and that is all.", "count": 2}
        self.assertEqual(reply(r.SearchEnd(2, False, True)), end | {"more": False, "whole": True})
        told = reply(r.SearchEnd(2, True, False))
        said = told.pop("content").split("\n")
        self.assertEqual(said[0][:36], "2 messages, the newest; there are mo")
        self.assertTrue(said[1].startswith("Some messages could not be searched"), said)
        del end["content"]
        self.assertEqual(told, end | {"more": True, "whole": False})
        self.assertEqual(reply(r.SearchEnd(0, False, True))["content"], "Nothing was found.")

    def test_stats_are_values(self) -> None:
        store = r.StoreHealth("sqlite", 3, 20_000, 7, 2, 0.5, 1.25, 4, CleanText("disk full"), THEN)
        told = reply(r.Stats(3, 2, 1, store, 9, 60.0))
        grown = {"growth": 9, "growth_time": 60.0}
        self.assertEqual(
            told.pop("store"), msgspec.structs.asdict(store) | grown | {"since": rfc3339(THEN)}
        )
        content = "3 sessions, 2 users, 1 room."
        want = {"type": "stats", "content": content, "sessions": 3, "users": 2, "rooms": 1}
        self.assertEqual(told, want)
        well = msgspec.structs.replace(store, error=None, since=None)
        self.assertIsNone(reply(r.Stats(1, 1, 1, well))["store"]["since"])

    def test_who_lists_people(self) -> None:
        person = r.Person(
            BOB,
            CleanText("lunch"),
            "al",
            operator=True,
            roles=("operator",),
            idle=59.6,
            scope="5c09e",
            real_name="Bob B.",
            bot=True,
        )
        people = r.People((person,), 1, 2, 3, DEV)
        bob: dict[str, Any] = {"nick": "bob", "away": "lunch", "account": "al", "guest": False}
        bob |= {"operator": True, "roles": ["operator"], "idle": 60, "scope": "5c09e"}
        bob |= {"real_name": "Bob B.", "bot": True, "server_operator": False}
        fields = {"users": [bob], "count": 1, "page": 2, "pages": 3, "room": "dev"}
        self.assertEqual(
            reply(people), {"type": "who", "content": "1 person is in #dev: bob.", **fields}
        )
        everywhere = reply(r.People((r.Person(BOB),), 5000, 1, 1))
        self.assertNotIn("room", everywhere)
        self.assertEqual(everywhere["content"], "5,000 people are here: bob.")
        self.assertTrue(everywhere["users"][0]["guest"])

    def test_list_has_rooms_and_with_people_both(self) -> None:
        rooms = r.Rooms((r.RoomLine(DEV, 3, NONE, locked=True),), 1, 1, 1)
        dev = {"room": "dev", "count": 3, "topic": "", "locked": True}
        fields: dict[str, Any] = {"rooms": [dev], "count": 1, "page": 1, "pages": 1}
        self.assertEqual(reply(rooms), {"type": "list", "content": "1 room: #dev (3)", **fields})
        people = r.People((r.Person(BOB),), 70, 1, 2)
        overview = reply(r.Overview(rooms, people))
        self.assertEqual(overview["content"], "1 room: #dev (3)\n70 people are here: bob.")
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

    def test_watched_people_are_told_apart(self) -> None:
        author = e.Author(UserId(1), BOB, Scope("s"), "bob", bot=True)
        told = reply(r.Watched((author,), (parse_nick("eve"),)))
        bob = {"nick": "bob", "account": "bob", "real_name": "", "bot": True}
        self.assertEqual((told["type"], told["here"], told["gone"]), ("watch", [bob], ["eve"]))

    def test_who_was_here_before_is_listed(self) -> None:
        told = reply(r.WereHere(BOB, (r.WasHere("Bob", THEN, 5.4, host="h", user_name="~b"),)))
        self.assertEqual(told["content"], "bob was here before:\n  less than a minute ago, as ~b@h")
        (user,) = told["users"]
        self.assertEqual((user["nick"], user["host"], user["ago"]), ("Bob", "h", 5))

    def test_ones_own_settings_are_listed(self) -> None:
        told = reply(r.Yourself(BOB, (("bot", True), ("hidden", False)), operator=True))
        self.assertEqual(told["settings"], {"bot": True, "hidden": False})
        self.assertEqual(told["content"], "You are shown as a bot. Everyone sees you in lists.")
        self.assertTrue(told["server_operator"])

    def test_whois_tells_what_somebody_said_about_themselves(self) -> None:
        told = reply(
            r.Profile(
                BOB, None, (), THEN, 0.0, None, user_name="~bob", real_name="Bob B.", bot=True
            )
        )
        about = (told["user_name"], told["real_name"], told["bot"])
        self.assertEqual(about, ("~bob", "Bob B.", True))

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
                "content": "bob is not here. Last seen: less than a minute ago.",
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
        lines = (
            r.AccountLine(parse_nick("ann"), THEN, True),
            r.AccountLine(parse_nick("bob"), THEN, False, THEN),
        )
        told = reply(r.AccountList(lines, 2, 1, 1))
        ann = {"account": "ann", "created": rfc3339(THEN), "here": True, "seen": None}
        bob = ann | {"account": "bob", "here": False, "seen": rfc3339(THEN)}
        self.assertEqual((told["type"], told["accounts"]), ("accounts", [ann, bob]))
        self.assertEqual((told["content"], told["count"]), ("2 accounts.", 2))
        record = AuditRecord(THEN, "root", "bob", "192.0.2.7", CleanText("did it"))
        told = reply(r.Audit((record,), 1, 1, 1))
        did = {"operator": "root", "nick": "bob", "address": "192.0.2.7", "what": "did it"}
        self.assertEqual(told["records"], [did | {"time": rfc3339(THEN)}])

    def test_topic(self) -> None:
        topic = CleanText("Release")
        told = {"type": "topic", "content": "Release", "room": "dev"}
        self.assertEqual(reply(r.Topic(DEV, topic)), told)
        told |= {"from": "alice", "time": "2026-01-01T12:30:59.250Z"}
        self.assertEqual(reply(r.Topic(DEV, topic, ALICE, THEN)), told)

    def test_what_is_kept(self) -> None:
        told = {
            "type": "keep",
            "content": "The history of #dev is kept for 30 days.",
            "room": "dev",
        }
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
            r.HelpText((r.HelpLine("who", "[ROOM]", "list", "people"), r.HelpLine("back", "", "b")))
        )
        self.assertEqual(shown["content"], "/who [ROOM]: list\n/back: b")
        self.assertEqual(
            shown["commands"][0],
            {"name": "who", "usage": "[ROOM]", "help": "list", "group": "people"},
        )

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
