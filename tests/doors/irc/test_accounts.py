"""Accounts on IRC: SASL, PASS and REGISTER."""

from __future__ import annotations

import base64

from tests.doors.house import Guest
from tests.doors.irc.house import IrcHouseTestCase

PASSWORD = "correct horse"


def plain(name: str, password: str, wanted: str = "") -> str:
    """Return what a client sends for SASL PLAIN."""
    return base64.b64encode(f"{wanted}\0{name}\0{password}".encode()).decode()


class AccountCase(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        owner = self.house.enters("alice")
        owner.types(f"/register {PASSWORD.replace(' ', '-')}")
        self.password = PASSWORD.replace(" ", "-")
        owner.types("/quit")

    def says(self, *lines: str) -> Guest:
        """Connect a client that sends these lines."""
        client = self.comes()
        client.types(*lines)
        return client


class SaslTests(AccountCase):
    def proves(self, *pieces: str) -> list[str]:
        """Return what a client is answered to what it sends after the name of the mechanism."""
        client = self.says("CAP REQ :sasl", "AUTHENTICATE PLAIN")
        self.assertEqual(client.sees()[-1], "AUTHENTICATE +")
        return self.asks(client, *(f"AUTHENTICATE {piece}" for piece in pieces))

    def test_the_right_password_logs_in_under_any_nick(self) -> None:
        client = self.says(
            *("CAP REQ :sasl", "NICK phone", "USER a 0 * :A", "AUTHENTICATE PLAIN"),
            *(f"AUTHENTICATE {plain('alice', self.password)}", "CAP END"),
        )
        seen = client.sees()
        self.assertEqual(
            seen[2:5],
            [
                ":server 900 * *!*@* alice :You are now logged in as alice",
                ":server 903 * :SASL authentication successful",
                ":server 001 phone :Welcome to server, phone",
            ],
        )
        self.assertIn("330 phone phone alice :", " ".join(self.asks(client, "WHOIS phone")))

    def test_wrong_names_and_passwords_and_nonsense_are_told_apart_by_nobody(self) -> None:
        for given in (
            plain("alice", "wrong"),
            plain("nobody", "wrong"),
            plain("alice", self.password, "bob"),
            "====",
            "+",
            base64.b64encode(b"alice").decode(),
            base64.b64encode(b"\xff\0\xff\0x").decode(),
        ):
            self.assertEqual(
                self.proves(given), [":server 904 * :SASL authentication failed"], given
            )

    def test_a_device_may_stand_behind_the_name(self) -> None:
        self.assertIn(" 903 ", self.proves(plain("alice@phone", self.password))[-1])

    def test_pieces_are_put_together_and_too_much_is_refused(self) -> None:
        long = plain("alice", "x" * 292)  # of 400 bytes
        self.assertEqual(len(long), 400)
        self.assertEqual(self.proves(long), [])
        self.assertEqual(self.proves(long, "+"), [":server 904 * :SASL authentication failed"])
        self.assertEqual(self.proves("A" * 401), [":server 905 * :SASL message too long"])
        many = ["A" * 400] * 21
        self.assertEqual(self.proves(*many)[0], ":server 904 * :SASL authentication failed")

    def test_it_may_be_given_up_and_begun_anew(self) -> None:
        seen = self.proves("*", "NOSUCH", "PLAIN", plain("alice", self.password))
        self.assertEqual(
            seen[:4],
            [
                ":server 906 * :SASL authentication aborted",
                ":server 908 * PLAIN :are available SASL mechanisms",
                ":server 904 * :SASL authentication failed",
                "AUTHENTICATE +",
            ],
        )
        self.assertIn(" 903 ", seen[-1])

    def test_after_the_login_too_and_then_as_another_account(self) -> None:
        owner = self.house.enters("bob")
        owner.types(f"/register {self.password}", "/quit")
        watcher = self.enters("eve", "#dev", caps="account-notify chghost")
        client = self.enters("phone", "#dev")
        for account, before in (("alice", None), ("bob", "alice.user")):
            proof = plain(account, self.password)
            seen = self.asks(client, "AUTHENTICATE PLAIN", f"AUTHENTICATE {proof}")
            self.assertEqual([line.split()[1] for line in seen[1:]], ["900", "903"])
            told, host = watcher.sees()
            self.assertTrue(told.endswith(f" ACCOUNT {account}"), told)
            self.assertTrue(host.endswith(f" CHGHOST ~phone {account}.user"), host)
            self.assertEqual(before is not None and f"@{before} " in told, before is not None)
        self.assertIn("~phone@bob.user", self.asks(client, "USERHOST phone")[0])


class PassTests(AccountCase):
    def test_name_and_password_log_in(self) -> None:
        client = self.says(f"PASS alice:{self.password}", "NICK phone", "USER a 0 * :A")
        self.assertEqual(
            [line.split()[1] for line in client.sees()[:2]],
            ["900", "001"],
        )

    def test_a_wrong_password_lets_nobody_in(self) -> None:
        client = self.says("PASS alice:wrong", "NICK phone", "USER a 0 * :A")
        self.assert_sees(client, ":server 464 * :Password incorrect")

    def test_the_nick_of_an_account_says_how_to_log_in(self) -> None:
        client = self.says("NICK alice", "USER a 0 * :A")
        (refused,) = client.sees()
        self.assertRegex(refused, r"^:server 433 \* alice :.*alice:PASSWORD")


class RegisterTests(IrcHouseTestCase):
    def test_an_account_has_the_name_of_the_nick(self) -> None:
        bob = self.enters("bob")
        self.assertEqual(
            self.asks(bob, "REGISTER other * long-enough")[0].split(" :")[0],
            ":server FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK other",
        )
        *_, last = self.asks(bob, "REGISTER * bob@example.org long-enough")
        self.assertRegex(last, "^:server REGISTER SUCCESS bob :")
        (again,) = self.asks(bob, "REGISTER * * long-enough")
        self.assertRegex(again, "^:server FAIL REGISTER ALREADY_AUTHENTICATED bob :")

    def test_before_the_login_nobody_can(self) -> None:
        bob = self.comes()
        (refused,) = self.asks(bob, "REGISTER bob * long-enough")
        self.assertRegex(refused, "^:server FAIL REGISTER COMPLETE_CONNECTION_REQUIRED bob :")


class SessionsTests(AccountCase):
    """Several sessions of one account are one user."""

    def phone(self, *lines: str) -> Guest:
        return self.says(f"PASS alice:{self.password}", "NICK alice", "USER a 0 * :A", *lines)

    def test_a_session_that_comes_later_is_shown_the_rooms(self) -> None:
        first = self.phone("JOIN #dev,#ops", "TOPIC #ops :be brief")
        first.hears()
        second = self.phone()
        shown = self.bare(second)
        start = shown.index(":alice JOIN #dev")
        self.assertEqual(
            [line.split(" :")[0].removeprefix(":server ") for line in shown[start:]],
            [
                *(":alice JOIN #dev", "353 alice = #dev", "366 alice #dev"),
                *(":alice JOIN #ops", "332 alice #ops", f"333 alice #ops alice {self.time()}"),
                *("353 alice = #ops", "366 alice #ops"),
            ],
        )
        self.assertEqual(self.bare(first), [])

    def time(self) -> int:
        return int(self.house.sessions.clock.seconds())

    def test_what_one_session_does_all_of_them_show(self) -> None:
        first, second = self.phone(), self.phone()
        second.hears()
        first.types("JOIN #dev")
        self.assertEqual(
            self.bare(second),
            [
                ":alice JOIN #dev",
                ":server 353 alice = #dev :@alice",
                ":server 366 alice #dev :End of /NAMES list",
            ],
        )
        first.types("PRIVMSG #dev :hi", "NICK ally", "PART #dev :bye", "QUIT")
        self.assert_bare(
            second, ":alice PRIVMSG #dev :hi", ":alice NICK ally", ":ally PART #dev :bye"
        )

    def test_one_of_several_may_leave_and_nobody_sees_that(self) -> None:
        first, second = self.phone("JOIN #dev"), self.phone()
        bob = self.enters("bob", "#dev")
        first.types("QUIT")
        self.assertEqual(self.bare(bob), [])
        second.types("QUIT :bye")
        self.assert_bare(bob, ":alice QUIT :bye")

    def test_rooms_that_another_session_enters_and_leaves_do_not_pile_up(self) -> None:
        first, second = self.phone(), self.phone()
        most = self.house.limits.max_rooms
        for number in range(3 * most):
            first.types(f"JOIN #room{number}", f"PART #room{number}")
        dialect = second.protocol._peer.dialect
        self.assertLess(len(dialect.rooms), 3 * most)


class MissedTests(AccountCase):
    """What was said meanwhile is shown once, to clients that cannot ask for it."""

    def phone(self, *caps: str) -> Guest:
        request = (f"CAP REQ :{' '.join(caps)}",) if caps else ()
        end = ("CAP END",) if caps else ()
        return self.says(
            *request,
            *(f"PASS alice:{self.password}", "NICK alice", "USER a 0 * :A", *end, "JOIN #dev"),
        )

    def away_for(self, *said: str) -> None:
        """Let somebody say something while nobody is here with the account."""
        first = self.phone()
        bob = self.enters("bob", "#dev")
        bob.types("PRIVMSG #dev :before")
        first.types("QUIT")
        self.assertTrue(first.gone)
        bob.types(*(f"PRIVMSG #dev :{each}" for each in said))
        self.house.waits(1)

    def seen(self, client: Guest) -> list[str]:
        self.house.waits(1)
        return [line for line in self.bare(client) if " PRIVMSG #dev " in line]

    def test_with_the_time_in_the_text_or_in_a_tag(self) -> None:
        self.away_for("one", "two")
        first, second = self.seen(self.phone())
        self.assertRegex(first, r"^:bob PRIVMSG #dev :\[\d\d:\d\d\] one$")
        self.assertRegex(second, r"\] two$")

    def test_a_client_that_knows_the_time_gets_it_in_a_tag(self) -> None:
        self.away_for("one")
        (only,) = self.seen(self.phone("server-time"))
        self.assertRegex(only, r"^@time=[^ ]+Z :bob!\S+ PRIVMSG #dev :one$")

    def test_a_client_that_can_ask_for_it_is_shown_nothing(self) -> None:
        self.away_for("one")
        self.assertEqual(self.seen(self.phone("draft/chathistory", "batch")), [])

    def test_a_second_session_is_shown_nothing(self) -> None:
        self.away_for("one")
        self.assertEqual(len(self.seen(self.phone())), 1)
        self.assertEqual(self.seen(self.phone()), [])
