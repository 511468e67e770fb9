"""What a person with nc sees: the lines themselves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.core.test_events import EVERY_EVENT
from tests.dialects.strategies import EVENTS, envelopes, replies
from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.accounts import Proof
from twisted_chat.core.commands import Kind
from twisted_chat.core.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.keep import KEEP_ALL, Keep
from twisted_chat.core.lasting import AuditRecord
from twisted_chat.core.names import Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.room_events import RoomEvent
from twisted_chat.core.server_bans import Ban
from twisted_chat.core.table import COMMANDS
from twisted_chat.core.text import CleanText
from twisted_chat.dialects.line_view import LineView

# 12:30 UTC on the first day of 2026.
NOON = datetime(2026, 1, 1, 12, 30, 59, tzinfo=UTC).timestamp()

HERE = LineView(UTC, lambda: NOON, here=True)
ELSEWHERE = LineView(UTC, lambda: NOON, here=False)

ALICE, BOB = parse_nick("alice"), parse_nick("bob")
DEV, LOBBY = parse_room("dev"), parse_room("lobby")
NONE = CleanText("")


def text(*lines: str) -> tuple[CleanText, ...]:
    return tuple(map(CleanText, lines))


def told(kind: Kind, *lines: str) -> e.Told:
    return e.Told(UserId(2), BOB, kind, text(*lines))


def by_alice(event: e.Event, room: RoomName | None = DEV) -> e.Envelope:
    author = e.Author(UserId(1), ALICE, Scope("s"))
    where = e.RoomRef(RoomId(1), room) if room is not None else None
    return e.Envelope(MessageId(9), NOON, event, e.Origin(Node("n"), SessionId(1)), author, where)


def gathered(joined: tuple[Nick, ...], left: tuple[Nick, ...]) -> e.Envelope:
    room = e.RoomRef(RoomId(1), DEV)
    return e.Envelope(MessageId(0), NOON, e.Gathered(joined, left, 200), None, None, room)


def lines_of(shown: bytes) -> list[str]:
    """Cut what is shown into its lines, each of which must be ended by CR LF."""
    *lines, rest = shown.decode().split("\r\n")
    assert not rest, rest
    return lines


def event(happened: e.Event, room: RoomName | None = DEV, view: LineView = HERE) -> list[str]:
    return lines_of(view.event(by_alice(happened, room)))


def own(happened: e.Event, room: RoomName | None = DEV) -> list[str]:
    return lines_of(HERE.own(by_alice(happened, room), acked=False))


def reply(answer: r.Reply) -> list[str]:
    return lines_of(HERE.reply(answer, None))


class EventTests(SynchronousTestCase):
    def test_said_here_names_the_speaker(self) -> None:
        self.assertEqual(event(e.Said("say", text("hi"))), ["<alice> hi"])
        self.assertEqual(event(e.Said("action", text("waves"))), ["* alice waves"])
        self.assertEqual(event(e.Said("notice", text("build failed"))), ["-alice- build failed"])

    def test_said_elsewhere_names_the_room_too(self) -> None:
        for kind, line in (
            ("say", "#dev <alice> hi"),
            ("action", "#dev * alice hi"),
            ("notice", "#dev -alice- hi"),
        ):
            said = e.Said(kind, text("hi"))  # type: ignore[arg-type]
            self.assertEqual(event(said, view=ELSEWHERE), [line])

    def test_each_line_of_a_message_names_its_speaker(self) -> None:
        said = e.Said("say", text("one", "", "three"))
        self.assertEqual(event(said), ["<alice> one", "<alice> ", "<alice> three"])
        self.assertEqual(event(said, view=ELSEWHERE)[1], "#dev <alice> ")

    def test_told_is_marked_as_private(self) -> None:
        self.assertEqual(event(told("say", "psst"), None), ["*alice* psst"])
        self.assertEqual(event(told("action", "waves"), None), ["*alice* * waves"])
        self.assertEqual(event(told("notice", "a", "b"), None), ["*alice* a", "*alice* b"])

    def test_who_came_and_went_is_told(self) -> None:
        self.assertEqual(event(e.Joined(DEV)), ["-- alice joined #dev"])
        self.assertEqual(event(e.Left()), ["-- alice left #dev"])
        self.assertEqual(event(e.Left(CleanText("lunch"))), ["-- alice left #dev (lunch)"])
        self.assertEqual(
            event(e.Departed(CleanText("quit")), None), ["-- alice left the chat (quit)"]
        )
        self.assertEqual(event(e.Departed(NONE), None), ["-- alice left the chat"])
        self.assertEqual(event(e.Kicked(UserId(2), BOB)), ["-- alice put bob out of #dev"])
        kicked = e.Kicked(UserId(2), BOB, CleanText("spam"))
        self.assertEqual(event(kicked), ["-- alice put bob out of #dev (spam)"])

    def test_changes_are_told(self) -> None:
        self.assertEqual(event(e.Renamed(BOB), None), ["-- alice is now called bob"])
        topic = e.TopicSet(CleanText("Release"))
        self.assertEqual(event(topic), ["-- alice set the topic of #dev: Release"])
        self.assertEqual(event(e.TopicSet(NONE)), ["-- alice cleared the topic of #dev"])

    def test_what_is_kept(self) -> None:
        kept = ["-- alice set: history of #dev is kept for 30 days"]
        self.assertEqual(event(e.KeepSet(Keep(30))), kept)
        capped = "-- alice set: history of #dev is kept for 7 days, up to 500 lines (this server keeps no more)"
        self.assertEqual(event(e.KeepSet(Keep(7, 500), capped=True)), [capped])
        free = ["-- History of #dev is kept as long as this server keeps any."]
        self.assertEqual(reply(r.Kept(DEV, KEEP_ALL)), free)
        self.assertEqual(reply(r.Kept(DEV, Keep(1))), ["-- History of #dev is kept for 1 day."])

    def test_what_happened_elsewhere_names_the_room_once(self) -> None:
        self.assertEqual(event(e.Joined(DEV), view=ELSEWHERE), ["-- alice joined #dev"])

    def test_gathered_is_one_line_with_at_most_ten_names_each_way(self) -> None:
        many = tuple(parse_nick(f"n{i}") for i in range(1200))
        shown = lines_of(HERE.event(gathered(many, (BOB,))))
        self.assertEqual(
            shown,
            ["-- 1,200 joined #dev: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 …; 1 left #dev: bob"],
        )
        self.assertEqual(
            lines_of(HERE.event(gathered((), (ALICE, BOB)))), ["-- 2 left #dev: alice, bob"]
        )
        self.assertEqual(HERE.event(gathered((), ())), b"")

    def test_requests_between_programs_and_what_needs_no_telling_are_not_shown(self) -> None:
        ctcp = text("VERSION")
        hidden = (
            e.Said("ctcp", ctcp),
            told("ctcp", "VERSION"),
            e.Arrived(BOB, Scope("s"), "host"),
            e.Detached(),
            e.Received(),
            e.Read(MessageId(7)),
            e.AwaySet(CleanText("lunch")),
            e.AwaySet(None),
        )
        for each in hidden:
            for view in (HERE, ELSEWHERE):
                self.assertEqual(view.event(by_alice(each)), b"", each)
                self.assertEqual(view.replay(by_alice(each)), b"", each)

    def test_everything_else_is_shown(self) -> None:
        shown = (
            e.Said("say", text("x")),
            told("say", "x"),
            e.Joined(DEV),
            e.Left(),
            e.Departed(NONE),
            e.Renamed(BOB),
            e.LoggedIn(parse_nick("rob"), Proof("rob")),
            e.Kicked(UserId(2), BOB),
            e.TopicSet(NONE),
            e.KeepSet(KEEP_ALL),
            e.Announced("root", text("x")),
        )
        hidden = {e.Arrived, e.Detached, e.AwaySet, e.Closed, e.Gathered, e.Received, e.Read}
        hidden |= {e.Registered, e.PasswordSet, e.AccountDropped, e.Invited}
        hidden |= {e.PrivacySet, e.IgnoreSet}
        hidden |= {e.Killed, e.ServerBanned, e.ServerUnbanned, e.PanicSet}
        ruled = [each for each in EVERY_EVENT if isinstance(each, RoomEvent)]
        self.assertEqual({type(each) for each in (*shown, *ruled)} | hidden, set(EVENTS))
        for each in (*shown, *ruled):
            self.assertEqual(len(event(each)), 1, each)

    @given(envelopes(e.Said))
    def test_one_line_for_each_line_said_and_the_text_as_it_is(self, envelope: e.Envelope) -> None:
        said, author = envelope.event, envelope.author
        assert isinstance(said, e.Said) and author is not None
        shown = lines_of(HERE.event(envelope))
        if said.kind == "ctcp":
            self.assertEqual(shown, [])
            return
        head = {
            "say": f"<{author.nick}> ",
            "action": f"* {author.nick} ",
            "notice": f"-{author.nick}- ",
        }
        self.assertEqual(shown, [head[said.kind] + line for line in said.lines])
        elsewhere = lines_of(ELSEWHERE.event(envelope))
        self.assertEqual(
            elsewhere, [f"{envelope.room and envelope.room.name} {line}" for line in shown]
        )

    @given(envelopes())
    def test_nothing_that_is_said_looks_like_the_server(self, envelope: e.Envelope) -> None:
        # "-- ", "! " and "[HH:MM]" at the start of a line are the server's own.
        if isinstance(envelope.event, e.Said | e.Told):
            for view in (HERE, ELSEWHERE):
                for line in lines_of(view.event(envelope)) + lines_of(
                    view.own(envelope, acked=False)
                ):
                    self.assertNotRegex(line, r"\A(-- |! |\[)")


class OwnTests(SynchronousTestCase):
    def test_own_public_line_is_not_echoed(self) -> None:
        for kind in ("say", "action", "notice", "ctcp"):
            self.assertEqual(own(e.Said(kind, text("hi"))), [])

    def test_own_private_line_is_shown_with_its_target(self) -> None:
        self.assertEqual(own(told("say", "psst", "!"), None), ["-> *bob* psst", "-> *bob* !"])
        self.assertEqual(own(told("action", "waves"), None), ["-> *bob* * waves"])
        self.assertEqual(own(told("notice", "x"), None), ["-> *bob* x"])

    def test_own_request_between_programs_is_not_shown_either(self) -> None:
        self.assertEqual(own(told("ctcp", "VERSION"), None), [])

    def test_own_rename_and_away_speak_to_you(self) -> None:
        self.assertEqual(own(e.Renamed(BOB), None), ["-- You are now called bob."])
        lunch = e.AwaySet(CleanText("lunch"))
        self.assertEqual(
            own(lunch, None), ["-- You are marked as away (lunch); /back undoes that."]
        )
        away = COMMANDS["away"].parse("")
        assert isinstance(away, c.Away)
        default = e.AwaySet(away.text)
        self.assertEqual(own(default, None), ["-- You are marked as away; /back undoes that."])
        self.assertEqual(own(e.AwaySet(None), None), ["-- You are no longer marked as away."])

    def test_own_topic_and_kick_are_shown_as_to_all(self) -> None:
        for each in (e.TopicSet(CleanText("x")), e.KeepSet(KEEP_ALL), e.Kicked(UserId(2), BOB)):
            self.assertEqual(own(each), event(each))

    def test_what_a_reply_answers_is_not_shown_twice(self) -> None:
        for each in (e.Joined(DEV), e.Left(), e.Departed(NONE), e.Arrived(BOB, Scope("s"), "h")):
            self.assertEqual(own(each), [])


DATED = r"\A\[\d{4}-\d\d-\d\d [0-2][0-9]:[0-5][0-9]\] "
STAMP = r"\A\[(\d{4}-\d\d-\d\d )?[0-2][0-9]:[0-5][0-9]\] "


class ReplayTests(SynchronousTestCase):
    def test_every_replayed_line_carries_its_time(self) -> None:
        said = by_alice(e.Said("say", text("one", "two")))
        self.assertEqual(
            lines_of(HERE.replay(said)), ["[12:30] <alice> one", "[12:30] <alice> two"]
        )
        self.assertEqual(lines_of(ELSEWHERE.replay(said))[0], "[12:30] #dev <alice> one")

    def test_time_is_that_of_the_zone(self) -> None:
        view = LineView(timezone(timedelta(hours=5, minutes=45)), lambda: NOON, here=True)
        shown = lines_of(view.replay(by_alice(e.Said("say", text("x")))))
        self.assertEqual(shown, ["[18:15] <alice> x"])

    def test_without_a_zone_it_is_the_servers_own(self) -> None:
        view = LineView(None, lambda: NOON, here=True)
        clock = datetime.fromtimestamp(NOON).strftime("%H:%M")
        self.assertTrue(lines_of(view.replay(by_alice(e.Joined(DEV))))[0].startswith(f"[{clock}] "))

    @given(envelopes())
    def test_replay_is_the_event_with_a_time(self, envelope: e.Envelope) -> None:
        for view in (HERE, ELSEWHERE):
            replayed = lines_of(view.replay(envelope))
            for line in replayed:
                self.assertRegex(line, STAMP)
            bare = [re.sub(STAMP, "", line) for line in replayed]
            self.assertEqual(bare, lines_of(view.event(envelope)))
            found = [re.sub(DATED, "", line) for line in lines_of(view.found(envelope))]
            self.assertEqual(found, lines_of(view.event(envelope)))

    def test_line_of_another_day_carries_the_date(self) -> None:
        line = by_alice(e.Said("say", text("hi")))
        for now, stamp in (
            (NOON + 11 * 3600, "[12:30]"),
            (NOON + 12 * 3600, "[2026-01-01 12:30]"),
            (NOON - 12 * 3600, "[12:30]"),
            (NOON - 13 * 3600, "[2026-01-01 12:30]"),
        ):
            view = LineView(UTC, lambda now=now: now, here=True)  # type: ignore[misc]
            self.assertEqual(lines_of(view.replay(line)), [f"{stamp} <alice> hi"])

    def test_day_is_that_of_the_zone(self) -> None:
        east = timezone(timedelta(hours=11, minutes=45))
        view = LineView(east, lambda: NOON - 3600, here=True)  # 23:15 there
        (line,) = lines_of(view.replay(by_alice(e.Said("say", text("hi")))))
        self.assertEqual(line, "[2026-01-02 00:15] <alice> hi")

    def test_what_is_found_always_carries_the_date_and_names_another_room(self) -> None:
        said = by_alice(e.Said("say", text("one", "two")))
        stamp = "[2026-01-01 12:30]"
        want = [f"{stamp} <alice> one", f"{stamp} <alice> two"]
        self.assertEqual(lines_of(HERE.found(said)), want)
        self.assertEqual(lines_of(ELSEWHERE.found(said))[0], f"{stamp} #dev <alice> one")


class ReplyTests(SynchronousTestCase):
    def test_login(self) -> None:
        pick = "Pick a nickname, or press Enter for a guest name."
        self.assertEqual(reply(r.Greeting("chat.example")), ["Welcome to chat.example.", pick])
        refused = r.NameRefused("nick-taken", '"bob" is taken', parse_nick("bob2"))
        self.assertEqual(reply(refused), ['! "bob" is taken. Try bob2.', pick])
        refused = r.NameRefused("bad-nick", "that is no nickname")
        self.assertEqual(reply(refused), ["! that is no nickname.", pick])
        welcome = r.Welcome(BOB, "secret-token", text("Be kind.", "No bots."))
        self.assertEqual(reply(welcome), ["-- Welcome, bob.", "-- Be kind.", "-- No bots."])
        self.assertEqual(reply(r.Welcome(BOB, "t", resumed=True)), ["-- Welcome back, bob."])
        (hint,) = reply(r.Hint())
        self.assertIn("/help", hint)
        self.assertLessEqual(len(hint), 80)

    def test_token_is_not_shown_to_people(self) -> None:
        self.assertNotIn(b"secret-token", HERE.reply(r.Welcome(BOB, "secret-token"), None))

    def test_error_is_one_marked_sentence(self) -> None:
        self.assertEqual(reply(r.Refused("x", "bob is not here")), ["! bob is not here."])
        for why in ("really?", "no!", "it is so.", "no (really)"):
            self.assertEqual(reply(r.Refused("x", why)), [f"! {why}"])
        self.assertEqual(
            reply(r.PasswordNeeded(DEV)),
            ["! #dev is locked. To enter it, type all of this on one line: /join #dev PASSWORD"],
        )
        self.assertEqual(
            reply(r.PasswordNeeded(DEV, wrong=True)),
            ["! that is not the password of #dev; try again with /join #dev PASSWORD."],
        )

    def test_entering_a_room_tells_who_is_there(self) -> None:
        self.assertEqual(
            reply(r.Entered(DEV, 2, (ALICE, BOB), NONE)),
            ["-- You are in #dev. 2 people are here:", "--   alice, bob"],
        )
        self.assertEqual(
            reply(r.Entered(DEV, 1, (BOB,), NONE, created=True)),
            ["-- You are in a new room, #dev. Nobody else is here."],
        )
        self.assertEqual(
            reply(r.Entered(DEV, 1, (BOB,), CleanText("Release"), locked=True)),
            [
                "-- You are in #dev, locked with a password. Nobody else is here.",
                "-- Topic of #dev: Release",
            ],
        )

    def test_entering_a_crowded_room_shows_a_page_of_names_and_counts_the_rest(self) -> None:
        names = tuple(parse_nick(f"somebody{i}") for i in range(50))
        head, *rows = reply(r.Entered(DEV, 5000, names, NONE))
        self.assertEqual(head, "-- You are in #dev. 5,000 people are here:")
        self.assertTrue(rows[-2].endswith("somebody48, somebody49"), rows)
        self.assertEqual(rows[-1], "--   … and 4,950 more; /who #dev lists them.")
        for row in rows[:-1]:
            self.assertTrue(row.startswith("--   somebody") and len(row) <= 78, row)

    def test_focus_says_where_one_talks_now(self) -> None:
        self.assertEqual(reply(r.FocusSet(DEV)), ["-- You talk in #dev now."])
        self.assertEqual(
            reply(r.FocusSet(LOBBY, DEV)), ["-- You left #dev. You talk in #lobby now."]
        )
        self.assertEqual(
            reply(r.FocusSet(None, DEV)),
            ["-- You left #dev. You talk in no room now; choose one with /join ROOM."],
        )

    def test_history_stands_in_a_frame(self) -> None:
        self.assertEqual(reply(r.HistoryStart(DEV, 2, False)), ["-- Earlier in #dev:"])
        end = r.HistoryEnd(DEV, 2, False, True)
        self.assertEqual(reply(end), ["-- End of what was said earlier in #dev."])

    def test_history_that_is_sent_while_it_is_read_stands_in_the_same_frame(self) -> None:
        self.assertEqual(reply(r.HistoryStart(DEV, None, True)), ["-- Earlier in #dev:"])

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
                "-- What was said there is by people whom you ignore; /history before 00000000000000ff shows more."
            ],
        )
        for end in (
            r.HistoryEnd(DEV, 0, True, False, "before", MessageId(255)),
            r.HistoryEnd(DEV, 0, True, True, "before", None),
            r.HistoryEnd(DEV, 0, False, True, "before", MessageId(255)),
        ):
            self.assertEqual(reply(end), [])
        (line,) = reply(r.SearchEnd(0, True, True))
        self.assertIn("the newest of it is by people whom you ignore", line)

    def test_search_says_how_much_it_found(self) -> None:
        self.assertEqual(reply(r.SearchStart(0)), ["-- Nothing was found."])
        self.assertEqual(reply(r.SearchEnd(0, False, True)), [])
        self.assertEqual(reply(r.SearchStart(1)), ["-- Found:"])
        self.assertEqual(reply(r.SearchEnd(1, False, True)), ["-- 1 message, and that is all."])
        # Not since:DATE: what is shown is the newest, and that would leave out the oldest of it.
        narrow = "add a word, from:NICK or in:ROOM"
        self.assertEqual(
            reply(r.SearchEnd(50, True, True)),
            [f"-- 50 messages, the newest, and there are more; {narrow}."],
        )

    def test_search_that_could_not_look_everywhere_says_so(self) -> None:
        for count in (0, 3):
            *_, last = reply(r.SearchEnd(count, False, False))
            self.assertTrue(last.startswith("-- Not everything could be searched"), last)

    def test_stats_are_a_few_lines_with_units(self) -> None:
        store = r.StoreHealth("sqlite", 3, 20_000, 12_345, 678, 0.0012, 0.045, 1, None, None)
        well = [
            "-- 12 sessions, 10 users, 1 room.",
            "-- Store (sqlite): 12,345 messages stored, 678 commits; the last took 1.2 ms, the slowest 45.0 ms.",
            "-- 3 changes not committed yet (the most: 20,000), 1 message not indexed yet.",
        ]
        self.assertEqual(reply(r.Stats(12, 10, 1, store)), well)
        ill = msgspec.structs.replace(store, error=CleanText("disk full"), since=NOON)
        bad = "-- Nothing can be committed since 2026-01-01 12:30: disk full"
        self.assertEqual(reply(r.Stats(12, 10, 1, ill)), [*well, bad])

    def test_no_history_has_no_frame(self) -> None:
        self.assertEqual(reply(r.HistoryStart(DEV, 0, False)), [])
        self.assertEqual(
            reply(r.HistoryStart(DEV, 0, True)), ["-- There is nothing to show of #dev."]
        )
        self.assertEqual(reply(r.HistoryEnd(DEV, 0, True, False)), [])

    def test_people_are_counted_and_listed(self) -> None:
        people = (r.Person(ALICE, operator=True), r.Person(BOB, CleanText("lunch")))
        self.assertEqual(
            reply(r.People(people, 2, 1, 1, DEV)),
            ["-- 2 people are in #dev:", "--   @alice (guest), bob (guest; away)"],
        )
        self.assertEqual(
            reply(r.People(people[1:], 1, 1, 1)), ["-- 1 person is here:", "--   bob (guest; away)"]
        )
        self.assertEqual(reply(r.People((), 0, 1, 1, LOBBY)), ["-- Nobody is in #lobby."])

    def test_pages_name_the_command_for_the_next(self) -> None:
        one = (r.Person(BOB),)
        head = reply(r.People(one, 5000, 1, 100, DEV))[0]
        self.assertEqual(
            head, "-- 5,000 people are in #dev (page 1 of 100; /who #dev 2 shows the next):"
        )
        head = reply(r.People(one, 5000, 2, 100))[0]
        self.assertEqual(head, "-- 5,000 people are here (page 2 of 100; /who 3 shows the next):")
        head = reply(r.People(one, 5000, 100, 100))[0]
        self.assertEqual(head, "-- 5,000 people are here (page 100 of 100):")

    def test_rooms_stand_in_columns(self) -> None:
        rooms = (
            r.RoomLine(LOBBY, 1234, NONE),
            r.RoomLine(DEV, 3, CleanText("Release"), locked=True),
        )
        self.assertEqual(
            reply(r.Rooms(rooms, 2, 1, 1)),
            ["-- 2 rooms:", "--   #lobby 1,234", "--   #dev       3 locked  Release"],
        )
        self.assertEqual(reply(r.Rooms(rooms[:1], 1, 1, 1))[0], "-- 1 room:")
        self.assertIn("(page 1 of 2; /rooms 2 shows the next)", reply(r.Rooms(rooms, 60, 1, 2))[0])
        self.assertEqual(reply(r.Rooms((), 60, 2, 2)), ["-- 60 rooms (page 2 of 2):"])

    def test_overview_is_rooms_and_people_with_one_page_number(self) -> None:
        rooms = r.Rooms((r.RoomLine(LOBBY, 60, NONE),), 60, 1, 2)
        people = r.People((r.Person(BOB),), 60, 1, 2)
        self.assertEqual(
            reply(r.Overview(rooms, people)),
            [
                "-- 60 rooms (page 1 of 2; /list 2 shows the next):",
                "--   #lobby    60",
                "-- 60 people are here (page 1 of 2; /list 2 shows the next):",
                "--   bob (guest)",
            ],
        )

    def test_profile_says_who_where_and_since_when(self) -> None:
        profile = r.Profile(BOB, None, (LOBBY, DEV), NOON, 300, None)
        self.assertEqual(
            reply(profile),
            [
                "-- bob (guest) is in #lobby, #dev; here since 2026-01-01 12:30, silent for 5 minutes"
            ],
        )
        profile = r.Profile(BOB, "robert", (), NOON, 59, CleanText("lunch"))
        self.assertEqual(
            reply(profile),
            [
                "-- bob (account robert) is in no room; here since 2026-01-01 12:30, "
                "silent for less than a minute; away: lunch"
            ],
        )

    def test_away_without_a_reason_is_just_away(self) -> None:
        (line,) = reply(r.Profile(BOB, None, (), NOON, 59, c.NO_REASON))
        self.assertTrue(line.endswith("; away"), line)

    def test_profile_does_not_hide_that_there_are_more_rooms(self) -> None:
        rooms = tuple(parse_room(f"r{i}") for i in range(11))
        (line,) = reply(r.Profile(BOB, None, rooms, NOON, 0, None))
        self.assertIn(" #r9 …;", line)

    def test_spans_are_counted_in_the_greatest_unit(self) -> None:
        for seconds, span in (
            (60, "1 minute"),
            (119, "1 minute"),
            (3600, "1 hour"),
            (7200, "2 hours"),
            (86400, "1 day"),
            (172800, "2 days"),
        ):
            (line,) = reply(r.Profile(BOB, None, (), NOON, seconds, None))
            self.assertTrue(line.endswith(f"silent for {span}"), line)

    def test_topic(self) -> None:
        self.assertEqual(
            reply(r.Topic(DEV, CleanText("Release"), ALICE, NOON)),
            ["-- Topic of #dev (set by alice): Release"],
        )
        self.assertEqual(reply(r.Topic(DEV, CleanText("Release"))), ["-- Topic of #dev: Release"])
        self.assertEqual(reply(r.Topic(DEV, NONE)), ["-- #dev has no topic; /topic TEXT sets one."])

    def test_ignored(self) -> None:
        self.assertEqual(reply(r.Ignored(())), ["-- You ignore nobody."])
        self.assertEqual(reply(r.Ignored(("alice", "bob"))), ["-- You ignore:", "--   alice, bob"])
        self.assertGreater(len(reply(r.Ignored(("somebody",) * 500))), 50)

    def test_notices_and_confirmations_are_sentences(self) -> None:
        self.assertEqual(reply(r.Confirmed("you did it")), ["-- you did it."])
        self.assertEqual(reply(r.Notice("kicked", "you are out.")), ["-- you are out."])

    def test_farewell(self) -> None:
        self.assertEqual(reply(r.Farewell("")), ["-- Goodbye."])
        self.assertEqual(
            reply(r.Farewell("the server is stopping")), ["-- Goodbye (the server is stopping)."]
        )

    def test_what_programs_want_is_not_shown(self) -> None:
        self.assertEqual(reply(r.Acked(MessageId(1), NOON)), [])
        self.assertEqual(reply(r.Probe()), [])

    def test_pong_brings_the_text_back(self) -> None:
        self.assertEqual(reply(r.Pong(CleanText("x"))), ["-- pong x"])
        self.assertEqual(reply(r.Pong(NONE)), ["-- pong"])

    @given(replies)
    def test_only_marked_lines_are_the_servers(self, answer: r.Reply) -> None:
        for line in lines_of(HERE.reply(answer, "tag")):
            self.assertRegex(line, r"\A(-- |! |--\Z|Welcome to |Pick a nickname)")

    @given(replies)
    def test_every_reply_for_people_shows_something(self, answer: r.Reply) -> None:
        if isinstance(answer, r.Acked | r.Probe | r.ReadUpTo):
            self.assertEqual(reply(answer), [])
        elif not isinstance(answer, r.HistoryStart | r.HistoryEnd | r.SearchEnd):
            self.assertTrue(reply(answer), answer)


class OperatorTests(SynchronousTestCase):
    def test_announcement_cannot_be_said_by_anybody_else(self) -> None:
        (line,) = event(e.Announced("root", text("tea")))
        self.assertEqual(line, "== Announcement by alice, an operator of this server: tea")
        for kind in ("say", "action", "notice"):
            for each in (e.Said(kind, text(line)), told(kind, line)):
                for view in (HERE, ELSEWHERE):
                    self.assertFalse(view.event(by_alice(each)).startswith(b"=="))

    def test_address_is_shown_beside_its_cloak(self) -> None:
        bob = r.Profile(BOB, None, (), 0.0, 0.0, None, "a.b.c.ip", True, ("192.0.2.7",))
        self.assertEqual(
            reply(bob)[1:],
            [
                "-- bob is an operator of this server.",
                "-- bob comes from a.b.c.ip (192.0.2.7).",
            ],
        )

    def test_who_was_here_is_said_with_how_long_ago(self) -> None:
        told = reply(r.WasHere("bob", 0.0, 3 * 3600.0))
        self.assertEqual(told, ["-- bob is not here; bob was here 3 hours ago."])

    def test_lists_of_operators(self) -> None:
        ban = Ban("network", "192.0.2.0/24", "root", 0.0, 90.0, CleanText("spam"))
        self.assertEqual(
            reply(r.ServerBanList((ban,), 1, 1, 1, 30.0)),
            [
                "-- 1 ban from this server:",
                "--   network 192.0.2.0/24: for 1 minute, by root at 1970-01-01 00:00 (spam)",
            ],
        )
        self.assertEqual(
            reply(r.ServerBanList((), 0, 1, 1, 0.0)), ["-- Nobody is banned from this server."]
        )
        record = AuditRecord(60.0, "root", "bob", "192.0.2.7", CleanText("disconnected eve"))
        self.assertEqual(
            reply(r.Audit((record,), 51, 1, 2)),
            [
                "-- What operators of this server did, the latest first (page 1 of 2; /audit 2 shows the next):",
                "--   1970-01-01 00:01 root (bob, 192.0.2.7) disconnected eve",
            ],
        )


class HelpTests(SynchronousTestCase):
    def help(self) -> list[str]:
        lines = tuple(r.HelpLine(spec.name, spec.usage, spec.help) for spec in COMMANDS.values())
        return reply(r.HelpText(lines))

    def test_all_commands_are_there_with_their_usage(self) -> None:
        text = "\n".join(self.help())
        for spec in COMMANDS.values():
            self.assertIn(f"--   /{spec.name} {spec.usage}".rstrip(), text)

    def test_other_spellings_are_there(self) -> None:
        text = "\n".join(self.help())
        for spelling in (
            "!who",
            "?",
            "TEXT > NICK",
            "MSG NICK:TEXT",
            "!msg NICK TEXT",
            "LEAVE",
            "//TEXT",
        ):
            self.assertIn(spelling, text.replace("\n--                          ", " "))

    def test_it_fits_eighty_columns_in_two_columns(self) -> None:
        for line in self.help():
            self.assertLessEqual(len(line), 78, line)
            own = (  # these have a line of their own
                *("/history ", "/search ", "/register ", "/login ", "/drop-account "),
                *("/privacy ", "/ban ", "/mute ", "/server-ban ", "/suspend "),
            )
            if not line.startswith(tuple(f"--   {usage}" for usage in own)):
                self.assertRegex(line, r"\A--( What|   \S.{20} |  {24})\s?\S")

    def test_who_has_no_nickname_yet_is_asked_for_it_again(self) -> None:
        pick = "Pick a nickname, or press Enter for a guest name."
        line = r.HelpLine("back", "", "say that you are back")
        self.assertEqual(reply(r.HelpText((line,), before_login=True))[-1], pick)
        self.assertEqual(reply(r.HelpText((line,), one=True, before_login=True))[-1], pick)
        self.assertNotIn(pick, self.help())

    def test_another_room_can_be_named_first(self) -> None:
        told = "--   /ban #dev NICK         in #dev, wherever you talk; so with all from /ban"
        self.assertIn(told, self.help())

    def test_help_on_one_command_is_one_line(self) -> None:
        one = r.HelpText((r.HelpLine("back", "", "say that you are back"),), one=True)
        self.assertEqual(reply(one), ["-- /back: say that you are back"])
        one = r.HelpText((r.HelpLine("who", "[ROOM]", "list who is here"),), one=True)
        self.assertEqual(reply(one), ["-- /who [ROOM]: list who is here"])
