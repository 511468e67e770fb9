"""MONITOR, as clients of IRC see it."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.values.limits import Limits


class MonitorTests(IrcHouseTestCase):
    limits = Limits(flood_burst=10**9, flood_rate=10**9, max_watched=3)

    def test_who_is_here_and_who_comes_and_goes_is_told(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob")
        told = [line.split("!")[0] for line in self.asks(ann, "MONITOR + bob,Eve,no!name")]
        want = [":server 731 ann :no", ":server 730 ann :bob", ":server 731 ann :Eve"]
        self.assertEqual(told, want)
        eve = self.comes()
        eve.types("NICK eve", "USER eve 0 * :Eve")
        self.assertRegex(ann.sees()[0], "^:server 730 ann :eve!~eve@")
        eve.types("QUIT")
        self.assert_bare(ann, ":server 731 ann :eve")
        bob.types("NICK rob")
        self.assert_bare(ann, ":server 731 ann :bob")

    def test_list_is_shown_and_cleared(self) -> None:
        ann = self.enters("ann")
        ann.types("MONITOR + bob,eve")
        end = ":server 733 ann :End of MONITOR list"
        self.assertEqual(self.asks(ann, "MONITOR L"), [":server 732 ann :bob,eve", end])
        self.assertEqual(self.asks(ann, "MONITOR - bob", "MONITOR S"), [":server 731 ann :eve"])
        self.assertEqual(self.asks(ann, "MONITOR C", "MONITOR L"), [end])

    def test_full_list_is_an_error(self) -> None:
        ann = self.enters("ann")
        _, full = self.asks(ann, "MONITOR + a,b,c,d,e")
        self.assertEqual(full, ":server 734 ann 3 d,e :Monitor list is full")

    def test_changes_are_shown_to_who_has_asked_for_them(self) -> None:
        ann = self.enters("ann", caps="extended-monitor away-notify")
        bob, eve = self.enters("bob"), self.enters("eve", caps="away-notify")
        for guest in (ann, eve):
            guest.types("MONITOR + bob")
        self.house.hush()
        bob.types("AWAY :lunch")
        self.assert_bare(ann, ":bob AWAY :lunch")
        self.assert_bare(eve)

    def test_what_is_none_of_its_forms_is_an_error(self) -> None:
        ann = self.enters("ann")
        (told,) = self.asks(ann, "MONITOR X")
        self.assertTrue(told.startswith(":server 461 ann MONITOR :"), told)
