from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick
from twisted_chat.core.api.events import Author
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import Scope, UserId


class UserTests(SynchronousTestCase):
    def user(self, account: str | None) -> User:
        author = Author(UserId(1), nick("ann"), Scope("5c09e"), account)
        return User(author.user, author, NOW, NOW, {})

    def test_invitation_is_of_the_account_or_of_the_session_of_a_guest(self) -> None:
        self.assertEqual(self.user("bob").invitation, "account bob")
        self.assertEqual(self.user(None).invitation, "session 5c09e")
        self.assertNotEqual(self.user("5c09e").invitation, self.user(None).invitation)
