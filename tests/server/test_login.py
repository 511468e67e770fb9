"""Accounts in the node: sessions wait for their password, and learn of it what they may."""

from __future__ import annotations

from datetime import UTC

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.logger import formatEvent

from tests.making import log_of
from tests.nodes import FakeDoor, NodeCase
from twisted_chat.auth.gate import Gate
from twisted_chat.auth.passwords import BusyError, Who
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.replies import NameRefused
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import LOBBY, parse_nick
from twisted_chat.core.values.text import Secret
from twisted_chat.dialects.base import Dialect
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import StoreError

RIGHT, WRONG = Secret("correct horse"), Secret("battery staple")
BOB = parse_nick("bob")


class BrokenStore(MemoryStore):
    """Cannot read passwords when the test says so."""

    broken = False

    async def password(self, key: str) -> str | None:
        if self.broken:
            raise StoreError("Passwords cannot be checked right now; try again later")
        return await super().password(key)


class Case(NodeCase):
    def make_store(self) -> MemoryStore:
        self.broken_store = BrokenStore(self.clock)
        return self.broken_store

    def setUp(self) -> None:
        super().setUp()
        self.line = LineDialect(self.clock.seconds, UTC)
        (self.bob,) = self.enter("bob")
        self.bob.asks(c.Register(RIGHT))
        self.turn()
        self.told = "\n".join(self.bob.take())

    def door(self, dialect: Dialect | None = None) -> FakeDoor:
        return super().door(dialect or self.line)

    def stranger(self, address: str = "192.0.2.7") -> FakeDoor:
        """Somebody from another machine connects."""
        door = self.door()
        door.comes_from(address)
        return door

    def tries(self, door: FakeDoor, password: str = WRONG, name: str = "bob") -> str:
        """Try a password; return all that was told of it."""
        self.turn()
        door.take()
        door.asks(c.Login(parse_nick(name), password))
        self.turn()
        return "\n".join(door.take())

    def nick(self, door: FakeDoor) -> str | None:
        user = self.node.hub.user_of(door.peer.id)
        return user.nick.text if user is not None else None


class RegisteringTests(Case):
    def test_it_is_told_once_it_is_stored_and_the_store_has_the_hash(self) -> None:
        self.assertIn("bob is registered", self.told)
        stored = self.successResultOf(self.later(self.store.password("bob")))
        self.assertEqual(stored, f"hash of {RIGHT}")

    def test_a_registration_storm_from_one_address_is_slowed_down(self) -> None:
        told = []
        for number in range(7):
            door = self.stranger().login(f"eve{number}_")
            self.turn()
            door.take()
            door.asks(c.Register(RIGHT))
            self.turn()
            told.append("\n".join(door.take()))
        self.assertEqual(["is registered" in each for each in told], [True] * 5 + [False] * 2)
        self.assertIn("Nothing was registered. Wait 12 minutes", told[-1])
        other = self.stranger("192.0.2.8").login("ann").asks(c.Register(RIGHT))
        self.turn()
        self.assertIn("ann is registered", "\n".join(other.take()))

    def test_this_machine_may_register_as_many_as_it_likes(self) -> None:
        for door in self.enter(*(f"eve{number}_" for number in range(7))):
            door.asks(c.Register(RIGHT))
            self.turn()
            self.assertIn("is registered", "\n".join(door.take()))

    def test_who_is_gone_before_the_password_is_hashed_registers_nothing(self) -> None:
        (eve,) = self.enter("eve")
        self.passwords.hold = True
        eve.asks(c.Register(RIGHT))
        eve.lost()
        self.passwords.go()
        self.assertNotIn("eve", self.node.hub.state.accounts)

    def test_who_could_not_be_hashed_has_not_registered(self) -> None:
        self.passwords.busy = True
        eve = self.stranger().login("eve")
        for _ in range(6):
            self.turn()
            eve.take()
            eve.asks(c.Register(RIGHT))
        self.turn()
        self.assertIn("try again in a few seconds", "\n".join(eve.take()))
        self.passwords.busy = False
        eve.asks(c.Register(RIGHT))
        self.turn()
        self.assertIn("eve is registered", "\n".join(eve.take()))

    def test_too_many_who_hash_are_told_to_try_later(self) -> None:
        (eve,) = self.enter("eve")
        self.passwords.busy = True
        eve.asks(c.Register(RIGHT))
        self.turn()
        self.assertIn("try again in a few seconds", "\n".join(eve.take()))


