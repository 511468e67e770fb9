"""What a person with nc sees: the lines themselves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.examples import EVERY_EVENT
from tests.dialects.line_shown import (
    ALICE,
    BOB,
    DEV,
    ELSEWHERE,
    HERE,
    NONE,
    NOON,
    by_alice,
    event,
    gathered,
    lines_of,
    own,
    reply,
    text,
    told,
)
from tests.dialects.strategies import EVENTS, envelopes, unisolated
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Scope, UserId
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.line.events import LineView


class EventTests(SynchronousTestCase):
    def test_what_is_said_names_the_speaker_on_each_line(self) -> None:
        self.assertEqual(event(e.Said("say", text("hi"))), ["<alice> hi"])
        self.assertEqual(event(e.Said("action", text("waves"))), ["* alice waves"])
        self.assertEqual(event(e.Said("notice", text("build failed"))), ["-alice- build failed"])
        said = e.Said("say", text("one", "", "three"))
        self.assertEqual(event(said), ["<alice> one", "<alice> ", "<alice> three"])
        self.assertEqual(event(said, view=ELSEWHERE)[1], "#dev <alice> ")
        self.assertEqual(event(told("say", "psst"), None), ["*alice* psst"])
        self.assertEqual(event(told("action", "waves"), None), ["*alice* * waves"])
        self.assertEqual(event(told("notice", "a", "b"), None), ["*alice* a", "*alice* b"])

    def test_said_elsewhere_names_the_room_too(self) -> None:
        for kind, line in (
            ("say", "#dev <alice> hi"),
            ("action", "#dev * alice hi"),
            ("notice", "#dev -alice- hi"),
        ):
            said = e.Said(kind, text("hi"))  # type: ignore[arg-type]
            self.assertEqual(event(said, view=ELSEWHERE), [line])

    def test_who_came_and_went_is_told(self) -> None:
        self.assertEqual(event(e.Joined(DEV)), ["-- alice joined #dev"])
        self.assertEqual(event(e.Left()), ["-- alice left #dev"])
        self.assertEqual(event(e.Left(CleanText("lunch"))), ["-- alice left #dev (lunch)"])
        self.assertEqual(
            event(e.Departed(CleanText("quit")), None), ["-- alice left the chat (quit)"]
        )
        self.assertEqual(event(e.Departed(NONE), None), ["-- alice left the chat"])
        self.assertEqual(event(e.Kicked(UserId(2), BOB)), ["-- alice removed bob from #dev"])
        kicked = e.Kicked(UserId(2), BOB, CleanText("spam"))
        self.assertEqual(event(kicked), ["-- alice removed bob from #dev (spam)"])

    def test_changes_are_told_and_elsewhere_with_the_room(self) -> None:
        self.assertEqual(event(e.Renamed(BOB), None), ["-- alice is now called bob"])
        topic = e.TopicSet(CleanText("Release"))
        self.assertEqual(event(topic), ["-- alice set the topic of #dev: Release"])
        self.assertEqual(event(e.TopicSet(NONE)), ["-- alice cleared the topic of #dev"])
        self.assertEqual(event(e.Joined(DEV), view=ELSEWHERE), ["-- alice joined #dev"])

    def test_what_is_kept(self) -> None:
        kept = ["-- alice changed the retention of #dev: its history is kept for 30 days."]
        self.assertEqual(event(e.KeepSet(Keep(30))), kept)
        capped = (
            "-- alice changed the retention of #dev: its history is kept for 7 days, up to 500 lines "
            "(the most that this server keeps)"
        )
        self.assertEqual(event(e.KeepSet(Keep(7, 500), capped=True)), [capped])
        free = ["-- The history of #dev is kept as long as this server keeps messages."]
        self.assertEqual(reply(r.Kept(DEV, KEEP_ALL)), free)
        self.assertEqual(reply(r.Kept(DEV, Keep(1))), ["-- The history of #dev is kept for 1 day."])

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
            e.ReadUntil(DEV, 7),
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
            e.MessageDeleted(MessageId(7), BOB, False),
            e.TopicSet(NONE),
            e.KeepSet(KEEP_ALL),
            e.ProfileChanged((("color", CleanText("x")),), of_room=True),
            e.Announced("root", text("x")),
            e.BotCommandsSet(()),
            e.BotCommandsSet(("!roll",)),
        )
        hidden = {e.Arrived, e.Detached, e.AwaySet, e.Closed, e.Gathered, e.Received, e.Read}
        hidden |= {e.ReadUntil}
        hidden |= {e.AccountRegistered, e.PasswordChanged, e.AccountDropped, e.InviteCodeMade}
        hidden |= {e.PrivacySet, e.IgnoreSet, e.RealNameSet, e.UserChanged, e.OperatorSet}
        hidden |= {
            e.Killed,
            e.ServerBanned,
            e.ServerUnbanned,
            e.PanicSet,
            e.PasswordReset,
            e.AccountRemoved,
        }
        ruled = [each for each in EVERY_EVENT if isinstance(each, e.RoomEvent)]
        self.assertEqual({type(each) for each in (*shown, *ruled)} | hidden, set(EVENTS))
        for each in (*shown, *ruled):
            self.assertEqual(len(event(each)), 1, each)

    @given(envelopes(e.Said))
    def test_one_line_for_each_line_said_and_the_text_as_it_is(self, envelope: e.Envelope) -> None:
        said, author = envelope.event, envelope.author
        assert isinstance(said, e.Said) and author is not None
        shown = lines_of(HERE.event(envelope))
        if said.kind in c.BETWEEN_PROGRAMS:
            self.assertEqual(shown, [])
            return
        head = {
            "say": f"<{author.nick}> ",
            "action": f"* {author.nick} ",
            "notice": f"-{author.nick}- ",
        }
        plain = [unisolated(line) for line in shown]
        self.assertEqual(plain, [head[said.kind] + line for line in said.lines])
        elsewhere = [unisolated(line) for line in lines_of(ELSEWHERE.event(envelope))]
        self.assertEqual(
            elsewhere, [f"{envelope.room and envelope.room.name} {line}" for line in plain]
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

    def test_announcement_cannot_be_said_by_anybody_else(self) -> None:
        (line,) = event(e.Announced("root", text("tea")))
        self.assertEqual(line, "== Announcement by alice, an operator of this server: tea")
        for kind in ("say", "action", "notice"):
            for each in (e.Said(kind, text(line)), told(kind, line)):
                for view in (HERE, ELSEWHERE):
                    self.assertFalse(view.event(by_alice(each)).startswith(b"=="))


class OwnTests(SynchronousTestCase):
    def test_own_lines_are_echoed_in_private_only(self) -> None:
        for kind in ("say", "action", "notice", "ctcp"):
            self.assertEqual(own(e.Said(kind, text("hi"))), [])
        self.assertEqual(own(told("say", "psst", "!"), None), ["-> *bob* psst", "-> *bob* !"])
        self.assertEqual(own(told("action", "waves"), None), ["-> *bob* * waves"])
        self.assertEqual(own(told("notice", "x"), None), ["-> *bob* x"])
        self.assertEqual(own(told("ctcp", "VERSION"), None), [])

    def test_own_rename_and_away_speak_to_you(self) -> None:
        self.assertEqual(own(e.Renamed(BOB), None), ["-- You are now called bob."])
        lunch = e.AwaySet(CleanText("lunch"))
        self.assertEqual(
            own(lunch, None),
            ["-- You are now marked as away (lunch). Type /back when you are back."],
        )
        away = COMMANDS["away"].parse("")
        assert isinstance(away, c.Away)
        default = e.AwaySet(away.text)
        self.assertEqual(
            own(default, None), ["-- You are now marked as away. Type /back when you are back."]
        )
        self.assertEqual(own(e.AwaySet(None), None), ["-- You are no longer marked as away."])

    def test_own_topic_and_kick_are_shown_but_nothing_twice(self) -> None:
        for each in (e.TopicSet(CleanText("x")), e.KeepSet(KEEP_ALL), e.Kicked(UserId(2), BOB)):
            self.assertEqual(own(each), event(each))
        for again in (e.Joined(DEV), e.Left(), e.Departed(NONE), e.Arrived(BOB, Scope("s"), "h")):
            self.assertEqual(own(again), [])


STAMP = r"\A\[(\d{4}-\d\d-\d\d )?[0-2][0-9]:[0-5][0-9]\] "
DATED = r"\A\[\d{4}-\d\d-\d\d [0-2][0-9]:[0-5][0-9]\] "


class ReplayTests(SynchronousTestCase):
    def test_replayed_lines_carry_the_time_and_day_of_the_zone(self) -> None:
        said = by_alice(e.Said("say", text("one", "two")))
        self.assertEqual(
            lines_of(HERE.replay(said)), ["[12:30] <alice> one", "[12:30] <alice> two"]
        )
        self.assertEqual(lines_of(ELSEWHERE.replay(said))[0], "[12:30] #dev <alice> one")
        view = LineView(timezone(timedelta(hours=5, minutes=45)), lambda: NOON, here=True)
        shown = lines_of(view.replay(by_alice(e.Said("say", text("x")))))
        self.assertEqual(shown, ["[18:15] <alice> x"])
        view = LineView(None, lambda: NOON, here=True)
        clock = datetime.fromtimestamp(NOON).strftime("%H:%M")
        self.assertTrue(lines_of(view.replay(by_alice(e.Joined(DEV))))[0].startswith(f"[{clock}] "))
        east = timezone(timedelta(hours=11, minutes=45))
        view = LineView(east, lambda: NOON - 3600, here=True)  # 23:15 there
        (line,) = lines_of(view.replay(by_alice(e.Said("say", text("hi")))))
        self.assertEqual(line, "[2026-01-02 00:15] <alice> hi")

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

    def test_what_is_found_always_carries_the_date_and_names_another_room(self) -> None:
        said = by_alice(e.Said("say", text("one", "two")))
        stamp = "[2026-01-01 12:30]"
        want = [f"{stamp} <alice> one", f"{stamp} <alice> two"]
        self.assertEqual(lines_of(HERE.found(said)), want)
        self.assertEqual(lines_of(ELSEWHERE.found(said))[0], f"{stamp} #dev <alice> one")
