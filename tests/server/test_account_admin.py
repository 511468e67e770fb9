"""What server operators do with accounts of others, on one node."""

from __future__ import annotations

import re

from tests.nodes import FakeDoor
from tests.server.test_admin import OperatingCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.server import account_admin


class AdminCase(OperatingCase):
    """Bob registered, and is here; Root is the nick of a server operator."""

    def setUp(self) -> None:
        super().setUp()
        self.root = self.operator("chief")
        self.bob = self.comes("bob")
        self.bob.asks(c.Register("correct horse"))
        self.forget(self.bob, self.root)

    def login(self, password: str) -> FakeDoor:
        door = self.door()
        door.asks(c.Login(parse_nick("bob"), password))
        self.turn()
        return door

    def is_bob(self, door: FakeDoor) -> bool:
        user = self.node.hub.user_of(door.peer.id)
        return user is not None and user.account == "bob"

    def reset(self) -> str:
        """Reset the password; return the code."""
        self.types(self.root, "reset-password bob")
        told = self.root.take()[-1]
        found = re.search(r"for one login within 24 hours: (\S+)\Z", told)
        assert found is not None, told
        return found[1]


class ResetTests(AdminCase):
    def test_code_lets_the_owner_in_once_and_set_a_password(self) -> None:
        code = self.reset()
        self.assertEqual(self.bob.take()[-1], "farewell A server operator reset your password.")
        self.assertFalse(self.is_bob(self.login("correct horse")))
        back = self.login(code)
        self.assertTrue(self.is_bob(back))
        self.assertIn("notice password-reset", " ".join(back.take()))
        self.assertFalse(self.is_bob(self.login(code)))
        back.asks(c.ChangePassword(code, "battery staple"))
        self.turn()
        self.assertTrue(self.is_bob(self.login("battery staple")))
        self.assertFalse(self.is_bob(self.login(code)))

    def test_session_of_before_does_not_come_back(self) -> None:
        token = self.bob.token
        self.reset()
        door = self.door().asks(c.Login(token=token))
        self.turn()
        self.assertFalse(self.is_bob(door))

    def test_code_is_stored_as_used_and_not_in_the_trail(self) -> None:
        code = self.reset()
        self.assertEqual(
            self.trail()[0], "root chief this machine: reset the password of the account bob"
        )
        self.assertNotIn(code, "\n".join(self.trail()) + self.log())
        self.login(code)
        stored: list[str | None] = []

        async def read() -> None:
            stored.append(await self.store.password("bob"))

        self.run_now(read())
        self.assertRegex(stored[0] or "", rf"\Aused \d+ hash of {code}\Z")

    def test_what_cannot_be_reset_is_refused(self) -> None:
        self.root.asks(c.Register("correct horse"))
        self.forget(self.root)
        self.node.reserve(["kept"])
        for name, code in (
            ("chief", "self"),
            ("nobody", "no-such-account"),
            ("kept", "unsupported"),
        ):
            for command in ("reset-password", "remove-account"):
                self.types(self.root, f"{command} {name}")
                self.assert_took(self.root, f"refused {code}")

    def test_account_that_is_gone_meanwhile_is_told(self) -> None:
        self.passwords.hold = True
        self.types(self.root, "reset-password bob")
        other = self.operator("other")
        self.types(other, "remove-account bob")
        self.passwords.go()
        self.turn()
        self.assertIn("refused no-such-account", self.root.take())

    def test_busy_server_says_so(self) -> None:
        self.passwords.busy = True
        self.types(self.root, "reset-password bob")
        self.assert_took(self.root, "refused try-later")

    def test_who_is_no_operator_any_more_resets_nothing(self) -> None:
        self.passwords.hold = True
        self.types(self.root, "reset-password bob")
        self.node.hub.state.sessions[self.root.peer.id].operator = None
        self.passwords.go()
        self.turn()
        self.assert_took(self.root, "refused not-operator")
        self.assertTrue(self.is_bob(self.bob))


class RemoveTests(AdminCase):
    def test_account_is_gone_with_its_sessions_and_its_name_is_free(self) -> None:
        self.bob.join("dev").asks(c.Say((CleanText("hi"),)))
        self.forget(self.bob)
        self.types(self.root, "remove-account bob")
        self.assertIn("The account bob was removed", self.root.take()[-1])
        self.assertEqual(self.bob.take()[-1], "farewell A server operator removed your account.")
        self.assertEqual(self.trail()[0], "root chief this machine: removed the account bob")
        self.assertFalse(self.is_bob(self.login("correct horse")))
        new = self.comes("bob")
        new.asks(c.Register("battery staple"))
        self.turn()
        self.assertTrue(self.is_bob(new))

    def test_room_that_only_the_account_owned_is_gone_with_it(self) -> None:
        self.bob.join("dev")
        for line in ("register-room", "leave dev"):
            self.types(self.bob, line)
        self.assertIsNotNone(self.node.hub.state.room_named(parse_room("dev")))
        self.types(self.root, "remove-account bob")
        self.assertIsNone(self.node.hub.state.room_named(parse_room("dev")))


class ListTests(AdminCase):
    def listed(self, line: str) -> str:
        self.types(self.root, line)
        return self.root.take()[-1]

    def test_accounts_are_found_by_a_mask(self) -> None:
        for name in ("carl", "carol", "dave"):
            self.comes(name).asks(c.Register("correct horse")).lost()
        self.assertEqual(self.listed("accounts"), "accounts bob, carl, carol, dave (4)")
        self.assertEqual(self.listed("accounts CAR*"), "accounts carl, carol (2)")
        self.assertEqual(self.listed("accounts bo?"), "accounts bob (1)")
        self.assertEqual(self.listed("accounts x*"), "accounts  (0)")
        self.assertEqual(self.listed("accounts " + "*a" * 40), "refused bad-arguments")
        self.assertIn("root chief this machine: looked at the accounts", self.trail())

    def test_many_accounts_are_looked_at_in_slices(self) -> None:
        self.patch(account_admin, "_SLICE", 1)
        turns: list[str] = []

        def fits(mask: str, key: str) -> bool:
            turns.append(key)
            return True

        self.patch(account_admin, "fits", fits)
        self.comes("carl").asks(c.Register("correct horse"))
        self.forget(self.root)
        self.root.asks(c.ShowAccounts("*"))
        self.assertEqual((len(turns), self.root.take()), (1, []))
        self.turn()
        self.assertEqual(self.root.take()[-1], "accounts bob, carl (2)")