class LoggingInTests(Case):
    def test_the_right_password_joins_the_sessions_that_are_here(self) -> None:
        self.bob.join("dev")
        second = self.stranger()
        told = self.tries(second, RIGHT)
        self.assertIn("bob", told)
        self.assertEqual(second.logins, [True])
        self.forget(self.bob, second)
        (eve,) = self.enter("eve")
        eve.say("hi")
        self.turn()
        self.assertEqual((len(self.bob.take()), len(second.take())), (2, 2))

    def test_a_line_that_comes_meanwhile_waits(self) -> None:
        self.passwords.hold = True
        door = self.door().asks(c.Login(BOB, RIGHT), c.Ping())
        self.assertEqual(len(door.commands), 1)
        self.passwords.go()
        self.assertEqual((len(door.commands), self.nick(door)), (0, "bob"))

    def test_unknown_names_are_told_as_such_and_cost_as_much_as_wrong_passwords(self) -> None:
        self.passwords.checked.clear()
        known, unknown = (self.tries(self.stranger(), name=name) for name in ("bob", "eve"))
        self.assertIn("! Wrong password for bob.", known)
        self.assertIn("! eve is not registered.", unknown)
        self.assertEqual(self.passwords.checked, [(f"hash of {RIGHT}", WRONG), (None, WRONG)])

    def test_who_wants_to_be_a_guest_otherwise_is_one_and_is_told_so(self) -> None:
        door = self.stranger().asks(c.Login(BOB, WRONG, or_guest=True))
        self.turn()
        told = "\n".join(door.take())
        self.assertIn("You are guest1. Type /login bob PASSWORD to try again.", told)
        self.assertEqual(self.nick(door), "guest1")
        door.asks(c.Login(None, RIGHT))
        self.assertEqual(self.nick(door), "bob")

    def test_wrong_passwords_at_speed_are_tried_three_times_a_minute(self) -> None:
        self.passwords.checked.clear()
        for _ in range(10):
            told = self.tries(self.stranger())
        self.assertEqual(len(self.passwords.checked), 3)
        self.assertIn("Too many tries; wait 20 seconds", told)
        # From any other address of the same network too.
        self.assertIn("Too many tries", self.tries(self.stranger("192.0.2.8"), RIGHT))
        self.clock.advance(20)
        self.assertIn("bob", self.tries(self.stranger("192.0.2.8"), RIGHT))

    def test_tries_of_others_do_not_keep_out_who_was_here_before_from_the_same_place(self) -> None:
        self.tries(self.stranger("192.0.2.9"), RIGHT)
        for _ in range(4):
            told = self.tries(self.stranger())
        self.assertIn("Too many tries", told)
        self.assertIn("-- Welcome back, bob.", self.tries(self.stranger("192.0.2.9"), RIGHT))
        # Nor from where the account was made.
        self.assertIn("-- Welcome back, bob.", self.tries(self.door(), RIGHT))

    def test_who_guesses_from_a_familiar_place_is_slowed_down_too(self) -> None:
        self.passwords.checked.clear()
        for _ in range(10):
            told = self.tries(self.door())
        self.assertEqual(len(self.passwords.checked), 3)
        self.assertIn("Too many tries", told)

    def test_who_is_here_with_the_account_can_change_it_whatever_others_try(self) -> None:
        for _ in range(4):
            self.tries(self.stranger())
        self.bob.take()
        self.bob.asks(c.ChangePassword(RIGHT, WRONG))
        self.turn()
        self.assertIn("Your password was changed.", "\n".join(self.bob.take()))
        self.passwords.checked.clear()
        for _ in range(10):
            self.bob.asks(c.DropAccount(RIGHT))
            self.turn()
        self.assertEqual(len(self.passwords.checked), 3)

    def test_a_place_is_not_familiar_to_the_next_who_has_the_name(self) -> None:
        self.tries(self.stranger("192.0.2.9"), RIGHT)
        self.bob.asks(c.DropAccount(RIGHT))
        self.turn()
        self.bob.asks(c.Register(Secret("another horse")))
        self.turn()
        for _ in range(4):
            self.tries(self.stranger())
        self.assertIn("Too many tries", self.tries(self.stranger("192.0.2.9"), RIGHT))

    def test_one_address_does_not_try_many_names_at_speed(self) -> None:
        self.passwords.checked.clear()
        for number in range(40):
            told = self.tries(self.stranger(f"192.0.2.{number}"), name=f"eve{number}_")
        self.assertEqual(len(self.passwords.checked), 30)
        self.assertIn("Too many tries", told)
        self.assertNotIn("Too many tries", self.tries(self.stranger("198.51.100.8"), name="ann"))

    def test_one_site_does_not_try_an_account_at_speed_from_all_its_networks(self) -> None:
        self.passwords.checked.clear()
        for number in range(10):
            told = self.tries(self.stranger(f"2001:db8:0:{number:x}::7"))
        self.assertEqual(len(self.passwords.checked), 3)
        self.assertIn("Too many tries", told)

    def test_guesses_from_one_network_do_not_keep_the_owner_out_from_a_new_place(self) -> None:
        for number in range(20):
            told = self.tries(self.stranger(f"192.0.2.{number}"))
        self.assertIn("Too many tries", told)
        self.assertIn("-- Welcome back, bob.", self.tries(self.stranger("198.51.100.7"), RIGHT))

    def test_networks_together_get_ten_times_as_many_for_an_account(self) -> None:
        self.tries(self.stranger("203.0.113.7"), RIGHT)
        self.passwords.checked.clear()
        for number in range(60):
            told = self.tries(self.stranger(f"10.0.{number}.7"))
        self.assertEqual(len(self.passwords.checked), 30)
        self.assertIn("Too many tries", told)
        self.assertIn("Too many tries", self.tries(self.stranger("198.51.100.7"), RIGHT))
        self.assertIn("-- Welcome back, bob.", self.tries(self.stranger("203.0.113.7"), RIGHT))

    def test_who_checks_is_told_from_which_networks_and_whether_they_are_known(self) -> None:
        self.passwords.asked.clear()
        for _ in range(2):
            self.tries(self.stranger("192.0.2.7"), RIGHT)
        near = ("192.0.2.7", "192.0.2.0/24")
        self.assertEqual(self.passwords.asked, [Who(near), Who(near, known=True)])
        self.passwords.asked.clear()
        self.tries(self.stranger("2001:db8::7"))
        self.tries(self.door())
        six = ("2001:db8::/64", "2001:db8::/56", "2001:db8::/48")
        self.assertEqual(self.passwords.asked, [Who(six), Who((), known=True)])

    def test_this_machine_tries_as_many_names_as_it_likes(self) -> None:
        for number in range(10):
            self.assertNotIn("Too many tries", self.tries(self.door(), name=f"eve{number}_"))

    def test_tries_that_wait_for_their_turn_count_too(self) -> None:
        self.passwords.hold = True
        doors = [self.stranger(f"192.0.2.{number}") for number in range(10)]
        for door in doors:
            door.asks(c.Login(BOB, WRONG))
        self.assertEqual(len(self.passwords._held), 3)
        self.passwords.go(3)

    def test_right_passwords_do_not_count(self) -> None:
        for _ in range(10):
            self.assertNotIn("Too many tries", self.tries(self.stranger(), RIGHT))

    def test_who_cannot_be_checked_without_the_store_may_be_a_guest(self) -> None:
        self.broken_store.broken = True
        self.assertIn("Passwords cannot be checked right now", self.tries(self.stranger(), RIGHT))
        door = self.stranger().asks(c.Login(BOB, RIGHT, or_guest=True))
        self.assertEqual(self.nick(door), "guest1")
        self.broken_store.broken = False
        door.asks(c.Login(BOB, RIGHT))
        self.turn()
        self.assertEqual(self.nick(door), "bob", door.take())

    def test_a_store_that_hangs_keeps_nobody_waiting_for_ever(self) -> None:
        self.passwords.hold = True
        door = self.stranger().asks(c.Login(BOB, RIGHT, or_guest=True))
        self.clock.advance(30)
        self.turn()
        self.assertIn("Passwords cannot be checked right now", "\n".join(door.take()))
        self.assertEqual(self.nick(door), "guest1")

    def test_a_fault_is_shown_by_its_number_and_the_session_goes_on(self) -> None:
        self.patch(self.passwords, "verify", self.breaks)
        door = self.stranger()
        told = self.tries(door, RIGHT)
        self.fault_logged(ZeroDivisionError)
        self.assertNotIn(RIGHT, told)
        self.assertTrue(door.peer.ready)

    def test_password_that_is_checked_after_the_server_stopped_logs_nobody_in(self) -> None:
        self.passwords.hold = True
        door = self.stranger().asks(c.Login(BOB, RIGHT, or_guest=True))
        self.node.stop("the server is stopping")
        self.passwords.go()
        self.turn()
        self.assertEqual((self.nick(door), door.logins), (None, []))

    def test_who_is_gone_before_the_answer_is_nobody(self) -> None:
        self.passwords.hold = True
        for password in (RIGHT, WRONG):
            door = self.stranger().asks(c.Login(BOB, password, or_guest=True))
            door.lost()
            self.passwords.go()
        self.assertEqual(len(self.node.hub.state.users), 1)

    def test_a_guest_who_logs_in_leaves_nobody_behind(self) -> None:
        (eve,) = self.enter("eve")
        guest = self.stranger().login("rob").join("dev")
        self.forget(eve, guest, self.bob)
        guest.asks(c.Login(BOB, RIGHT))
        self.turn()
        self.assertIn("rob", "\n".join(eve.take()))
        self.assertEqual(sorted(self.node.hub.state.users_by_key), ["bob", "eve"])
        self.forget(eve, guest)
        eve.say("hi")
        self.turn()
        self.assertEqual(len(guest.take()), 1)
        guest.lost()
        self.assertEqual(sorted(self.node.hub.state.users_by_key), ["bob", "eve"])

    def test_a_guest_who_logs_in_to_an_account_in_no_room_enters_the_lobby(self) -> None:
        self.bob.asks(c.Leave(LOBBY))
        guest = self.stranger().login("rob")
        self.turn()
        guest.take()
        guest.asks(c.Login(BOB, RIGHT))
        self.turn()
        told = "\n".join(guest.take())
        self.assertIn("You are in #lobby", told)
        self.assertNotIn("no room", told)
        guest.say("hi")
        self.assertEqual(self.nick(guest), "bob")
        self.forget(self.bob)
        (eve,) = self.enter("eve")
        eve.say("hello")
        self.turn()
        self.assertIn("<eve> hello", "\n".join(guest.take()))

    def test_login_and_wrong_password_are_each_a_line_of_the_log_without_the_password(self) -> None:
        observer = log_of(self)
        self.tries(self.stranger())
        self.tries(self.stranger(), name="hunter2")
        guest = self.stranger("192.0.2.8").login("rob")
        self.tries(guest, RIGHT)
        lines = [formatEvent(event) for event in observer]
        self.assertIn("wrong password for bob from 192.0.2.7", lines)
        self.assertIn("wrong password for a name that is not registered from 192.0.2.7", lines)
        self.assertIn(f"rob logged in as bob (session {guest.peer.id})", lines)
        everything = "\n".join(lines) + "".join(repr(event) for event in observer)
        for secret in (RIGHT, WRONG, "hunter2"):
            self.assertNotIn(secret, everything)


