"""What clients of IRC say and set about themselves, and what others see of it."""

from __future__ import annotations

from tests.auth.test_operators import FAST
from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.auth.operators import Operators

CAPS = "account-notify away-notify chghost setname"


class AwayTests(IrcHouseTestCase):
    def test_away_is_confirmed_and_shown_to_who_wants_it(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev", caps=CAPS)
        told = self.asks(ann, "AWAY :out to lunch")
        self.assertEqual(told, [":server 306 ann :You have been marked as being away"])
        self.assert_bare(bob, ":ann AWAY :out to lunch")
        told = self.asks(ann, "AWAY")
        self.assertEqual(told, [":server 305 ann :You are no longer marked as being away"])
        self.assert_bare(bob, ":ann AWAY")
        self.assertEqual(self.asks(bob, "AWAY :x")[0][:15], ":server 306 bob")
        self.assert_bare(ann)

    def test_who_enters_a_room_while_away_is_shown_so(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob", "#dev", caps=CAPS)
        ann.types("AWAY :lunch", "JOIN #dev")
        self.assert_bare(bob, ":ann JOIN #dev", ":ann AWAY :lunch")

    def test_who_writes_to_somebody_away_is_told_why(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob")
        bob.types("AWAY :lunch")
        told = self.asks(ann, "PRIVMSG bob :hi")
        self.assertEqual(told, [":server 301 ann bob :lunch"])


class NameTests(IrcHouseTestCase):
    def test_another_real_name_is_shown_to_who_wants_it(self) -> None:
        ann, bob = self.enters("ann", "#dev", caps=CAPS), self.enters("bob", "#dev", caps=CAPS)
        eve = self.enters("eve", "#dev")
        ann.types("SETNAME :Ann A.")
        for guest in (ann, bob):
            self.assert_bare(guest, ":ann SETNAME :Ann A.")
        self.assert_bare(eve)
        self.assertIn("Ann A.", self.asks(eve, "WHOIS ann")[0])

    def test_real_name_that_is_too_long_is_refused(self) -> None:
        ann = self.enters("ann", caps="standard-replies")
        (told,) = self.asks(ann, f"SETNAME :{'x' * 151}")
        self.assertTrue(told.startswith(":server FAIL SETNAME INVALID_REALNAME :"), told)


class ModeTests(IrcHouseTestCase):
    def test_modes_are_shown_and_changed_in_one_line(self) -> None:
        ann = self.enters("ann")
        self.assertEqual(self.asks(ann, "MODE ann"), [":server 221 ann +"])
        self.assertEqual(self.asks(ann, "MODE Ann +iwB"), [":ann MODE ann +iwB"])
        self.assertEqual(self.asks(ann, "MODE ann -w+T"), [":ann MODE ann +T-w"])
        self.assertEqual(self.asks(ann, "MODE ann"), [":server 221 ann +BTi"])

    def test_nobody_becomes_an_operator_like_this(self) -> None:
        ann = self.enters("ann")
        self.assertEqual(self.asks(ann, "MODE ann +o", "MODE ann -o"), [])

    def test_letters_that_there_are_not_are_an_error(self) -> None:
        ann = self.enters("ann")
        told = self.asks(ann, "MODE ann +iZ")
        self.assertEqual(told, [":ann MODE ann +i", ":server 501 ann :Unknown MODE flag"])

    def test_nobody_sets_the_modes_of_others(self) -> None:
        ann, _ = self.enters("ann"), self.enters("bob")
        for name in ("bob", "nobody", "no!name"):
            (told,) = self.asks(ann, f"MODE {name} +i")
            self.assertTrue(told.startswith(":server 502 ann :"), told)

    def test_no_requests_reach_who_takes_none(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob")
        bob.types("MODE bob +T")
        self.house.hush()
        (told,) = self.asks(ann, "PRIVMSG bob :\x01VERSION\x01")
        self.assertTrue(told.startswith(":server 404 ann bob :"), told)
        self.assert_bare(bob)


class OperatorTests(IrcHouseTestCase):
    def test_operator_of_the_server_sees_it_and_so_do_others(self) -> None:
        ann, bob, eve = (self.enters(nick, "#dev") for nick in ("ann", "bob", "eve"))
        node = self.house.node
        node.admin.load(Operators({"root": FAST.hash("secret words")}))
        node.admin.in_clear = True
        ann.types("OPER root :secret words")
        self.house.runner.go()
        self.house.turn()
        mode, told = self.bare(ann)
        self.assertEqual(mode, ":ann MODE ann +o")
        self.assertTrue(told.startswith(":server 381 ann :"), told)
        (line, _) = self.asks(bob, "WHO ann")
        self.assertIn(" H* :0 ", line)
        eve.types("MODE eve +w")
        self.house.hush()
        ann.types("WALLOPS :two words")
        for guest, lines in ((ann, 1), (eve, 1), (bob, 0)):
            self.assert_bare(guest, *[":ann WALLOPS :two words"] * lines)
        ann.types("KILL eve :x")
        self.assertTrue(eve.gone)
        self.assertEqual(self.asks(ann, "MODE ann -o"), [":ann MODE ann -o"])

    def test_who_is_none_is_told_so(self) -> None:
        ann, _ = self.enters("ann"), self.enters("bob")
        for line in ("KILL bob :x", "WALLOPS :x"):
            (told,) = self.asks(ann, line)
            self.assertTrue(told.startswith(":server 481 ann :"), told)
        (told,) = self.asks(ann, "OPER root secret")
        self.assertTrue(told.startswith(":server 491 ann :"), told)

    def test_server_bans_are_spelled_as_elsewhere(self) -> None:
        ann = self.enters("ann")
        bans = self.house.node.hub.state.server_bans
        (session,) = self.house.node.hub.state.sessions.values()
        (told,) = self.asks(ann, "DLINE 198.51.100.0/24")
        self.assertTrue(told.startswith(":server 481 ann :"), told)
        session.operator = "root"
        for line, target in (
            ("DLINE 2h 198.51.100.0/24 :spam", "198.51.100.0/24"),
            ("KLINE *@198.51.100.7 two words", "198.51.100.7"),
            ("UBAN ADD 198.51.100.8 DURATION 1d :spam", "198.51.100.8"),
            ("UBAN ADD eve spam", "eve"),
        ):
            ann.types(line)
            self.assertIn(target, [each.target for each in bans])
        self.assertEqual(len(self.asks(ann, "UBAN LIST")), 5)
        ann.types("UNDLINE 198.51.100.0/24", "UNKLINE *@198.51.100.7", "UBAN DEL 198.51.100.8")
        self.assertEqual([each.target for each in bans], ["eve"])
        for line in ("KLINE *!*@*.example", "UBAN ADD", "UBAN"):
            (told,) = self.asks(ann, line)
            self.assertRegex(told, "^:server (400|461) ann ", line)
