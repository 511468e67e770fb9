"""Who is here, who somebody is, and who was here before, as clients of IRC see it."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase


class PeopleCase(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", "#dev")
        self.bob = self.enters("bob", "#dev")

    def list(self, *lines: str) -> list[str]:
        """Return what ann is told, but for the host, which is a cloak."""
        return [line.replace(self.host, "HOST") for line in self.asks(self.ann, *lines)]

    @property
    def host(self) -> str:
        users = self.house.node.hub.state.users.values()
        return next(user.author.host for user in users)


class WhoTests(PeopleCase):
    def test_members_of_a_room_are_listed_with_their_roles(self) -> None:
        self.assertEqual(
            self.list("WHO #dev"),
            [
                ":server 352 ann #dev ~ann HOST server ann H@ :0 Real ann",
                ":server 352 ann #dev ~bob HOST server bob H :0 Real bob",
                ":server 315 ann #dev :End of WHO list",
            ],
        )

    def test_masks_are_of_nicks_or_of_all_that_is_shown(self) -> None:
        for mask, names in (("*", 2), ("", 2), ("b*", 1), ("BOB", 1), ("*!~ann@*", 1), ("x*", 0)):
            self.assertEqual(len(self.list(f"WHO {mask}".strip())), names + 1, mask)

    def test_flags_say_who_is_away_an_operator_of_the_server_and_a_bot(self) -> None:
        self.bob.types("AWAY :lunch", "MODE bob +B")
        (bob, _) = self.list("WHO bob")
        self.assertEqual(bob, ":server 352 ann * ~bob HOST server bob GB :0 Real bob")
        self.assertEqual(len(self.list("WHO * o")), 1)

    def test_client_chooses_fields_and_gets_its_token_back(self) -> None:
        (bob, _) = self.list("WHO bob %auhtnr,42")
        self.assertEqual(bob, ":server 354 ann 42 ~bob HOST bob 0 :Real bob")
        (bob, _) = self.list("WHO bob %tn,1234")
        self.assertEqual(bob, ":server 354 ann 0 bob")

    def test_hidden_are_listed_to_who_shares_a_room(self) -> None:
        self.bob.types("MODE bob +i")
        self.assertEqual(len(self.list("WHO")), 3)
        self.ann.types("PART #dev")
        self.assertEqual(len(self.list("WHO")), 2)

    def test_where_one_may_not_look_there_is_nobody(self) -> None:
        self.bob.types("JOIN #secret", "MODE #secret +s")
        for mask in ("#secret", "#nowhere", "##", "no name"):
            (end,) = self.list(f"WHO {mask}")
            self.assertTrue(end.startswith(":server 315 ann "), end)


class WhoisTests(PeopleCase):
    def test_everything_known_is_told(self) -> None:
        self.bob.types("JOIN #ops", "AWAY :lunch", "MODE bob +B")
        numbers = [line.split()[1] for line in self.list("WHOIS bob")]
        self.assertEqual(numbers, ["311", "319", "312", "335", "301", "317", "318"])
        told = self.list("WHOIS server BOB")
        self.assertEqual(told[0], ":server 311 ann bob ~bob HOST * :Real bob")
        self.assertEqual(told[1], ":server 319 ann bob :#dev @#ops")

    def test_who_is_not_here_is_an_error_and_an_end(self) -> None:
        for name in ("eve", "no!name"):
            numbers = [line.split()[1] for line in self.list(f"WHOIS {name}")]
            self.assertEqual(numbers, ["401", "318"])
        self.assertEqual(self.list("WHOIS"), [":server 431 ann :No nickname given"])


class WhowasTests(PeopleCase):
    def test_latest_comes_first(self) -> None:
        for name in ("one", "two"):
            eve = self.comes()
            eve.types("NICK eve", f"USER {name} 0 * :Eve", "QUIT")
        told = self.list("WHOWAS Eve")
        self.assertEqual(
            told[::2][:2],
            [
                ":server 314 ann eve ~two HOST * :Eve",
                ":server 314 ann eve ~one HOST * :Eve",
            ],
        )
        self.assertEqual(told[-1], ":server 369 ann Eve :End of WHOWAS")
        self.assertEqual(len(self.list("WHOWAS eve 1")), 3)
        self.assertEqual(len(self.list("WHOWAS eve -1")), 5)

    def test_nobody_is_an_error_and_an_end(self) -> None:
        for name in ("eve", "no!name"):
            numbers = [line.split()[1] for line in self.list(f"WHOWAS {name}")]
            self.assertEqual(numbers, ["406", "369"])


class SomeTests(PeopleCase):
    def test_who_of_some_is_here(self) -> None:
        self.bob.types("AWAY")
        self.bob.types("AWAY :x")
        self.assertEqual(self.list("ISON eve BOB no!name ann"), [":server 303 ann :bob ann"])
        (told,) = self.list("USERHOST bob eve ann")
        self.assertEqual(told, ":server 302 ann :bob=-~bob@HOST ann=+~ann@HOST")
        self.assertEqual(self.list("ISON no!name"), [":server 303 ann :"])

    def test_names_have_hosts_for_who_wants_them(self) -> None:
        dan = self.enters("dan", "#dev", caps="userhost-in-names")
        names, _ = self.asks(dan, "NAMES #dev")
        want = ":server 353 dan = #dev :@ann!~ann@HOST bob!~bob@HOST dan!~dan@HOST"
        self.assertEqual(names.replace(self.host, "HOST"), want)


class CountTests(PeopleCase):
    def test_everything_is_counted(self) -> None:
        self.bob.types("MODE bob +i")
        self.comes()
        self.assertEqual(
            self.list("LUSERS"),
            [
                ":server 251 ann :There are 1 users and 1 invisible on 1 servers",
                ":server 252 ann 0 :operator(s) online",
                ":server 253 ann 1 :unknown connection(s)",
                ":server 254 ann 1 :channels formed",
                ":server 255 ann :I have 2 clients and 0 servers",
                ":server 265 ann 2 2 :Current local users 2, max 2",
                ":server 266 ann 2 2 :Current global users 2, max 2",
            ],
        )