class RenewingTests(Case):
    """What is stored of passwords was made with parameters that are too weak today."""

    def setUp(self) -> None:
        super().setUp()
        self.passwords.old.add(f"hash of {RIGHT}")
        self.hashed: list[str] = []

        async def hashes(password: str, who: Who) -> str:
            self.hashed.append(password)
            if self.passwords.busy:
                raise BusyError("too many")
            return f"new hash of {password}"

        self.patch(self.passwords, "hash", hashes)

    def stored(self) -> str | None:
        return self.successResultOf(self.later(self.store.password("bob")))

    def test_a_login_makes_it_anew_and_changes_nothing_else(self) -> None:
        door = self.stranger()
        told = self.tries(door, RIGHT)
        self.assertIn("-- Welcome back, bob.", told)
        self.assertNotIn("password", told)
        self.assertEqual((self.stored(), self.hashed), (f"new hash of {RIGHT}", [RIGHT]))
        self.assertTrue(door.peer.ready)
        token = door.token
        for each in (door, self.bob):
            self.assertEqual(each.peer.waits, 0)
            each.lost()
        self.assertEqual(self.nick(self.door().login("bob", token)), "bob")

    def test_a_wrong_password_or_no_room_renews_nothing(self) -> None:
        self.tries(self.stranger())
        self.assertEqual((self.stored(), self.hashed), (f"hash of {RIGHT}", []))
        door = self.stranger()
        self.patch(self.node.hub, "proven", lambda *about: d.SendReply(NameRefused("banned", "no")))
        self.tries(door, RIGHT)
        self.assertEqual(self.stored(), f"hash of {RIGHT}")

    def test_who_finds_it_busy_is_in_all_the_same(self) -> None:
        door = self.stranger()
        verify = self.passwords.verify

        async def then_busy(stored: str | None, password: str, who: Who) -> bool:
            matches = await verify(stored, password, who)
            self.passwords.busy = True
            return matches

        self.patch(self.passwords, "verify", then_busy)
        self.assertIn("-- Welcome back, bob.", self.tries(door, RIGHT))
        self.assertEqual((self.stored(), self.hashed), (f"hash of {RIGHT}", [RIGHT]))

    def test_another_password_is_hashed_once(self) -> None:
        self.bob.asks(c.ChangePassword(RIGHT, WRONG))
        self.turn()
        self.assertEqual((self.stored(), self.hashed), (f"new hash of {WRONG}", [WRONG]))


