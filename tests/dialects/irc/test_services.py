"""NickServ and ChanServ are spellings of our commands, and keep what is said to them to themselves."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase


class NickServTests(IrcHouseTestCase):
    def says(self, text: str) -> str:
        return f":NickServ NOTICE {self.nick} :{text}"

    nick = "ann"

    def test_an_account_is_made_and_entered(self) -> None:
        ann = self.enters("ann")
        (made,) = self.asks(ann, "PRIVMSG NickServ :REGISTER long-enough ann@example.org")
        self.assertRegex(made, "^:NickServ NOTICE ann :ann is registered")
        phone = self.enters("phone")
        wrong, *seen = self.asks(
            phone, "NS IDENTIFY ann wrong-one", "PRIVMSG nickserv :identify ann long-enough"
        )
        self.assertRegex(wrong, "^:NickServ NOTICE phone :Wrong password for ann")
        self.assertIn(":server 900 phone phone!~phone@", seen[0])
        self.assertEqual(seen[-1], ":NickServ NOTICE phone :You are now logged in as ann.")

    def test_what_stands_behind_a_password_is_an_address_or_a_code_and_no_part_that_is_lost(
        self,
    ) -> None:
        ann = self.enters("ann")
        (told,) = self.asks(ann, "NS REGISTER long-enough horse")
        self.assertRegex(told, "A password cannot contain spaces")
        self.house.node.hub.state.registration = "invite"
        (told,) = self.asks(ann, "NS REGISTER long-enough NO-CODE")
        self.assertRegex(told, "/msg NickServ REGISTER PASSWORD CODE")
        self.assertNotIn("330", " ".join(self.asks(ann, "WHOIS ann")))

    def test_what_is_missing_or_unknown_is_said(self) -> None:
        ann = self.enters("ann")
        self.assertEqual(
            self.asks(ann, "NS REGISTER", "NS nosuch", "NS INFO a!b"),
            [
                self.says("Usage: /msg NickServ REGISTER PASSWORD [EMAIL|CODE]"),
                self.says("There is no such command. /msg NickServ HELP lists them."),
                self.says(
                    'That is not a valid name: "!" cannot be in a nickname; leave it out. Usage: /msg NickServ INFO NICK'
                ),
            ],
        )
        self.assertEqual(len(self.asks(ann, "NS HELP")), 8)

    def test_nobody_is_told_and_nobody_has_the_name(self) -> None:
        bob = self.enters("bob")
        ann = self.enters("ann")
        ann.types("PRIVMSG NickServ :IDENTIFY secret-word", "NS SET PASSWORD a b", "NS GHOST bob")
        self.assertEqual(bob.sees(), [])
        (refused,) = self.asks(bob, "NICK NickServ")
        self.assertRegex(refused, "^:server 433 bob NickServ ")


class ChanServTests(IrcHouseTestCase):
    def test_a_room_is_owned_and_its_roles_are_given(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        self.asks(ann, "NS REGISTER long-enough")
        bob.hears()
        ann.types(
            "PRIVMSG ChanServ :REGISTER #dev", "CS OP #dev bob", "CS DEVOICE #dev bob", "CS OP"
        )
        self.assert_bare(bob, ":ann MODE #dev +q ann", ":ann MODE #dev +o bob")
