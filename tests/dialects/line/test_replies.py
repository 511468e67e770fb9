from __future__ import annotations

import re

import msgspec
from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.line_shown import (
    ALICE,
    BOB,
    DEV,
    HERE,
    LOBBY,
    NONE,
    NOON,
    lines_of,
    reply,
    text,
)
from tests.dialects.strategies import replies
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.ids import MessageId, Scope, UserId
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText


class ReplyTests(SynchronousTestCase):
    def test_who_is_inside_is_never_told_to_type_a_password_on_a_line_of_its_own(self) -> None:
        self.assertEqual(
            reply(r.NickPassword(BOB, inside=True)),
            ["! bob is registered. If it is yours, type /login bob PASSWORD."],
        )

    def test_login(self) -> None:
        pick = "Pick a nickname, or press Enter for a guest name."
        self.assertEqual(reply(r.Greeting("chat.example")), ["Welcome to chat.example.", pick])
        refused = r.NameRefused("nick-taken", '"bob" is taken.', parse_nick("bob2"))
        self.assertEqual(reply(refused), ['! "bob" is taken. Try bob2.', pick])
        refused = r.NameRefused("bad-nick", "that is no nickname")
        self.assertEqual(reply(refused), ["! that is no nickname.", pick])
        welcome = r.Welcome(BOB, "secret-token", text("Be kind.", "No bots."))
        self.assertEqual(reply(welcome), ["-- Welcome, bob.", "-- Be kind.", "-- No bots."])
        self.assertEqual(reply(r.Welcome(BOB, "t", resumed=True)), ["-- Welcome back, bob."])
        (hint,) = reply(r.Hint())
        self.assertIn("/help", hint)
        self.assertLessEqual(len(hint), 80)

    def test_tokens_and_what_programs_want_are_not_shown(self) -> None:
        self.assertNotIn(b"secret-token", HERE.reply(r.Welcome(BOB, "secret-token"), None))
        self.assertEqual(reply(r.Acked(MessageId(1), NOON)), [])
        self.assertEqual(reply(r.Probe()), [])

    def test_error_is_one_marked_sentence(self) -> None:
        self.assertEqual(reply(r.Refused("x", "bob is not here")), ["! bob is not here."])
        for why in ("really?", "no!", "it is so.", "no (really)"):
            self.assertEqual(reply(r.Refused("x", why)), [f"! {why}"])
        self.assertEqual(
            reply(r.PasswordNeeded(DEV)),
            ["! #dev is locked with a password. You did not enter it. Type /join #dev PASSWORD."],
        )
        self.assertEqual(
            reply(r.PasswordNeeded(DEV, wrong=True)),
            ["! Wrong password for #dev. You did not enter it. Type /join #dev PASSWORD."],
        )

    def test_focus_says_where_one_talks_now(self) -> None:
        self.assertEqual(reply(r.FocusSet(DEV)), ["-- You talk in #dev now."])
        self.assertEqual(
            reply(r.FocusSet(LOBBY, DEV)), ["-- You left #dev. You talk in #lobby now."]
        )
        self.assertEqual(
            reply(r.FocusSet(None, DEV)),
            ["-- You left #dev. You are not in any room now. Enter one with /join ROOM."],
        )

    def test_history_stands_in_a_frame_if_there_is_any(self) -> None:
        self.assertEqual(reply(r.HistoryStart(DEV, 2, False)), ["-- Earlier in #dev:"])
        end = r.HistoryEnd(DEV, 2, False, True)
        self.assertEqual(reply(end), ["-- End of what was said earlier in #dev."])
        self.assertEqual(reply(r.HistoryStart(DEV, None, True)), ["-- Earlier in #dev:"])
        self.assertEqual(reply(r.HistoryStart(DEV, 0, False)), [])
        self.assertEqual(
            reply(r.HistoryStart(DEV, 0, True)), ["-- There are no earlier messages in #dev."]
        )
        self.assertEqual(reply(r.HistoryEnd(DEV, 0, True, False)), [])

    def test_history_that_was_asked_for_says_how_to_see_more(self) -> None:
        end = "-- End of what was said earlier in #dev"
        for side, want in (
            ("before", f"{end}; /history 2 before 00000000000000ff shows more."),
            ("after", f"{end}; /history 2 after 00000000000000ff shows more."),
        ):
            answer = r.HistoryEnd(DEV, 2, True, True, side, MessageId(255))  # type: ignore[arg-type]
            self.assertEqual(reply(answer), [want])
            unasked = r.HistoryEnd(DEV, 2, False, True, side, MessageId(255))  # type: ignore[arg-type]
            self.assertEqual(reply(unasked), [f"{end}."])

    def test_what_is_shown_as_the_way_to_more_is_a_command(self) -> None:
        (line,) = reply(r.HistoryEnd(DEV, 2, True, True, "before", MessageId(255)))
        found = re.search("/history (.*) shows", line)
        assert found is not None
        want = c.ShowHistory(before=MessageId(255), limit=2)
        self.assertEqual(COMMANDS["history"].parse(found[1]), want)

    def test_who_ignores_all_that_was_said_is_shown_the_way_to_more_all_the_same(self) -> None:
        self.assertEqual(
            reply(r.HistoryEnd(DEV, 0, True, True, "before", MessageId(255))),
            [
                "-- All of these messages are from people you ignore; /history before 00000000000000ff shows more."
            ],
        )
        for end in (
            r.HistoryEnd(DEV, 0, True, False, "before", MessageId(255)),
            r.HistoryEnd(DEV, 0, True, True, "before", None),
            r.HistoryEnd(DEV, 0, False, True, "before", MessageId(255)),
        ):
            self.assertEqual(reply(end), [])
        (line,) = reply(r.SearchEnd(0, True, True))
        self.assertIn("The newest messages found are from people you ignore", line)

    def test_search_says_how_much_it_found(self) -> None:
        self.assertEqual(reply(r.SearchStart(0)), ["-- Nothing was found."])
        self.assertEqual(reply(r.SearchEnd(0, False, True)), [])
        self.assertEqual(reply(r.SearchStart(1)), ["-- Found:"])
        self.assertEqual(reply(r.SearchEnd(1, False, True)), ["-- 1 message, and that is all."])
        # Not since:DATE: what is shown is the newest, and that would leave out the oldest of it.
        narrow = "add a word, from:NICK or in:ROOM"
        self.assertEqual(
            reply(r.SearchEnd(50, True, True)),
            [f"-- 50 messages, the newest; there are more. Narrow the search: {narrow}."],
        )

    def test_search_that_could_not_look_everywhere_says_so(self) -> None:
        for count in (0, 3):
            *_, last = reply(r.SearchEnd(count, False, False))
            self.assertTrue(last.startswith("-- Some messages could not be searched"), last)

    def test_stats_are_a_few_lines_with_units(self) -> None:
        store = r.StoreHealth("sqlite", 3, 20_000, 12_345, 678, 0.0012, 0.045, 1, None, None)
        well = [
            "-- 12 sessions, 10 users, 1 room.",
            "-- Store (sqlite): 12,345 messages stored, 678 commits; the last took 1.2 ms, the slowest 45.0 ms.",
            "-- 3 changes not committed yet (peak 20,000), 1 message not indexed yet.",
        ]
        self.assertEqual(reply(r.Stats(12, 10, 1, store)), well)
        ill = msgspec.structs.replace(store, error=CleanText("disk full"), since=NOON)
        bad = "-- Nothing has been stored since 2026-01-01 12:30: disk full"
        self.assertEqual(reply(r.Stats(12, 10, 1, ill)), [*well, bad])

    def test_profile_says_who_where_and_since_when(self) -> None:
        profile = r.Profile(BOB, None, (LOBBY, DEV), NOON, 300, None)
        self.assertEqual(
            reply(profile),
            [
                "-- bob (guest) is in #lobby, #dev; here since 2026-01-01 12:30, silent for 5 minutes."
            ],
        )
        profile = r.Profile(BOB, "robert", (), NOON, 59, CleanText("lunch"))
        self.assertEqual(
            reply(profile),
            [
                "-- bob (account robert) is in no room; here since 2026-01-01 12:30, "
                "silent for less than a minute; away: lunch."
            ],
        )

    def test_farewell_pong_and_away(self) -> None:
        (line,) = reply(r.Profile(BOB, None, (), NOON, 59, c.NO_REASON))
        self.assertTrue(line.endswith("; away."), line)
        self.assertEqual(reply(r.Farewell("")), ["-- Goodbye."])
        self.assertEqual(
            reply(r.Farewell("the server is stopping")), ["-- Goodbye (the server is stopping)."]
        )
        self.assertEqual(reply(r.Pong(CleanText("x"))), ["-- pong x"])
        self.assertEqual(reply(r.Pong(NONE)), ["-- pong"])

    def test_topic(self) -> None:
        self.assertEqual(
            reply(r.Topic(DEV, CleanText("Release"), ALICE, NOON)),
            ["-- Topic of #dev (set by alice): Release"],
        )
        self.assertEqual(reply(r.Topic(DEV, CleanText("Release"))), ["-- Topic of #dev: Release"])
        self.assertEqual(
            reply(r.Topic(DEV, NONE)), ["-- #dev has no topic. Set one with /topic TEXT."]
        )

    @given(replies)
    def test_only_marked_lines_are_the_servers(self, answer: r.Reply) -> None:
        for line in lines_of(HERE.reply(answer, "tag")):
            self.assertRegex(line, r"\A(-- |! |--\Z|Welcome to |Pick a nickname)")

    @given(replies)
    def test_every_reply_for_people_shows_something(self, answer: r.Reply) -> None:
        if isinstance(answer, r.Acked | r.Probe | r.ReadUpTo | r.ReadUntil):
            self.assertEqual(reply(answer), [])
        elif not isinstance(answer, r.HistoryStart | r.HistoryEnd | r.SearchEnd):
            self.assertTrue(reply(answer), answer)