class ChangingTests(Case):
    def test_the_old_password_is_wrong_afterwards(self) -> None:
        second = self.stranger()
        self.tries(second, RIGHT)
        self.forget(self.bob, second)
        self.bob.asks(c.ChangePassword(RIGHT, WRONG))
        self.turn()
        self.assertIn("Your password was changed.", "\n".join(self.bob.take()))
        self.assertIn("changed in another session", "\n".join(second.take()))
        self.assertIn("Wrong password", self.tries(self.stranger(), RIGHT))
        self.assertNotIn("Wrong password", self.tries(self.stranger(), WRONG))

    def test_the_wrong_old_password_changes_nothing(self) -> None:
        self.bob.asks(c.ChangePassword(WRONG, WRONG))
        self.turn()
        self.assertIn("Wrong password for bob. Nothing was changed.", "\n".join(self.bob.take()))
        self.assertNotIn("Wrong password", self.tries(self.stranger(), RIGHT))

    def test_an_account_that_is_deleted_while_it_is_here_twice_is_a_guest_twice(self) -> None:
        second = self.stranger()
        self.tries(second, RIGHT)
        self.forget(self.bob, second)
        second.asks(c.DropAccount(RIGHT))
        self.turn()
        for door in (self.bob, second):
            self.assertIn("The account bob was deleted", "\n".join(door.take()))
        self.assertIsNone(self.successResultOf(self.later(self.store.password("bob"))))
        self.bob.lost()
        second.say("still here")
        self.assertEqual(self.nick(second), "bob")
        second.lost()
        self.assertEqual(self.nick(self.door().login("bob")), "bob")


