"""Whose session it is that private messages are for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.link import recipients
from twisted_chat.client.link.recipients import Recipients


def said(sender: str, scope: str | None, account: str | None = None) -> ev.Message:
    return ev.RoomMessage(sender=sender, scope=scope, account=account)


class RecipientsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.people = Recipients()

    def learn(self, *events: ev.Event) -> None:
        for event in events:
            self.people.learn(event)

    def test_who_speaks_is_known_in_any_spelling(self) -> None:
        self.learn(said("Joe", "j"), said("eve", None), ev.Ping())
        self.assertEqual([self.people.scope(name) for name in ("jOE", "eve", " ")], ["j", "", ""])

    def test_who_is_listed_or_renamed_is_known_but_not_who_spoke_earlier(self) -> None:
        self.learn(ev.RoomMessage(sender="joe", scope="old", replay=True))
        self.assertEqual(self.people.scope("joe"), "")
        self.learn(ev.Who(users=(ev.Person(nick="joe", scope="j"),), count=1))
        self.assertEqual(self.people.scope("joe"), "j")

    def test_an_account_under_its_own_name_needs_no_session(self) -> None:
        self.learn(said("joe", "j", "joe"), said("eve2", "e", "eve"))
        self.assertEqual((self.people.scope("joe"), self.people.scope("eve2")), ("", "e"))

    def test_who_is_renamed_stays_the_same(self) -> None:
        self.learn(said("joe", "j"), ev.Renamed(sender="joe", content="jim"))
        self.learn(ev.Renamed(sender="eve", content="eva"))
        self.assertEqual((self.people.scope("joe"), self.people.scope("jim")), ("", "j"))

    def test_not_everybody_is_remembered_for_ever(self) -> None:
        self.patch(recipients, "MAX_KNOWN", 2)
        self.learn(said("a", "1"), said("b", "2"), said("c", "3"))
        self.assertEqual([self.people.scope(name) for name in "abc"], ["", "2", "3"])
