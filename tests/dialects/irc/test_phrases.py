"""Sentences name the commands of IRC clients."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.dialects.irc.phrases import for_clients


class PhraseTests(IrcHouseTestCase):
    def test_commands_are_those_of_irc_clients_or_stand_behind_quote(self) -> None:
        for ours, theirs in (
            ("Type /rooms to list them.", "Type /list to list them."),
            ("Type /leave #dev first.", "Type /part #dev first."),
            ("(/register PASSWORD makes one)", "(/msg NickServ REGISTER PASSWORD makes one)"),
            ("/login ann PASSWORD.", "/msg NickServ IDENTIFY ann PASSWORD."),
            ("Type /forget-me all.", "Type /quote FORGET-ME all."),
            ("/join #dev or /nosuch", "/join #dev or /nosuch"),
            ("see http://x/rooms, and/or /rooms/", "see http://x/rooms, and/or /rooms/"),
        ):
            self.assertEqual(for_clients(ours), theirs)

    def test_refusals_of_all_kinds_name_them(self) -> None:
        ann = self.enters("ann", "#dev", caps="standard-replies")
        first, second, third = self.asks(
            ann, "TOPIC #no", "CHATHISTORY LATEST #no * 5", "LOGIN ann wrong"
        )
        for line in (first, second):
            self.assertTrue(line.endswith("There is no room #no. Type /list to list them."), line)
        self.assertIn("/msg NickServ IDENTIFY", third)

    def test_what_people_say_stays_as_it_is(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.types("PRIVMSG #dev :type /rooms", "TOPIC #dev :type /rooms", "AWAY :see /rooms")
        self.assert_bare(bob, ":ann PRIVMSG #dev :type /rooms", ":ann TOPIC #dev :type /rooms")
        self.assertIn(":server 301 bob ann :see /rooms", self.asks(bob, "WHOIS ann"))