class SettingsTests(Case):
    def test_what_an_ignored_person_says_is_hidden_in_all_sessions(self) -> None:
        second = self.stranger()
        self.tries(second, RIGHT)
        (eve,) = self.enter("eve")
        eve.say("before")
        self.bob.asks(c.Ignore(parse_nick("eve")))
        eve.say("after")
        self.turn()
        for door in (self.bob, second):
            told = "\n".join(door.take())
            self.assertIn("before", told)
            self.assertIn("You no longer see messages from eve", told)
            self.assertNotIn("after", told)
        second.asks(c.Unignore(parse_nick("eve")))
        eve.say("again")
        self.turn()
        self.assertIn("again", "\n".join(self.bob.take()))

    def test_who_may_write_is_confirmed(self) -> None:
        self.bob.asks(c.SetPrivacy("accounts"))
        self.turn()
        self.assertIn(
            "Only people with an account can send you private messages", "\n".join(self.bob.take())
        )

    def test_an_invitation_is_told_to_who_made_it_and_lets_one_in(self) -> None:
        self.node.hub.state.sessions[self.bob.peer.id].local = True
        self.bob.asks(c.MakeInviteCode())
        self.turn()
        told = "\n".join(self.bob.take())
        (digest,) = self.node.hub.state.invites
        self.assertNotIn(digest, told)
        code = told.split("/register PASSWORD ")[1].strip(". \r\n")
        self.node.hub.let_register("invite")
        for name, text in (
            ("eve", "eve is registered"),
            ("ann", "You need an unused invitation code"),
        ):
            (door,) = self.enter(name)
            door.asks(c.Register(RIGHT, code))
            self.turn()
            self.assertIn(text, "\n".join(door.take()))


