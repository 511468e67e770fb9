"""What people say about themselves and ask about others, on the line door and in JSON."""

from __future__ import annotations

from tests.doors.house import HouseTestCase


class PeopleTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.house.enters("ann")
        self.bot = self.house.program("rob")

    def test_real_name_is_shown_by_whois_and_told_to_programs(self) -> None:
        self.ann.types("/realname Ann A.")
        self.assert_sees(self.ann, "-- Your real name is Ann A. now.")
        (told,) = self.bot.gets()
        self.assertEqual(
            (told["type"], told["from"], told["content"]), ("realname", "ann", "Ann A.")
        )
        self.bot.objects({"type": "command", "content": "/whois ann"})
        (told,) = self.bot.gets()
        self.assertEqual((told["real_name"], "bot" in told), ("Ann A.", False))

    def test_program_that_says_that_it_is_a_bot_is_shown_as_one(self) -> None:
        self.house.program("dice", real_name="Dice", bot=True)
        self.ann.hears()
        self.ann.types("/whois dice")
        self.assertEqual(self.ann.sees()[1:3], ["-- dice is a bot.", "-- Real name: Dice"])

    def test_hidden_people_are_listed_to_who_shares_a_room(self) -> None:
        self.ann.types("/self hidden on")
        self.assert_sees(self.ann, "-- Only people who share a room with you see you in lists.")
        self.bot.objects({"type": "who"}, {"type": "leave"}, {"type": "who"})
        before, _, after = self.bot.gets()
        self.assertEqual((before["count"], after["count"]), (2, 1))

    def test_coming_and_going_of_who_is_watched_is_told_in_any_room(self) -> None:
        self.ann.types("/watch eve")
        self.assert_sees(self.ann, "-- Not here: eve.")
        self.bot.objects({"type": "watch", "add": ["eve"]}, {"type": "leave"})
        self.house.hush()
        eve = self.house.comes()
        eve.types("eve")
        self.assertIn("-- Here: eve.", self.ann.sees())
        (told,) = self.bot.gets()
        self.assertEqual((told["type"], told["here"][0]["nick"]), ("watch", "eve"))
        eve.types("/quit")
        self.assertIn("-- Not here: eve.", self.ann.sees())
        self.assertEqual(self.bot.gets()[0]["gone"], ["eve"])

    def test_who_has_left_can_be_asked_about(self) -> None:
        eve = self.house.enters("eve")
        eve.types("/quit")
        self.house.hush()
        self.ann.types("/whois eve", "/whowas eve")
        was, *before = self.ann.sees()
        self.assertRegex(was, r"^-- eve is not here\. Last seen: .* ago, as ~user@.*\.ip\.$")
        self.assertEqual(before[0], "-- eve was here before:")
        self.bot.objects({"type": "command", "content": "/whowas eve"})
        self.assertEqual([each["nick"] for each in self.bot.gets()[0]["users"]], ["eve"])

    def test_everybody_can_ask_how_many_there_are(self) -> None:
        self.house.comes()
        self.ann.types("/counts")
        self.assert_sees(
            self.ann,
            "-- 2 users (peak 2, hidden 0), 0 server operators, 1 room, 1 connection not logged in.",
        )
