"""MARKREAD, and what other doors have to do with it."""

from __future__ import annotations

from tests.doors.house import Guest
from tests.doors.irc.house import IrcHouseTestCase

CAP = "draft/read-marker"
TIME = "2019-01-04T14:33:26.123Z"


class MarkReadTests(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", caps=CAP)

    def test_marker_of_any_name_is_set_and_only_moves_forward(self) -> None:
        for name in ("#dev", "nobody"):
            self.assertEqual(
                self.asks(self.ann, f"MARKREAD {name}"), [f":server MARKREAD {name} *"]
            )
            for time in (TIME, "2018-01-01T00:00:00.000Z"):
                self.assertEqual(
                    self.asks(self.ann, f"MARKREAD {name} timestamp={time}"),
                    [f":server MARKREAD {name} timestamp={TIME}"],
                )
        self.assertEqual(
            self.asks(self.ann, "MARKREAD #DEV"), [f":server MARKREAD #DEV timestamp={TIME}"]
        )

    def test_it_is_told_with_each_join_before_the_end_of_names(self) -> None:
        self.ann.types(f"MARKREAD #dev timestamp={TIME}")
        lines = self.asks(self.ann, "JOIN #dev", "PART #dev", "JOIN #dev")
        marker = f":server MARKREAD #dev timestamp={TIME}"
        ends = [number for number, line in enumerate(lines) if " 366 " in line]
        at = [number for number, line in enumerate(lines) if line == marker]
        self.assertEqual(len(at), 2)
        self.assertTrue(all(one < end for one, end in zip(at, ends, strict=True)))
        bob = self.enters("bob")
        self.assertNotIn("MARKREAD", " ".join(self.asks(bob, "JOIN #dev")))

    def test_what_is_no_name_or_time_is_refused(self) -> None:
        for line, expected in (
            ("", "NEED_MORE_PARAMS"),
            ("#dev *", "INVALID_PARAMS #dev *"),
            ("#dev timestamp=*", "INVALID_PARAMS #dev timestamp=*"),
            ("#dev timestamp=2019-13-04T14:33:26.123Z", "INVALID_PARAMS #dev"),
            (f"#dev {TIME}", "INVALID_PARAMS #dev"),
            ("##x", "INVALID_PARAMS ##x"),
        ):
            (told,) = self.asks(self.ann, f"MARKREAD {line}".rstrip())
            self.assertTrue(told.startswith(f":server FAIL MARKREAD {expected}"), told)

    def program(self) -> Guest:
        """Let a program in, with an account."""
        bot = self.house.program("bot")
        bot.objects({"type": "register", "password": "correct-horse"})
        bot.objects({"type": "join", "content": "dev"})
        self.house.hush()
        return bot

    def test_what_a_program_reads_counts_for_clients_of_irc_and_the_other_way(self) -> None:
        bot = self.program()
        self.ann.types("JOIN #dev", "PRIVMSG #dev :hi")
        (said,) = (each for each in bot.gets() if each["type"] == "message")
        client = self.comes()
        client.types(
            f"CAP REQ :{CAP}",
            "PASS bot:correct-horse",
            "NICK botty",
            "USER b 0 * :B",
            "CAP END",
            "JOIN #dev",
        )
        self.house.hush()
        bot.objects({"type": "read", "room": "dev", "message": said["id"]})
        self.assertEqual(self.bare(client), [f":server MARKREAD #dev timestamp={said['time']}"])
        self.house.hush()
        later = "2030-01-01T00:00:00.000Z"
        client.types(f"MARKREAD #dev timestamp={later}")
        told, too = bot.gets()
        self.assertEqual((told["type"], told["room"], told["time"]), ("read", "dev", later))
        self.assertEqual((too["type"], too["room"], too["message"]), ("read", "dev", said["id"]))
        bot.objects({"type": "read", "room": "dev", "time": "", "id": "7"})
        self.assertEqual([(it["time"], it["id"]) for it in bot.gets()], [(later, "7")])

    def test_time_of_a_client_moves_the_marker_of_its_account_to_the_last_message_until_then(
        self,
    ) -> None:
        bot = self.program()
        self.ann.types("JOIN #dev", "PRIVMSG #dev :one")
        self.house.waits(10)
        self.ann.types("PRIVMSG #dev :two")
        one, two = (each for each in bot.gets() if each["type"] == "message")
        client = self.comes()
        client.types(
            f"CAP REQ :{CAP}",
            "PASS bot:correct-horse",
            "NICK b",
            "USER b 0 * :B",
            "CAP END",
            "JOIN #dev",
        )
        self.house.hush()
        for said in (one, two):
            client.types(f"MARKREAD #dev timestamp={said['time']}")
            marked = [each["message"] for each in bot.gets() if "message" in each]
            self.assertEqual(marked, [said["id"]])
