from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.help import explain
from twisted_chat.core.grammar.table import COMMANDS, GROUPS
from twisted_chat.core.values.text import CleanText


def explained(topic: str | None, *, server_operator: bool = False) -> r.Reply:
    return explain(topic, server_operator=server_operator, before_login=False)


def help_lines(topic: str | None, *, server_operator: bool = False) -> tuple[r.HelpLine, ...]:
    found = explained(topic, server_operator=server_operator)
    assert isinstance(found, r.HelpText)
    return found.lines


class ExplainTests(SynchronousTestCase):
    def test_commands_of_server_operators_are_listed_for_them_only(self) -> None:
        self.assertEqual(
            [each.name for each in help_lines(None, server_operator=True)], list(COMMANDS)
        )
        self.assertEqual(
            [each.name for each in help_lines(None)],
            [name for name, spec in COMMANDS.items() if not spec.for_server_operators],
        )

    def test_each_group_explains_all_its_commands(self) -> None:
        for group, specs in GROUPS.items():
            found = help_lines(group)
            self.assertEqual([each.name for each in found], [spec.name for spec in specs])
            self.assertEqual({each.group for each in found}, {group})

    def test_a_group_goes_before_a_command_of_the_same_name(self) -> None:
        self.assertEqual(len(help_lines("Rooms")), len(GROUPS["rooms"]))
        self.assertEqual([each.usage for each in help_lines("/rooms")], ["[PAGE]"])

    def test_one_command_is_explained_with_room_and_who_may_use_it(self) -> None:
        self.assertEqual(help_lines("settings")[0].usage, "[#ROOM]")
        self.assertEqual(help_lines("ban")[0].usage, "[#ROOM] TARGET [DURATION] [TEXT]")
        self.assertTrue(help_lines("kick")[0].help.endswith(" (room operators only)"))
        for topic in ("msg", "/msg", "!MSG"):
            self.assertEqual(
                explained(topic),
                r.HelpText(
                    (
                        r.HelpLine(
                            "msg", "NICK TEXT", "send a private message to one person", "talk"
                        ),
                    ),
                    asked=True,
                ),
            )
        self.assertEqual(explained("?"), r.Confirmed("? lists who is here (the same as /who)."))
        for topic in ("!who", "who"):
            self.assertIn("? and !who", help_lines(topic)[0].help)
        for topic in ("//", ">"):
            self.assertIsInstance(explained(topic), r.Confirmed)

    def test_what_is_no_command_gets_the_nearest_one(self) -> None:
        for topic, hint in (
            ("jion", "Did you mean /join?"),
            ("xyzzy", "/help lists the commands."),
        ):
            why = f'There is no command "{topic}". {hint}'
            self.assertEqual(explained(topic), r.Refused("unknown-command", why))
        found = explained("\x1b" * 1000)
        assert isinstance(found, r.Refused)
        self.assertEqual(CleanText(found.why), found.why)
