"""The words that bots answer to: said by people though they look like commands, and only while such a bot is there."""

from __future__ import annotations

from typing import Any

from tests.doors.house import Guest, HouseTestCase
from twisted_chat.core.state.bot_commands import MAX_BOTS, MAX_WORDS


class Case(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.zoe = self.house.enters("zoe")
        self.dice = self.house.program("dice")
        self.house.hush()

    def declares(self, *words: str, bot: Guest | None = None) -> list[dict[str, Any]]:
        robot = bot or self.dice
        robot.objects({"type": "bot_commands", "commands": list(words), "id": "1"})
        return robot.gets()


class DeclaredTests(Case):
    def test_a_declared_word_is_said(self) -> None:
        told, ack = self.declares("!roll")
        self.assertEqual((told["type"], told["commands"]), ("bot_commands", ["!roll"]))
        self.assertEqual((ack["type"], ack["id"]), ("ack", "1"))
        self.assert_sees(self.zoe, "-- dice answers to !roll.")
        self.zoe.types("!roll", "!roll 2d6  now")
        said = [each["content"] for each in self.dice.gets()]
        self.assertEqual(said, ["!roll", "!roll 2d6  now"])
        self.assert_sees(self.zoe)

    def test_only_the_exact_spelling_is_said(self) -> None:
        self.declares("!roll")
        self.zoe.sees()
        for line in ("!Roll", "!rol", "!rolls", "!roll,", "!roll\u00a02", " !roll", "!\u200broll"):
            self.house.waits(1)
            self.zoe.types(line)
            self.assert_any(self.zoe.sees(), "^! .*was not sent")
            self.assertEqual(self.dice.gets(), [], ascii(line))

    def test_near_misses_of_private_commands_stay_errors(self) -> None:
        self.declares("!roll")
        self.zoe.sees()
        for line in (
            "!mgs dice psst",
            "!msgdice psst",
            "!mg dice psst",
            "!tell dice psst",
            "!lgoin x",
        ):
            self.house.waits(1)
            self.zoe.types(line)
            self.assert_any(self.zoe.sees(), "^! There is no command")
            self.assertEqual(self.dice.gets(), [], line)

    def test_a_word_counts_only_where_the_bot_is(self) -> None:
        self.declares("!roll")
        self.zoe.types("/join dev")
        self.zoe.sees()
        self.zoe.types("!roll")
        self.assert_any(self.zoe.sees(), "^! There is no command !roll.*The line was not sent")
        self.dice.objects({"type": "join", "content": "dev"})
        self.house.hush()
        self.zoe.types("!roll")
        self.assertEqual([each["room"] for each in self.dice.gets()], ["dev"])

    def test_a_word_counts_no_more_when_the_bot_is_gone_or_takes_it_back(self) -> None:
        self.declares("!roll", "!flip")
        self.declares("!flip")
        self.house.hush()
        self.zoe.types("!roll")
        self.assert_any(self.zoe.sees(), "^! There is no command")
        self.zoe.types("!flip")
        self.assert_sees(self.zoe)
        (told,) = [each for each in self.declares() if each["type"] == "bot_commands"]
        self.assertEqual(told["commands"], [])
        self.assert_sees(self.zoe, "-- dice no longer answers to any command.")
        self.declares("!flip")
        self.dice.resets()
        self.house.hush()
        self.zoe.types("!flip")
        self.assert_any(self.zoe.sees(), "^! There is no command")

    def test_who_joins_is_shown_the_words(self) -> None:
        self.declares("!roll", "!flip")
        coin = self.house.program("coin")
        self.declares("!flip", "!toss", bot=coin)
        max_ = self.house.comes()
        max_.types("max")
        self.assertIn("-- Bots here answer to !flip, !roll, !toss.", max_.sees())
        robot = self.house.comes()
        robot.objects({"type": "nick", "content": "robot"})
        (room,) = [each for each in robot.gets() if each["type"] == "members"]
        self.assertEqual(room["bot_commands"], ["!flip", "!roll", "!toss"])

    def test_of_many_words_those_that_were_declared_first_are_shown(self) -> None:
        for number in range(4):
            bot = self.house.program(f"bot{number}")
            self.declares(*(f"!w{number}-{word}" for word in range(MAX_WORDS)), bot=bot)
        robot = self.house.program("robot")
        robot.objects({"type": "leave", "content": "lobby"}, {"type": "join", "content": "lobby"})
        (room,) = [each for each in robot.gets() if each["type"] == "members"]
        self.assertEqual(len(room["bot_commands"]), 3 * MAX_WORDS)
        self.assertNotIn("!w3-0", room["bot_commands"])

    def test_the_same_words_again_are_not_shown_again_nor_in_rooms_without_bots(self) -> None:
        self.declares("!roll")
        self.house.hush()
        (told,) = self.declares("!roll")
        self.assertEqual((told["type"], told["code"]), ("notice", "done"))
        self.assert_sees(self.zoe)
        self.zoe.types("/join dev")
        self.assertNotIn("Bots", "\n".join(self.zoe.sees()))

    def test_who_is_muted_shows_no_words_there(self) -> None:
        self.zoe.types("/join dev")
        self.dice.objects({"type": "join", "content": "dev"}, {"type": "leave", "content": "lobby"})
        self.zoe.types("/mute dice")
        self.house.hush()
        self.declares("!roll")
        self.assert_sees(self.zoe)

    def test_a_program_asks_a_bot_by_a_line_as_people_type_it(self) -> None:
        self.declares("!roll")
        robot = self.house.program("robot")
        self.house.hush()
        robot.objects({"type": "command", "content": "!roll", "id": "7"})
        (ack,) = robot.gets()
        self.assertEqual((ack["type"], ack["id"]), ("ack", "7"))
        robot.objects({"type": "command", "content": "!flip", "id": "8"})
        (refused,) = robot.gets()
        self.assertEqual((refused["code"], refused["id"]), ("unknown-command", "8"))

    def test_a_line_that_is_sent_again_after_the_bot_left_was_said_once(self) -> None:
        self.declares("!roll")
        robot = self.house.program("robot")
        robot.objects({"type": "command", "content": "!roll", "id": "7"})
        self.dice.resets()
        self.house.hush()
        robot.objects({"type": "command", "content": "!roll", "id": "7"})
        self.assertEqual([(each["type"], each["id"]) for each in robot.gets()], [("ack", "7")])
        self.assert_sees(self.zoe)

    def test_who_talks_nowhere_asks_no_bot(self) -> None:
        self.declares("!roll")
        self.zoe.types("/leave")
        self.zoe.sees()
        self.zoe.types("!roll")
        self.assert_any(self.zoe.sees(), "^! You are not talking in any room")


class RefusedTests(Case):
    def refused(self, *words: str) -> str:
        (told,) = self.declares(*words)
        self.assertEqual((told["type"], told["code"]), ("error", "bad-bot-command"), words)
        self.assert_sees(self.zoe)
        return str(told["content"])

    def test_commands_and_what_looks_like_private_or_secret_ones_are_no_words_of_bots(self) -> None:
        words = (
            "!msg !MSG !who !help !join !mgs !msgs !tell !m !login !lgoin !auth !register !reply"
        )
        for word in words.split():
            self.assertIn("command", self.refused("!roll", word))

    def test_what_is_no_word_with_a_mark_is_refused(self) -> None:
        for word in (
            "",
            "!",
            "roll",
            "/roll",
            "!roll dice",
            "!5",
            "!roll!",
            "!" + "x" * 32,
            "!\u0440oll",
        ):
            self.assertIn("letters", self.refused(word))

    def test_words_are_a_list_of_few_and_a_server_has_only_so_many_bots(self) -> None:
        self.assertIn(str(MAX_WORDS), self.refused(*(f"!word{n}" for n in range(MAX_WORDS + 1))))
        for given in (None, "!roll", [1], {"a": 1}):
            self.dice.objects({"type": "bot_commands", "commands": given})
            (told,) = self.dice.gets()
            self.assertEqual(told["code"], "bad-field", given)
            self.assertIn('"commands"', told["content"])
        bots = self.house.node.hub.state.bots
        for number in range(MAX_BOTS):
            bots[-number - 1] = frozenset(("!word",))  # type: ignore[index]
        (told,) = self.declares("!roll")
        self.assertEqual((told["type"], told["code"]), ("error", "too-many-bots"))


class TagTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.rex = self.house.program("rex")
        self.house.hush()

    def test_tags_reach_programs_with_a_text_and_people_get_the_text(self) -> None:
        tags = {"draft/reply": "0a"}
        self.dice.objects({"type": "message", "content": "hi", "tags": tags, "id": "1"})
        self.assert_sees(self.zoe, "<dice> hi")
        (said,) = self.rex.gets()
        self.assertEqual((said["type"], said["content"], said["tags"]), ("message", "hi", tags))
        (ack,) = self.dice.gets()
        self.assertEqual((ack["type"], ack["id"]), ("ack", "1"))

    def test_no_person_sees_tags_alone(self) -> None:
        tags = {"typing": "active"}
        self.dice.objects({"type": "tags", "tags": tags, "id": "1"})
        self.dice.objects({"type": "tags", "to": "rex", "tags": tags, "id": "2"})
        self.dice.objects({"type": "tags", "to": "zoe", "tags": tags, "id": "3"})
        self.assert_sees(self.zoe)
        public, private = self.rex.gets()
        self.assertEqual((public["type"], public["room"], public["tags"]), ("tags", "lobby", tags))
        self.assertEqual((private["type"], private["to"], private["tags"]), ("tags", "rex", tags))
        acks = self.dice.gets()
        self.assertEqual([(ack["type"], ack["id"]) for ack in acks], [("ack", n) for n in "123"])
        self.assertIs(acks[0]["kept"], False)

    def test_reactions_come_back_with_the_history_and_typing_does_not(self) -> None:
        self.dice.objects(
            {"type": "message", "content": "hi"},
            {"type": "tags", "tags": {"typing": "done"}},
            {"type": "tags", "tags": {"draft/react": "+1", "draft/reply": "0a"}},
        )
        late = self.house.comes()
        late.objects({"type": "nick", "content": "late"})
        replayed = [each for each in late.gets() if each.get("replay")]
        self.assertEqual([each["type"] for each in replayed], ["message", "tags"])
        self.assertEqual(replayed[1]["tags"], {"draft/react": "+1", "draft/reply": "0a"})


class OperatorsOnlyTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.house.enters("ann")
        self.ann.types("/join dev")
        self.bob, self.rex = self.house.program("bob"), self.house.program("rex")
        for each in (self.bob, self.rex):
            each.objects({"type": "join", "content": "dev"})
        self.house.hush()

    def says(self, text: str, **fields: object) -> None:
        self.bob.objects({"type": "message", "content": text, "operators": True, **fields})
        self.house.turn()

    def test_operators_and_nobody_else_are_shown_it(self) -> None:
        self.says("psst", id="1")
        self.assert_sees(self.ann, "#dev (operators) <bob> psst")
        self.assertEqual(self.rex.gets(), [])
        (ack,) = self.bob.gets()
        self.assertEqual((ack["type"], ack["id"], ack["kept"]), ("ack", "1", False))
        self.says("waves", kind="action")
        self.assert_sees(self.ann, "#dev (operators) * bob waves")

    def test_it_names_its_room_wherever_the_operator_talks(self) -> None:
        self.ann.types("/join lobby")
        self.house.hush()
        self.says("psst")
        self.assert_sees(self.ann, "#dev (operators) <bob> psst")

    def test_programs_of_operators_are_told_so(self) -> None:
        self.ann.types("/op rex")
        self.house.hush()
        self.says("psst")
        (said,) = self.rex.gets()
        self.assertEqual((said["content"], said["room"], said["operators"]), ("psst", "dev", True))

    def test_it_is_in_no_history_and_not_shown_to_who_ignores_the_author(self) -> None:
        self.says("psst")
        self.house.hush()
        self.ann.types("/history #dev")
        self.assertNotIn("psst", "".join(self.ann.sees()))
        self.ann.types("/ignore bob")
        self.house.hush()
        self.says("psst")
        self.assert_sees(self.ann)

    def test_nobody_says_by_it_what_they_may_not_say(self) -> None:
        self.ann.types("/mute bob")
        self.house.hush()
        self.says("psst")
        self.assertEqual([each["code"] for each in self.bob.gets()], ["muted"])
        self.assert_sees(self.ann)
