"""What plain mode shows."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.client.link.test_wire import FIELDS
from tests.dialects.strategies import any_text, envelopes, harmless, replies, tags
from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.client.plain.view import PlainView
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.dialects.json.events import JsonView

#: Noon on the first day of 2026.
NOON = 1767268800.0
SERVER = JsonView(UTC, lambda: 0.0)
VIEW = PlainView(lambda: "dev", lambda: "bob", lambda: NOON, UTC)


def shown(event: ev.Event) -> list[str]:
    return list(VIEW.lines(event))


def said(*lines: str, **fields: Any) -> ev.Message:
    given: dict[str, Any] = {"sender": "joe", "room": "dev", "time": NOON} | fields
    made = ev.PrivateMessage if given.get("to") else ev.RoomMessage
    return made(content="\n".join(lines), **given)


class AnyEventTests(SynchronousTestCase):
    @given(envelopes() | replies, tags)
    def test_whatever_the_server_tells_is_shown_in_clean_lines(
        self, happened: e.Envelope | r.Reply, tag: str
    ) -> None:
        data = (
            SERVER.event(happened)
            if isinstance(happened, e.Envelope)
            else SERVER.reply(happened, tag)
        )
        for line in shown(wire.decode(data.removesuffix(b"\n"))) if data else []:
            self.assertTrue(harmless(line), line)

    @given(
        st.sampled_from([*wire._BY_TYPE, *wire._BY_FIELD]),
        st.dictionaries(
            st.sampled_from([*FIELDS, "page", "pages", "idle", "ago", "slow", "since"]),
            any_text
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.just([]),
        ),
    )
    def test_whatever_another_server_tells_breaks_nothing(
        self, kind: str, fields: dict[str, Any]
    ) -> None:
        given_ = {"from": "x", "room": "r", "nick": "n", "users": [], "rooms": [], "count": 1}
        data = json.dumps({**given_, **fields, "type": kind}).encode("utf-8", "surrogatepass")
        for line in shown(wire.decode(data)):
            self.assertTrue(harmless(line), line)


class MessageTests(SynchronousTestCase):
    def test_what_is_said_here_elsewhere_and_in_private(self) -> None:
        self.assertEqual(shown(said("a", "b")), ["<joe> a", "<joe> b"])
        self.assertEqual(shown(said("waves", kind="action")), ["* joe waves"])
        self.assertEqual(shown(said("ahem", kind="notice")), ["-joe- ahem"])
        self.assertEqual(shown(said("VERSION", kind="ctcp")), [])
        self.assertEqual(shown(said("a", room="ops")), ["#ops <joe> a"])
        self.assertEqual(shown(said("a", room=None, to="bob")), ["*joe* a"])
        self.assertEqual(shown(said("waves", room=None, kind="action")), ["*joe* * waves"])
        self.assertEqual(shown(said("x", room=None, kind="ctcp")), [])

    def test_a_room_that_is_refused_is_told_with_where_one_talks(self) -> None:
        refused = ev.Refused(room="ops", code="banned", content="you are banned")
        self.assertEqual(shown(refused), ["! you are banned", "-- You talk in #dev now."])
        refused = ev.Refused(room="ops", code="password-needed", content="about JSON")
        self.assertEqual(
            shown(refused)[0],
            "! #ops is locked with a password. You did not enter it. Type /join #ops PASSWORD.",
        )

    def test_what_was_said_earlier_has_its_time(self) -> None:
        self.assertEqual(shown(said("a", replay=True)), ["[12:00] <joe> a"])
        self.assertEqual(
            shown(said("a", replay=True, time=NOON - 86400)), ["[2025-12-31 12:00] <joe> a"]
        )

    def test_what_came_while_one_was_away(self) -> None:
        waiting = said("a", room=None, replay=True, time=NOON - 86400)
        self.assertEqual(
            [
                line
                for event in (ev.WaitingStart(), waiting, ev.WaitingEnd())
                for line in shown(event)
            ],
            [
                "-- Private messages that came while you were away:",
                "[2025-12-31 12:00] *joe* a",
                "-- End of what came while you were away (0 messages).",
            ],
        )
        self.assertEqual(shown(ev.Missed(content="#dev 2 lines.")), ["-- #dev 2 lines."])
        self.assertEqual(shown(ev.ReadUpTo(room="dev", message="1")), [])

    def test_ones_own(self) -> None:
        for fields, line in (
            ({"room": "dev"}, "<You> a"),
            ({"room": "ops"}, "#ops <You> a"),
            ({"room": "dev", "kind": "action"}, "* bob a"),
            ({"to": "joe"}, "-> *joe* a"),
        ):
            self.assertEqual(shown(ev.Sending(tag="t", content="a", **fields)), [line])  # type: ignore[arg-type]

    def test_history_and_what_was_found(self) -> None:
        self.assertEqual(
            shown(ev.Page(tag="t", room="dev", messages=(said("a", replay=True),))),
            ["-- Earlier in #dev:", "[12:00] <joe> a", "-- End of what was said earlier in #dev."],
        )
        self.assertEqual(
            shown(ev.Page(tag="t", room="", partner="joe", messages=())),
            ["-- Earlier with joe:", "-- End of what was said earlier with joe."],
        )
        self.assertEqual(
            shown(ev.Found(tag="t", messages=(said("a"),), content="1 message found")),
            ["[2026-01-01 12:00] <joe> a", "-- 1 message found"],
        )
        self.assertEqual(shown(ev.HistoryStart(room="dev", count=0)), [])
        self.assertEqual(shown(ev.HistoryStart(room="dev")), ["-- Earlier in #dev:"])
        self.assertEqual(shown(ev.HistoryEnd(room="dev")), [])
        self.assertEqual(
            shown(ev.HistoryEnd(room="dev", count=1)), ["-- End of what was said earlier in #dev."]
        )


class HappeningTests(SynchronousTestCase):
    def shows(self, event: ev.Event, *lines: str) -> None:
        self.assertEqual(shown(event), list(lines))

    def test_people(self) -> None:
        self.shows(
            ev.Joined(sender="joe", room="dev", content="joe joined #dev"), "-- joe joined #dev"
        )
        self.shows(
            ev.Left(sender="joe", room="dev", reason="tea", content="joe left #dev"),
            "-- joe left #dev (tea)",
        )
        self.shows(ev.Renamed(sender="joe", content="jim"), "-- joe is now called jim")
        self.shows(ev.Renamed(sender="joe", content="joe", account="joe"))
        self.shows(ev.Renamed(sender="rob", content="bob"), "-- You are now called bob.")
        self.shows(ev.Away(sender="joe", away=True))
        self.shows(
            ev.BotCommands(sender="dice", commands=("!roll",), content="dice answers to !roll"),
            "-- dice answers to !roll.",
        )
        self.shows(ev.Away(sender="bob", away=False), "-- You are no longer marked as away.")
        self.shows(
            ev.Away(sender="bob", away=True, content="tea"),
            "-- You are now marked as away (tea). Type /back when you are back.",
        )
        names = tuple(f"n{number}" for number in range(12))
        self.shows(
            ev.Gathered(room="dev", joined=names, left=("x",), count=99),
            "-- 12 joined #dev: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 …; 1 left #dev: x",
        )
        self.shows(ev.Gathered(room="dev", joined=(), left=(), count=99))

    def test_rooms(self) -> None:
        self.shows(
            ev.Entered(room="dev", names=("bob",), count=1, created=True, locked=True),
            "-- You are in a new room, #dev, locked with a password. Nobody else is here.",
        )
        self.shows(
            ev.Entered(room="dev", names=("bob", "joe"), count=3, topic="tea"),
            "-- You are in #dev. 3 people are here:",
            "--   bob, joe",
            "--   … and 1 more; /who #dev lists them.",
            "-- Topic of #dev: tea",
        )
        self.shows(
            ev.Entered(room="dev", names=("bob",), count=1, bot_commands=("!flip", "!roll")),
            "-- You are in #dev. Nobody else is here.",
            "-- Bots here answer to !flip, !roll.",
        )
        self.shows(ev.Focus(focus="dev"), "-- You talk in #dev now.")
        self.shows(
            ev.Gone(room="ops", focus=None),
            "-- You left #ops. You are not in any room now. Enter one with /join ROOM.",
        )
        self.shows(ev.ShownTopic(room="dev"), "-- #dev has no topic. Set one with /topic TEXT.")
        self.shows(
            ev.ShownTopic(room="dev", sender="joe", content="tea"),
            "-- Topic of #dev (set by joe): tea",
        )
        self.shows(
            ev.Topic(room="dev", sender="joe", content="tea", id="1"),
            "-- joe set the topic of #dev: tea",
        )
        self.shows(ev.Topic(room="dev", sender="joe", id="1"), "-- joe cleared the topic of #dev")
        self.shows(
            ev.Invited(sender="joe", room="x"), "-- joe invites you to #x. Enter it with /join #x."
        )

    def test_the_server(self) -> None:
        self.shows(
            ev.Announcement(sender="root", content="hear"),
            "== Announcement by root, an operator of this server: hear",
        )
        self.shows(ev.Refused(code="x", content="no"), "! no")
        self.shows(ev.Refused(code="x", content="no.", suggestion="bob2"), "! no. Try bob2.")
        self.shows(ev.Notice(code="hint", content="send JSON"))
        self.shows(ev.Notice(code="done", content="it is done"), "-- it is done")
        self.shows(ev.Farewell(content="Goodbye."), "-- Goodbye.")
        self.shows(ev.Pong(content="x"))

    def test_the_connection(self) -> None:
        self.shows(ev.Connecting())
        self.shows(ev.Lag(seconds=1))
        self.shows(ev.Offline(why="gone"), "-- Not connected: gone.")
        self.shows(
            ev.Offline(why="gone", again=2.4),
            "-- Not connected: gone. Trying again in 2 s; what you type is kept.",
        )
        self.shows(
            ev.Undone(tag="t", what="/kick"),
            "! The connection was lost before /kick was answered; it may or may not have been done.",
        )


class AnswerTests(SynchronousTestCase):
    def shows(self, event: ev.Event, *lines: str) -> None:
        self.assertEqual(shown(event), list(lines))

    def test_lists(self) -> None:
        people = (
            ev.Person(nick="joe", operator=True, guest=False),
            ev.Person(nick="ann", roles=("voice",), away="tea"),
        )
        self.shows(
            ev.Who(users=people, count=2, pages=3, room="dev"),
            "-- 2 people are in #dev (page 1 of 3):",
            "--   @joe, +ann (guest; away)",
        )
        self.shows(ev.Who(users=(), count=0), "-- Nobody is here.")
        rooms = (ev.RoomLine(room="dev", count=2, topic="tea", locked=True), ev.RoomLine(room="a"))
        self.shows(
            ev.Listing(rooms=rooms, count=2),
            "-- 2 rooms:",
            "--   #dev     2 locked  tea",
            "--   #a       0",
        )
        self.shows(
            ev.Listing(rooms=(), count=0, users=people[:1], user_count=1),
            "-- 0 rooms:",
            "-- 1 person is here:",
            "--   @joe",
        )

    def test_somebody(self) -> None:
        self.shows(
            ev.Whois(nick="joe", here=False, ago=90), "-- joe is not here. Last seen: 1 minute ago."
        )
        self.shows(
            ev.Whois(nick="joe", since=NOON, idle=5),
            "-- joe (guest) is in no room; here since 2026-01-01 12:00, silent for less than a minute.",
        )
        self.shows(
            ev.Whois(
                nick="joe",
                account="joe",
                rooms=("a", "b"),
                since=NOON,
                idle=5,
                away="tea",
                host="x.ip",
                addresses=("192.0.2.7",),
                server_operator=True,
            ),
            "-- joe (account joe) is in #a, #b; here since 2026-01-01 12:00, silent for less than a minute; away: tea.",
            "-- joe is an operator of this server.",
            "-- joe comes from x.ip (192.0.2.7).",
        )

    def test_help(self) -> None:
        command = ev.CommandHelp(name="who", usage="[ROOM]", help="list who is here")
        self.shows(ev.Help(commands=(command,)), "-- /who [ROOM]: list who is here")

    def test_how_a_room_is_set(self) -> None:
        self.shows(ev.RoomSettings(room="dev"), "-- #dev belongs to nobody; open to everyone.")
        self.shows(
            ev.RoomSettings(
                room="dev",
                owner="ann",
                lock=True,
                invite_only=True,
                slow=5,
                visibility="join",
                roles={"joe": ("operator",)},
            ),
            "-- #dev belongs to ann; locked with a password, invite-only, slow (5 seconds), "
            "history from the time of joining.",
            "--   joe: operator",
        )

    def test_bans(self) -> None:
        self.shows(
            ev.Bans(
                room="dev",
                count=2,
                bans=(
                    ev.BanLine(target="eve", by="joe", left=60, reason="spam"),
                    ev.BanLine(target="*x*", by="joe", mute=True),
                ),
            ),
            "-- #dev has 2 bans, mutes and exceptions:",
            "--   eve, by joe, 1 minute left: spam",
            "--   *x* (muted), by joe",
        )
        self.shows(
            ev.ServerBans(
                count=2,
                bans=(
                    ev.ServerBan(kind="account", target="eve", by="root", since=NOON, until=NOON),
                    ev.ServerBan(
                        kind="network", target="192.0.2.0/24", by="root", since=NOON, reason="x"
                    ),
                ),
            ),
            "-- 2 bans from this server:",
            "--   account eve: until 2026-01-01 12:00, by root on 2026-01-01 12:00",
            "--   network 192.0.2.0/24: for good, by root on 2026-01-01 12:00 (x)",
        )

    def test_what_operators_ask_for(self) -> None:
        accounts = (
            ev.AccountLine(account="ann", created=NOON, here=True),
            ev.AccountLine(account="bob", created=NOON, seen=NOON),
        )
        self.shows(
            ev.AccountList(accounts=accounts, count=2),
            "-- 2 accounts:",
            "--   ann, registered on 2026-01-01 12:00; here now",
            "--   bob, registered on 2026-01-01 12:00; last seen on 2026-01-01 12:00",
        )
        record = ev.AuditLine(
            time=NOON, operator="root", nick="ann", address="192.0.2.7", what="banned eve"
        )
        self.shows(
            ev.Audit(records=(record,), count=1),
            "-- Actions of this server's operators, latest first:",
            "--   2026-01-01 12:00 root (ann, 192.0.2.7) banned eve",
        )
        self.shows(
            ev.Stats(
                sessions=1,
                users=1,
                rooms=1,
                store={"kind": "sql", "waiting": 0},
                content="1 session",
            ),
            "-- 1 session, 1 user, 1 room.",
            "-- Store: kind sql, waiting 0.",
        )
