"""Tests for twisted_chat.dialects.wording.help, and for how the line dialect and JSON show help."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.json_shown import reply as json_reply
from tests.dialects.line_shown import reply as line_reply
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.help import explain
from twisted_chat.core.grammar.table import COMMANDS, GROUPS
from twisted_chat.dialects.wording.help import lines


def explained(topic: str | None = None) -> r.HelpText:
    found = explain(topic, server_operator=True, before_login=False)
    assert isinstance(found, r.HelpText)
    return found


def shown(topic: str | None = None) -> list[str]:
    return [f"-- {line}" for line in lines(explained(topic).lines)]


class LinesTests(SynchronousTestCase):
    def test_other_spellings_and_the_way_to_more_are_there(self) -> None:
        text = "\n".join(shown())
        for spelling in (
            "? is /who",
            "TEXT > NICK",
            "//TEXT",
            "!who",
            "MSG",
            "LEAVE",
            "/help GROUP",
        ):
            self.assertIn(spelling, text)

    def test_everything_fits_eighty_columns_and_narrower_screens(self) -> None:
        for topic in (None, *GROUPS, *COMMANDS):
            for line in shown(topic):
                self.assertLessEqual(len(line), 78, line)
        for topic in (None, *GROUPS, *COMMANDS):
            for line in lines(explained(topic).lines, 66):
                self.assertLessEqual(len(line), 66, line)
        found = shown()
        self.assertLessEqual(len(found), 16)
        words = " ".join(found).split()
        for name in (*COMMANDS, *GROUPS):
            self.assertIn(name, words)

    def test_group_is_two_columns_by_who_may_use_its_commands(self) -> None:
        found = shown("moderation")
        self.assertEqual(
            found[:4],
            [
                "-- Commands (moderation):",
                "--   /bans [PAGE]           list bans, mutes and exceptions",
                "-- Room operators only:",
                "--   /kick NICK [TEXT]      remove a person from the room you talk in",
            ],
        )
        self.assertIn("-- The owner of the room only:", shown("rooms"))
        self.assertIn(
            "--                          ban NICK, *mask*, nick!user@host or address:NICK", found
        )
        self.assertEqual(found[-1], "-- To act in a different room, name it first: /ban #dev …")
        for group, specs in GROUPS.items():
            text = "\n".join(shown(group))
            for spec in specs:
                self.assertIn(f"\n--   /{spec.name} {spec.usage}".rstrip(), text)

    def test_one_command_is_a_line(self) -> None:
        self.assertEqual(shown("back"), ["-- /back: stop being shown as away"])
        self.assertEqual(
            shown("kick"),
            [
                "-- /kick NICK [TEXT]: remove a person from the room you talk in (room",
                "-- operators only)",
            ],
        )

    def test_commands_of_a_newer_server_are_shown_as_they_come(self) -> None:
        new = (r.HelpLine("beam", "NICK", "beam a person up"), r.HelpLine("unbeam", "", "undo it"))
        self.assertEqual(
            lines(new),
            [
                "Commands:",
                "  /beam NICK             beam a person up",
                "  /unbeam                undo it",
            ],
        )


class DialectTests(SynchronousTestCase):
    def test_line_dialect_asks_again_for_a_nickname(self) -> None:
        pick = "Pick a nickname, or press Enter for a guest name."
        for topic in (None, "talk", "back"):
            found = explain(topic, server_operator=False, before_login=True)
            self.assertEqual(line_reply(found)[-1], pick)
            self.assertNotIn(pick, line_reply(explained(topic)))

    def test_json_has_the_group_of_each_command(self) -> None:
        found = json_reply(explained("back"))["commands"]
        self.assertEqual(
            found,
            [{"name": "back", "usage": "", "help": "stop being shown as away", "group": "talk"}],
        )
