"""Private messages that are kept, read markers, and what was missed, at the line door and in both dialects."""

from __future__ import annotations

from typing import Any

from tests.doors.house import Guest, House, HouseTestCase
from twisted_chat.core.values.limits import Limits


class Case(HouseTestCase):
    """Bob and Ann have accounts; Ann is here, and Bob is not."""

    limits = Limits(
        flood_burst=10**9, flood_rate=10**9, max_waiting=5, max_waiting_from=3, login_tries=10**6
    )

    def setUp(self) -> None:
        super().setUp()
        self.ann = self.has_account("ann")
        self.has_account("bob").resets()
        self.house.hush()

    def has_account(self, name: str) -> Guest:
        guest = self.house.enters(name)
        guest.types("/register correct-horse")
        self.house.hush()
        return guest

    def back(self, name: str = "bob", house: House | None = None) -> Guest:
        """Log in with an account; what is seen by that is kept."""
        guest = (house or self.house).comes()
        guest.types(f"{name} correct-horse")
        return guest

    def program(self, name: str = "bob") -> Guest:
        """Log in with an account, as a program; what is got by that is kept."""
        guest = self.house.comes()
        guest.objects({"type": "nick", "content": name, "password": "correct-horse"})
        return guest

    def of_type(self, got: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
        return [each for each in got if each["type"] in types]

    def from_ann(self, lines: list[str]) -> list[str]:
        return [line.partition("] ")[2] for line in lines if "*ann*" in line]


class WaitingTests(Case):
    def test_written_to_who_is_not_here_it_waits_and_is_told_once(self) -> None:
        self.ann.types("/msg bob first", "second > bob")
        self.assert_sees(
            self.ann,
            "-> *bob* first",
            "-- bob is not here. The message will be delivered when bob is back.",
            "-> *bob* second",
            "-- bob is not here. The message will be delivered when bob is back.",
        )
        bob = self.back()
        seen = bob.sees()
        start = seen.index("-- Private messages that came while you were away:")
        self.assertRegex(seen[start + 1], r"^\[\d{4}-\d\d-\d\d \d\d:\d\d\] \*ann\* first$")
        self.assertEqual(self.from_ann(seen), ["*ann* first", "*ann* second"])
        self.assertEqual(seen[start + 3], "-- End of what came while you were away (2 messages).")
        self.assertIn("-- While you were away: 2 private messages (ann 2).", seen)
        bob.resets()
        self.assertEqual(self.from_ann(self.back().sees()), [])

    def test_program_gets_it_marked_as_earlier(self) -> None:
        ann = self.program("ann")
        ann.gets()
        ann.objects({"type": "private", "to": "bob", "content": "psst", "id": "1"})
        answers = ann.gets()
        (ack,) = self.of_type(answers, "ack")
        self.assertEqual(ack["id"], "1")
        self.assertEqual([each["code"] for each in self.of_type(answers, "notice")], ["not-here"])
        # Sent again, it does not wait twice.
        ann.objects({"type": "private", "to": "bob", "content": "psst", "id": "1"})
        self.assertEqual(self.of_type(ann.gets(), "ack")[0]["message"], ack["message"])
        got = self.program().gets()
        start, told, end, missed = self.of_type(
            got, "waiting_start", "private", "waiting_end", "missed"
        )
        self.assertEqual((start["count"], end["count"]), (1, 1))
        self.assertEqual((told["from"], told["to"], told["content"]), ("ann", "bob", "psst"))
        self.assertEqual((told["replay"], told["id"]), (True, ack["message"]))
        self.assertEqual(missed["private"], [{"from": "ann", "count": 1}])

    def test_guest_reaches_who_is_not_here_and_nothing_is_kept_of_it(self) -> None:
        eve = self.house.enters("eve")
        eve.types("/msg bob psst")
        self.assertIn(
            "-- bob is not here. The message will be delivered when bob is back.", eve.sees()
        )
        bob = self.back()
        self.assertTrue(any("*eve* psst" in line for line in bob.sees()))
        self.house.hush()
        bob.types("/history @eve")
        self.assert_sees(bob, "-- There are no earlier private messages with eve.")
        eve.types("/msg bob again")
        self.assertFalse([line for line in self.back().sees() if "*eve*" in line])

    def test_history_with_a_guest_is_there_while_the_guest_is(self) -> None:
        eve, zoe = self.house.enters("eve"), self.house.enters("zoe")
        bob = self.back()
        eve.types("/msg bob hello", "/msg zoe psst")
        bob.types("/msg eve hi")
        self.house.hush()
        for guest, partner, lines in (
            (eve, "bob", ["*eve* hello", "*bob* hi"]),
            (bob, "eve", ["*eve* hello", "*bob* hi"]),
            (zoe, "eve", ["*eve* psst"]),
        ):
            guest.types(f"/history @{partner}")
            seen = [line.partition("] ")[2] for line in guest.sees() if line.startswith("[")]
            self.assertEqual([line.replace("-> ", "") for line in seen], lines)
        self.ann.types("/history @eve")
        self.assert_sees(self.ann, "-- There are no earlier private messages with eve.")
        eve.resets()
        self.house.hush()
        bob.types("/history @eve")
        self.assert_sees(
            bob,
            "! There is no account eve. Private messages with guests are only kept while both are here.",
        )
        self.house.enters("eve")
        self.house.hush()
        bob.types("/history @eve")
        self.assert_sees(bob, "-- There are no earlier private messages with eve.")

    def test_who_is_here_under_another_nick_gets_it_there(self) -> None:
        bob = self.back()
        bob.types("/nick bobby")
        self.house.hush()
        self.ann.types("/msg bob psst")
        self.assert_sees(self.ann, "-> *bobby* psst")
        self.assert_sees(bob, "*ann* psst")

    def test_slip_does_not_make_it_public_though_nobody_is_here(self) -> None:
        eve = self.house.enters("eve")
        for line in ("msg bob psst", "psst > bob."):
            self.ann.types(line)
            self.assertIn("! That looks like a mistyped private message to bob", self.ann.sees()[0])
        self.assertEqual(eve.sees(), [])

    def test_requests_between_programs_do_not_wait(self) -> None:
        ann = self.program("ann")
        ann.gets()
        ann.objects({"type": "private", "to": "bob", "content": "PING", "kind": "ctcp"})
        self.assertEqual(ann.gets()[0]["code"], "no-such-nick")

    def test_no_more_waits_than_may_of_one_and_in_all(self) -> None:
        carl = self.has_account("carl")
        self.ann.types(*["/msg bob hi"] * 4)
        self.assertEqual(
            self.ann.sees()[-1],
            "! 3 messages from you are already waiting for bob, which is the maximum. The message was not sent.",
        )
        # Guests are cheap: all of them count as one.
        for name in ("eve", "guy"):
            self.house.enters(name).types("/msg bob hi")
        carl.types("/msg bob hi")
        self.assertEqual(
            carl.sees()[-1],
            "! 5 messages are already waiting for bob, which is the maximum. The message was not sent.",
        )
        bob = self.back()
        bob.resets()
        self.house.hush()
        carl.types("/msg bob hi")
        self.assertIn(
            "-- bob is not here. The message will be delivered when bob is back.", carl.sees()
        )

    def test_guests_count_as_one(self) -> None:
        for number in range(3):
            self.house.enters(f"guest{number}").types("/msg bob hi")
        eve = self.house.enters("eve")
        eve.types("/msg bob hi")
        self.assert_sees(
            eve,
            "! 3 messages from guests are already waiting for bob, which is the maximum. The message was not sent.",
        )

    def test_what_was_sent_before_is_acknowledged_though_no_more_can_wait(self) -> None:
        ann = self.program("ann")
        for number in range(3):
            ann.objects({"type": "private", "to": "bob", "content": "hi", "id": str(number)})
        ann.gets()
        ann.objects({"type": "private", "to": "bob", "content": "hi", "id": "0"})
        self.assertEqual([each["type"] for each in ann.gets()], ["ack"])
        ann.objects({"type": "private", "to": "bob", "content": "hi", "id": "3"})
        self.assertEqual([each["code"] for each in ann.gets()], ["too-many-waiting"])

    def test_privacy_counts_for_who_is_not_here(self) -> None:
        eve = self.house.enters("eve")
        for privacy, reaches in (("accounts", ["ann"]), ("rooms", []), ("all", ["ann", "eve"])):
            bob = self.back()
            bob.types("/leave lobby", f"/privacy {privacy}")
            bob.resets()
            self.house.hush()
            for name, guest in (("ann", self.ann), ("eve", eve)):
                guest.types("/msg bob hi")
                here = any("will be delivered" in line for line in guest.sees())
                self.assertEqual(here, name in reaches, (privacy, name))

    def test_who_is_in_a_room_where_they_left_may_write(self) -> None:
        bob = self.back()
        bob.types("/privacy rooms")
        bob.resets()
        self.house.hush()
        self.ann.types("/msg bob hi")
        self.assertIn(
            "-- bob is not here. The message will be delivered when bob is back.", self.ann.sees()
        )
        self.ann.types("/leave lobby", "/msg bob hi")
        self.assertIn(
            "bob only accepts private messages from people who share a room", self.ann.sees()[-1]
        )

    def test_ignored_is_not_told_so_and_not_heard(self) -> None:
        bob = self.back()
        bob.types("/ignore ann")
        bob.resets()
        self.house.hush()
        self.ann.types(*["/msg bob hi"] * 4)
        self.assertEqual(
            self.ann.sees()[-1],
            "-- bob is not here. The message will be delivered when bob is back.",
        )
        bob = self.back()
        self.assertEqual(self.from_ann(bob.sees()), [])
        bob.types("/history @ann")
        self.assertEqual(self.from_ann(bob.sees()), [])

    def test_ignored_since_is_not_heard(self) -> None:
        self.ann.types("/msg bob hi")
        guest = self.house.enters("guest")
        guest.types("/ignore ann", "/login bob correct-horse")
        seen = guest.sees()
        self.assertEqual(self.from_ann(seen), [])
        self.assertFalse([line for line in seen if "away" in line])
        # It was told, as far as ever: nothing of it waits any more.
        guest.resets()
        self.assertEqual(self.from_ann(self.back().sees()), [])

    def test_deleted_account_takes_its_messages_with_it(self) -> None:
        self.ann.types("/msg bob hi", "/drop-account correct-horse")
        self.assertEqual(self.from_ann(self.back().sees()), [])
        bob = self.back()
        self.house.hush()
        self.ann.types("/register correct-horse", "/msg bob again")
        self.house.hush()
        bob.types("/history @ann")
        self.assertEqual(self.from_ann(bob.sees()), ["*ann* again"])

    def test_name_that_was_deleted_gets_nothing_that_waited(self) -> None:
        bob = self.back()
        bob.types("/msg ann hello", "/drop-account correct-horse")
        bob.resets()
        self.house.hush()
        self.ann.types("/msg bob hi")
        self.assertIn("! bob is not here. The message was not sent.", self.ann.sees()[-1])
        new = self.has_account("bob")
        new.types("/history @ann")
        self.assert_sees(new, "-- There are no earlier private messages with ann.")

    def test_forget_me_takes_back_what_waits(self) -> None:
        self.ann.types("/msg bob hi", "/forget-me all")
        seen = self.back().sees()
        self.assertEqual(self.from_ann(seen), [])
        self.assertFalse([line for line in seen if "private messages" in line.lower()])


class TalkTests(Case):
    def test_history_with_somebody_is_paged_for_both_and_nobody_else(self) -> None:
        bob = self.back()
        carl = self.has_account("carl")
        self.ann.types(*[f"/msg bob m{number}" for number in range(3)])
        bob.types("/msg ann m3")
        self.house.hush()
        for guest, other in ((self.ann, "bob"), (bob, "ann")):
            guest.types(f"/history @{other} 2")
            seen = guest.sees()
            self.assertEqual(seen[0], f"-- Earlier with {other}:")
            self.assertRegex(seen[1], r"^\[\d\d:\d\d\] \*ann\* m2$")
            self.assertRegex(seen[2], r"^\[\d\d:\d\d\] \*bob\* m3$")
            before = seen[3].partition("/history ")[2].removesuffix(" shows more.")
            self.assertRegex(before, f"^@{other} 2 before [0-9a-f]{{16}}$")
            guest.types(f"/history {before}")
            self.assertEqual(self.from_ann(guest.sees()), ["*ann* m0", "*ann* m1"])
        for other in ("bob", "ann"):
            carl.types(f"/history @{other}")
            self.assert_sees(carl, f"-- There are no earlier private messages with {other}.")
        carl.types("/search m0", "/history")
        self.assertFalse([line for line in carl.sees() if "m0" in line.partition("] ")[2]])

    def test_programs_see_who_wrote_to_whom(self) -> None:
        ann = self.program("ann")
        ann.objects({"type": "private", "to": "bob", "content": "one"})
        ann.gets()
        bob = self.program()
        bob.objects({"type": "private", "to": "ann", "content": "two"})
        bob.gets()
        bob.objects({"type": "history", "with": "ann", "id": "7"})
        start, one, two, end = bob.gets()
        self.assertEqual((start["type"], start["with"], start["id"]), ("history_start", "ann", "7"))
        self.assertEqual(
            [(each["from"], each["to"]) for each in (one, two)], [("ann", "bob"), ("bob", "ann")]
        )
        self.assertEqual((one["content"], one["replay"]), ("one", True))
        self.assertEqual((end["with"], end["count"], end["more"]), ("ann", 2, False))
        self.assertNotIn("room", start)

    def test_what_one_tells_oneself_is_kept_once(self) -> None:
        self.ann.types("/msg ann note")
        self.house.hush()
        self.ann.types("/history @ann")
        self.assertEqual(self.from_ann(self.ann.sees()), ["*ann* note"])


class MarkerTests(Case):
    def test_read_tells_all_sessions_of_the_account_and_moves_forward_only(self) -> None:
        one, two = self.program(), self.program()
        self.house.hush()
        ids = []
        for text in ("a", "b"):
            self.ann.types(text)
            ids.append(one.gets()[0]["id"])
        two.gets()
        for sent, told in ((ids[0], ids[0]), (ids[1], ids[1]), (ids[0], ids[1])):
            one.objects({"type": "read", "room": "lobby", "message": sent, "id": "7"})
            (mine,), (others,) = one.gets(), two.gets()
            self.assertEqual((mine["type"], mine["room"], mine["message"]), ("read", "lobby", told))
            self.assertEqual((mine["id"], others["message"]), ("7", told))
            self.assertNotIn("id", others)

    def test_nobody_reads_ahead(self) -> None:
        bob = self.program()
        bob.gets()
        bob.objects({"type": "read", "message": "7fffffffffffffff"})
        (told,) = bob.gets()
        self.assertLess(told["message"], "00000000000000ff")

    def test_private_messages_have_a_marker_too(self) -> None:
        bob = self.program()
        bob.gets()
        bob.objects({"type": "read", "with": "ann", "message": "0" * 16})
        self.assertEqual(bob.gets()[0]["code"], "nothing-there")
        self.ann.types("/msg bob psst")
        (told,) = bob.gets()
        bob.objects({"type": "read", "with": "ann", "message": told["id"]})
        (read,) = bob.gets()
        self.assertEqual((read["with"], read["message"]), ("ann", told["id"]))
        self.assertNotIn("room", read)

    def test_guests_have_no_markers_and_rooms_must_be_theirs(self) -> None:
        bob = self.program()
        bob.gets()
        bob.objects({"type": "read", "room": "dev", "message": "0" * 16})
        self.assertEqual(bob.gets()[0]["code"], "no-such-room")
        eve = self.house.program("eve")
        eve.objects({"type": "read", "message": "0" * 16})
        self.assertEqual(eve.gets()[0]["code"], "no-account")
        eve.objects({"type": "read", "with": "ann", "message": "0" * 16})
        self.assertEqual(eve.gets()[0]["code"], "no-account")

    def test_other_sessions_are_told_what_was_read_with_the_end_of_one(self) -> None:
        reader = self.program()
        typist = self.back()
        self.house.hush()
        self.ann.types("hello")
        (hello,) = reader.gets()
        typist.resets()
        (read,) = reader.gets()
        self.assertEqual((read["type"], read["room"]), ("read", "lobby"))
        self.assertGreater(read["message"], hello["id"])


class MissedTests(Case):
    def missed(self, guest: Guest) -> list[str]:
        return [line for line in guest.sees() if "While you were away" in line]

    def test_lines_and_mentions_since_the_last_session_left_are_told(self) -> None:
        self.ann.types("/join dev")
        bob = self.back()
        bob.types("/join dev")
        self.ann.types("seen by bob")
        bob.resets()
        self.ann.types("hello", "BOB, are you there?", "bobby is not bob", "/join lobby", "x")
        self.assertEqual(
            self.missed(self.back()),
            ["-- While you were away: #lobby 1 line; #dev 3 lines, 2 mentions."],
        )

    def test_nothing_missed_is_not_told(self) -> None:
        self.assertEqual(self.missed(self.back()), [])

    def test_second_session_is_told_nothing(self) -> None:
        self.ann.types("hello")
        self.assertEqual(len(self.missed(self.back())), 1)
        self.assertEqual(self.missed(self.back()), [])

    def test_own_lines_and_those_of_who_is_ignored_do_not_count(self) -> None:
        bob = self.back()
        bob.types("/ignore ann")
        bob.resets()
        eve = self.house.enters("eve")
        self.ann.types("hi bob")
        eve.types("hi")
        self.assertEqual(self.missed(self.back()), ["-- While you were away: #lobby 1 line."])

    def test_own_mentions_do_not_count(self) -> None:
        bob = self.program()
        bob.gets()
        bob.objects({"type": "read", "message": "0" * 16})
        bob.objects({"type": "message", "content": "I am bob"})
        self.ann.types("hello")
        bob.resets()
        self.assertEqual(self.missed(self.back()), ["-- While you were away: #lobby 1 line."])

    def test_program_that_says_what_it_read_misses_the_rest(self) -> None:
        bob = self.program()
        bob.gets()
        self.ann.types("one", "two", "three")
        ids = [each["id"] for each in bob.gets()]
        bob.objects({"type": "read", "message": ids[0]})
        bob.resets()
        (missed,) = self.of_type(self.program().gets(), "missed")
        self.assertEqual(missed["rooms"][0]["room"], "lobby")
        self.assertEqual(
            missed["rooms"],
            [{"room": "lobby", "count": 2, "more": False, "mentions": 0, "after": ids[0]}],
        )
        self.assertEqual(missed["private"], [])

    def test_who_is_here_under_another_nick_is_told_what_was_read_by_the_other(self) -> None:
        one = self.program()
        one.objects({"type": "nick", "content": "rob"})
        two = self.back()
        self.house.hush()
        self.ann.types("hello")
        (hello,) = one.gets()
        two.resets()
        (read,) = self.of_type(one.gets(), "read")
        self.assertGreater(read["message"], hello["id"])

    def test_guest_who_logs_in_is_told(self) -> None:
        self.ann.types("hello bob")
        self.ann.types("/msg bob psst")
        guest = self.house.enters("eve")
        guest.types("/login bob correct-horse")
        seen = guest.sees()
        self.assertEqual(self.from_ann(seen), ["*ann* psst"])
        self.assertIn(
            "-- While you were away: #lobby 1 line, 1 mention; 1 private message (ann 1).", seen
        )

    def test_rooms_that_were_left_or_that_put_them_out_are_not_told(self) -> None:
        self.ann.types("/join dev", "/join ops", "/join old")
        bob = self.back()
        bob.types("/join dev", "/join ops", "/join old", "/leave old")
        self.ann.types("/kick bob", "/join dev", "/kick bob")
        self.house.hush()
        bob.types("/join ops")
        self.ann.types("/ban #ops bob")
        bob.resets()
        for room in ("dev", "ops", "old"):
            self.ann.types(f"/join {room}", "secret")
        self.assertEqual(self.missed(self.back()), [])

    def test_rooms_that_they_may_read_no_more_are_not_told(self) -> None:
        for rule in (
            "/ban bob",
            "/lock horse",
            "/invite-only on",
            "/visibility join",
            "/drop-room dev",
        ):
            with self.subTest(rule):
                self.ann.types("/join dev", "/register-room")
                bob = self.back()
                bob.types("/leave lobby", "/join dev")
                bob.resets()
                self.ann.types(rule, "secret")
                self.assertEqual(self.missed(self.back()), [])
                self.ann.types("/drop-room dev")
                self.house.turn()

    def test_locked_room_is_told_to_who_knew_the_password(self) -> None:
        self.ann.types("/join dev horse")
        bob = self.back()
        bob.types("/join dev horse")
        bob.resets()
        self.ann.types("hello")
        self.assertIn("#dev 1 line", self.missed(self.back())[0])

    def test_many_lines_are_counted_as_far_as_anybody_cares(self) -> None:
        for _ in range(12):
            self.ann.types(*["x"] * 100)
        (told,) = self.missed(self.back())
        self.assertEqual(told, "-- While you were away: #lobby 1,000 lines or more.")

    def test_session_taken_up_again_is_told_nothing(self) -> None:
        bob = self.program()
        (welcome,) = self.of_type(bob.gets(), "welcome")
        self.ann.types("hello")
        again = self.house.comes()
        again.objects({"type": "nick", "content": "bob", "session": welcome["session"]})
        self.assertEqual(self.of_type(again.gets(), "missed"), [])

    def test_session_taken_up_again_says_what_is_read_as_before(self) -> None:
        bob = self.program()
        (welcome,) = self.of_type(bob.gets(), "welcome")
        bob.objects({"type": "read", "room": "lobby", "message": "0" * 16})
        again = self.house.comes()
        again.objects({"type": "nick", "content": "bob", "session": welcome["session"]})
        self.ann.types("hello")
        again.resets()
        (missed,) = self.of_type(self.program().gets(), "missed")
        self.assertEqual(missed["rooms"][0]["count"], 1)