class ComingBackTests(Case):
    def test_a_session_that_comes_back_by_its_secret_is_the_account(self) -> None:
        token = self.bob.token
        self.bob.lost()
        again = self.door().login("bob", token)
        self.assertEqual(self.nick(again), "bob")
        user = self.node.hub.user_of(again.peer.id)
        assert user is not None
        self.assertEqual((user.account, len(user.sessions)), ("bob", 1))

    def test_the_secret_of_every_session_is_known_for_a_day_from_when_it_was_here(self) -> None:
        self.tries(self.stranger(), RIGHT)
        second = self.stranger()
        self.tries(second, RIGHT)
        seen: list[Scope] = []
        self.patch(self.store, "seen", lambda scopes, time: seen.extend(scopes))
        self.node.housekeep()
        self.assertEqual(len(set(seen)), 3)
        seen.clear()
        user = self.node.hub.user_of(second.peer.id)
        assert user is not None
        scope = user.sessions[self.node.hub.node, second.peer.id].scope
        second.lost()
        self.assertEqual(seen, [scope])

    def test_a_name_that_others_vouch_for_is_nobodys(self) -> None:
        self.node.reserve(["Carol", "bob", "no name"])
        door = self.door().login("carol")
        self.assertIsNone(self.nick(door))
        self.assertIn("carol", self.node.hub.state.accounts)

    def test_nobody_deletes_an_account_that_is_kept_elsewhere(self) -> None:
        """Its name would be free until the next start."""
        checker = InMemoryUsernamePasswordDatabaseDontUse(carol=RIGHT.encode())
        self.node._login._gate = Gate(self.passwords, self.store.password, [checker])
        self.node.reserve(["carol"])
        carol = self.door()
        self.tries(carol, RIGHT, "carol")
        carol.take()
        carol.asks(c.DropAccount(RIGHT))
        self.turn()
        self.assertIn("Your account is managed in a file", "\n".join(carol.take()))
        carol.asks(c.ChangePassword(RIGHT, WRONG))
        self.turn()
        self.assertIn("Your password is not stored on this server", "\n".join(carol.take()))
        self.assertIn("carol", self.node.hub.state.accounts)

    def test_who_came_as_a_guest_under_the_name_that_others_vouch_for_can_log_in(self) -> None:
        checker = InMemoryUsernamePasswordDatabaseDontUse(carol=RIGHT.encode())
        self.node._login._gate = Gate(self.passwords, self.store.password, [checker])
        carol = self.door().login("carol")
        self.assertIn("-- You are logged in as carol.", self.tries(carol, RIGHT, "carol"))
        user = self.node.hub.user_of(carol.peer.id)
        assert user is not None
        self.assertEqual(user.account, "carol")
        # Nobody takes the name from a guest so who only says that it is theirs.
        dora = self.door().login("dora")
        self.assertIn("Wrong password", self.tries(dora, WRONG, "carol"))
        # Nor is anybody told which names others know.
        for name in ("carola", "zoe"):
            told = self.tries(self.stranger(), WRONG, name)
            self.assertIn(f"Wrong password for {name}, or {name} is not registered.", told)

    def test_a_door_that_can_ask_for_the_password_does(self) -> None:
        door = self.door()
        door.hides_passwords = True
        door.login("bob")
        self.assertEqual(door.asked, [(BOB, False)])
        self.assertNotIn("is registered", "\n".join(door.take()))


class LimitTests(Case):
    limits = Limits(login_tries=1)

    def test_how_often_may_be_tried_is_a_setting(self) -> None:
        self.tries(self.stranger())
        self.assertIn("wait 60 seconds", self.tries(self.stranger()))
        self.node.limit(Limits(login_tries=60, registrations=1))
        self.assertIn("wait 1 seconds", self.tries(self.stranger()))