class OperatorTests(SynchronousTestCase):
    def test_address_is_shown_beside_its_cloak(self) -> None:
        bob = r.Profile(
            BOB, None, (), 0.0, 0.0, None, "a.b.c.ip", True, ("192.0.2.7",), user_name="~bob"
        )
        self.assertEqual(
            reply(bob)[1:],
            [
                "-- bob is an operator of this server.",
                "-- bob comes from ~bob@a.b.c.ip (192.0.2.7).",
            ],
        )

    def test_watched_people_are_told_apart(self) -> None:
        author = e.Author(UserId(1), BOB, Scope("s"))
        told = reply(r.Watched((author,), (parse_nick("eve"),), (parse_nick("dan"),)))
        want = ["Here: bob.", "Not here: eve.", "Not watched, because there are too many: dan."]
        self.assertEqual(told, [f"-- {line}" for line in want])
        self.assertEqual(reply(r.Watched((), ())), ["-- You are not watching anyone."])

    def test_whois_says_what_somebody_said_about_themselves(self) -> None:
        bob = r.Profile(BOB, None, (), 0.0, 0.0, None, real_name="Bob B.", bot=True)
        self.assertEqual(reply(bob)[1:], ["-- bob is a bot.", "-- Real name: Bob B."])

    def test_who_was_here_is_said_with_how_long_ago(self) -> None:
        told = reply(r.WasHere("bob", 0.0, 3 * 3600.0))
        self.assertEqual(told, ["-- bob is not here. Last seen: 3 hours ago."])

    def test_lists_of_operators(self) -> None:
        ban = Ban("network", "192.0.2.0/24", "root", 0.0, 90.0, CleanText("spam"))
        self.assertEqual(
            reply(r.ServerBanList((ban,), 1, 1, 1, 30.0)),
            [
                "-- 1 ban from this server:",
                "--   network 192.0.2.0/24: for 1 minute, by root on 1970-01-01 00:00 (spam)",
            ],
        )
        self.assertEqual(
            reply(r.ServerBanList((), 0, 1, 1, 0.0)), ["-- Nobody is banned from this server."]
        )
        accounts = (
            r.AccountLine(parse_nick("ann"), 0.0, True),
            r.AccountLine(parse_nick("bob"), 60.0, False, 120.0),
            r.AccountLine(parse_nick("eve"), 60.0, False),
        )
        self.assertEqual(
            reply(r.AccountList(accounts, 51, 1, 2, "*")),
            [
                "-- 51 accounts (page 1 of 2; /accounts * 2 shows the next):",
                "--   ann, registered on 1970-01-01 00:00; here now",
                "--   bob, registered on 1970-01-01 00:01; last seen on 1970-01-01 00:02",
                "--   eve, registered on 1970-01-01 00:01",
            ],
        )
        self.assertEqual(reply(r.AccountList((), 0, 1, 1)), ["-- There are no accounts."])
        self.assertEqual(reply(r.AccountList((), 0, 1, 1, "x*")), ["-- No account matches."])
        record = AuditRecord(60.0, "root", "bob", "192.0.2.7", CleanText("disconnected eve"))
        self.assertEqual(
            reply(r.Audit((record,), 51, 1, 2)),
            [
                "-- Actions of this server's operators, latest first (page 1 of 2; /audit 2 shows the next):",
                "--   1970-01-01 00:01 root (bob, 192.0.2.7) disconnected eve",
            ],
        )
