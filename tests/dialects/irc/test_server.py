"""What the server says of itself to clients of IRC, and what it answers to names that are none."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase


class ServerTests(IrcHouseTestCase):
    def test_each_question_has_its_numerics(self) -> None:
        ann = self.enters("ann")
        for asked, numbers in (
            ("ADMIN", ["423"]),
            ("INFO", ["371", "371", "374"]),
            ("LINKS", ["365"]),
            ("MOTD", ["422"]),
            ("VERSION", ["351"]),
            ("TIME", ["391"]),
            ("STATS u", ["242", "219"]),
            ("HELP PRIVMSG", ["704", "706"]),
            ("HELP nosuch", ["524"]),
        ):
            seen = [line.split()[1] for line in self.asks(ann, asked)]
            self.assertEqual([each for each in seen if each in numbers], numbers, (asked, seen))

    def test_stats_of_any_other_letter_are_told_in_words(self) -> None:
        ann = self.enters("ann")
        *told, end = self.asks(ann, "STATS m")
        self.assertEqual(end, ":server 219 ann m :End of /STATS report")
        self.assertTrue(told)

    def test_help_lists_what_there_is(self) -> None:
        first, *_, last = self.asks(self.enters("ann"), "HELP")
        self.assertEqual([first.split()[1], last.split()[1]], ["704", "706"])


class NameTests(IrcHouseTestCase):
    """What is no name is answered by the numeric of its verb."""

    def test_rooms_and_nicks_that_are_none(self) -> None:
        ann = self.enters("ann", "#dev")
        for asked, number in (
            ("JOIN dev", "403"),
            ("JOIN ##dev", "403"),
            ("PART dev", "403"),
            ("PART #nowhere", "403"),
            ("TOPIC dev", "403"),
            ("TOPIC dev :x", "403"),
            ("KICK dev bob", "403"),
            ("KICK #dev a!b", "401"),
            ("KICK #dev nobody", "441"),
            ("INVITE bob", "461"),
            ("INVITE bob dev", "403"),
            ("INVITE a!b #dev", "401"),
            ("NICK", "431"),
            ("NICK a!b", "432"),
            ("CAP NOSUCH", "410"),
            ("USER a 0 * :b", "462"),
            ("PASS x", "462"),
            ("WHOIS a!b", "401"),
        ):
            seen = [line.split()[1] for line in self.asks(ann, asked)]
            self.assertIn(number, seen, (asked, seen))

    def test_join_of_nothing_leaves_every_room(self) -> None:
        ann = self.enters("ann", "#dev", "#ops")
        self.assertEqual(sorted(self.asks(ann, "JOIN 0")), [":ann PART #dev", ":ann PART #ops"])

    def test_a_topic_is_shown_and_its_absence_too(self) -> None:
        ann = self.enters("ann", "#dev")
        self.assertEqual([line.split()[1] for line in self.asks(ann, "TOPIC #dev")], ["331"])
        ann.types("TOPIC #dev :be kind")
        self.assertEqual([line.split()[1] for line in self.asks(ann, "TOPIC #dev")], ["332", "333"])

    def test_capabilities_are_listed_with_and_without_values(self) -> None:
        ann = self.enters("ann", caps="multi-prefix")
        (old,) = self.asks(ann, "CAP LS")
        self.assertNotIn("sasl=", old)
        self.assertIn("sasl=PLAIN", " ".join(self.asks(ann, "CAP LS 302")))
        (listed,) = self.asks(ann, "CAP LIST")
        self.assertIn("multi-prefix", listed)

    def test_a_user_needs_a_name(self) -> None:
        client = self.comes()
        self.assertEqual(
            [line.split()[1] for line in self.asks(client, "USER a 0 * :", "PING")], ["461", "461"]
        )


class AccountTests(IrcHouseTestCase):
    def test_there_is_nothing_to_verify(self) -> None:
        (failed,) = self.asks(self.enters("ann"), "VERIFY ann 123")
        self.assertRegex(failed, "^:server FAIL VERIFY INVALID_CODE ann :")

    def test_services_set_what_can_be_set(self) -> None:
        ann = self.enters("ann")
        self.asks(ann, "NS REGISTER long-enough")
        for asked in ("NS SET PRIVACY accounts", "NS SET NOSUCH x", "NS LOGOUT", "NS RECOVER ann"):
            seen = self.asks(ann, asked)
            self.assertTrue(seen and all(":NickServ NOTICE ann :" in line for line in seen), seen)
        bad = self.asks(ann, "REGISTER a!b * long-enough")
        self.assertRegex(bad[0], "^:server FAIL REGISTER ")
