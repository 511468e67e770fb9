"""Server operators on one node: who becomes one, whom they cut off, and the trail that they leave."""

from __future__ import annotations

import re

from twisted.logger import formatEvent

from tests.auth.test_operators import FAST
from tests.making import log_of
from tests.nodes import FakeDoor, HeldBus, NodeCase, TellingStore
from twisted_chat.auth import passwords
from twisted_chat.auth.operators import Operators
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.records import AuditRecord, Remembered
from twisted_chat.core.bus import Bus
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText
from twisted_chat.server import admin
from twisted_chat.store.port import Health

HOME, AWAY = "192.0.2.7", "198.51.100.9"
HASHES = {name: FAST.hash(f"the password of {name}") for name in ("root", "toor")}
RIGHT = c.Oper("root", "the password of root")


class OperatingCase(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        self.node.admin.load(Operators(HASHES))
        self.observer = log_of(self)

    def log(self) -> str:
        return "\n".join(formatEvent(event) for event in self.observer)

    def comes(self, nick: str, address: str | None = HOME) -> FakeDoor:
        """Let somebody into the lobby who comes from an address."""
        door = FakeDoor(self.node, self.sessions, self.plain, address)
        door.login(nick)
        self.forget(door)
        return door

    def operator(self, nick: str = "ann", address: str | None = None) -> FakeDoor:
        door = self.comes(nick, address)
        door.asks(RIGHT)
        self.runner.go()
        self.forget(door)
        assert self.is_operator(door)
        return door

    def is_operator(self, door: FakeDoor) -> bool:
        return self.node.hub.state.sessions[door.peer.id].operator is not None

    def types(self, door: FakeDoor, line: str) -> None:
        name, _, rest = line.partition(" ")
        door.asks(COMMANDS[name].parse(rest))
        self.turn()

    def told(self, door: FakeDoor, command: c.Command) -> str:
        """Return the one line that a session is told, once passwords are checked."""
        door.asks(command)
        self.runner.go()
        self.turn()
        (line,) = door.take()
        return line

    def trail(self) -> list[str]:
        found: list[tuple[AuditRecord, ...]] = []

        async def read() -> None:
            found.append((await self.store.audit(1, 100))[0])

        self.run_now(read())
        return [f"{each.operator} {each.nick} {each.address}: {each.what}" for each in found[0]]


class OperTests(OperatingCase):
    def test_right_password_makes_a_session_one_of_an_operator(self) -> None:
        ann = self.comes("ann")
        self.assertIn("done: You are now the server operator root", self.told(ann, RIGHT))
        self.assertTrue(self.is_operator(ann))
        self.assertEqual(self.trail(), [f"root ann {HOME}: became an operator"])
        self.types(ann, "deoper")
        self.assertFalse(self.is_operator(ann))
        self.assertEqual(self.trail()[0], f"root ann {HOME}: is no longer an operator")

    def test_wrong_name_and_wrong_password_are_told_alike(self) -> None:
        for wrong in (
            c.Oper("root", "the password of toor"),
            c.Oper("toor", ""),
            c.Oper("nobody", "the password of root"),
            c.Oper("Root", "the password of root"),
            c.Oper("", ""),
        ):
            door = self.comes(f"ann{wrong.name}", None)
            self.assertEqual(self.told(door, wrong), "refused wrong-password")
            self.assertFalse(self.is_operator(door))
            door.lost()
            self.turn()

    def test_unknown_name_costs_what_a_wrong_password_does(self) -> None:
        tried: list[str] = []

        def matches(stored: str, password: str) -> bool:
            tried.append(stored)
            return True  # even of what it is checked against

        self.patch(passwords, "_matches", matches)
        ann = self.comes("ann", None)
        self.assertEqual(self.told(ann, c.Oper("nobody", "x")), "refused wrong-password")
        self.assertEqual(tried, [HASHES["root"]])

    def test_passwords_are_in_no_log_and_names_are_cut_there(self) -> None:
        ann = self.comes("ann", None)
        self.told(ann, c.Oper("root", "a wrong password"))
        self.told(ann, RIGHT)
        everything = self.log() + "\n".join(self.trail())
        self.assertIn("failed to become the operator root", everything)
        self.assertNotIn("password", everything)
        self.told(ann, c.Oper("x" * 4000, "y"))
        self.assertIn("failed to become the operator xxx", self.log())
        self.assertNotIn("x" * 41, self.log())

    def test_wrong_passwords_at_speed_are_not_even_checked(self) -> None:
        doors = [self.comes(f"ann{n}") for n in range(4)]
        wrong = c.Oper("root", "x")
        for n in range(20):
            doors[n % 4].asks(wrong)
        self.assertEqual(self.runner.go(), 3)
        self.turn()
        self.assertEqual(doors[3].take()[-1], "refused too-many-tries")
        self.forget(*doors)
        self.assertEqual(self.told(doors[0], RIGHT), "refused too-many-tries")
        self.assertEqual(self.told(self.comes("bob", AWAY), RIGHT)[:5], "done:")
        self.clock.advance(60)
        self.forget(*doors)
        self.assertEqual(self.told(doors[0], RIGHT)[:5], "done:")

    def test_household_of_ipv6_is_one_address(self) -> None:
        for n in range(5):
            self.comes(f"ann{n}", f"2001:db8:1:2::{n}").asks(c.Oper("root", "x"))
        self.assertEqual(self.runner.go(), 3)

    def test_on_this_machine_each_session_counts_alone(self) -> None:
        for nick in ("ann", "bob"):
            door = self.comes(nick, None)
            answers = [self.told(door, c.Oper("root", "x")) for _ in range(4)]
            self.assertEqual(answers, ["refused wrong-password"] * 3 + ["refused too-many-tries"])

    def test_password_is_not_taken_where_others_could_read_along(self) -> None:
        ann = self.comes("ann")
        ann.seat.private = False
        self.assertEqual(self.told(ann, RIGHT), "refused in-clear")
        self.assertEqual(len(self.runner.held), 0)
        self.node.admin.in_clear = True
        self.assertEqual(self.told(ann, RIGHT)[:5], "done:")

    def test_server_without_operators_says_so(self) -> None:
        self.node.admin.load(Operators())
        self.assertEqual(self.told(self.comes("ann"), RIGHT), "refused no-operators")

    def test_who_is_gone_while_the_password_is_checked_is_no_operator(self) -> None:
        root, ann = self.operator("bob"), self.comes("ann")
        ann.asks(RIGHT)
        self.types(root, "kill ann")
        self.assertEqual(ann.ended, 1)
        self.runner.go()
        self.turn()
        self.assertFalse(any(" ann " in line and "became" in line for line in self.trail()))
        self.assertEqual(len(self.sessions), 1)

    def test_crowd_of_passwords_is_told_to_come_back(self) -> None:
        self.patch(passwords, "MAX_WAITING", 0)
        self.assertEqual(self.told(self.comes("ann"), RIGHT), "refused busy")


class ReloadTests(OperatingCase):
    def test_who_is_no_longer_in_the_list_is_no_operator(self) -> None:
        ann = self.operator()
        self.node.admin.load(Operators(HASHES))
        self.assertTrue(self.is_operator(ann))
        self.node.admin.load(Operators(HASHES | {"root": FAST.hash("another")}))
        self.assert_took(ann, "notice deoper")
        self.assertFalse(self.is_operator(ann))

    def test_list_that_changes_while_a_password_is_checked_counts(self) -> None:
        ann = self.comes("ann")
        ann.asks(RIGHT)
        self.node.admin.load(Operators({"toor": HASHES["toor"]}))
        self.runner.go()
        self.assert_took(ann, "refused wrong-password")
        self.assertFalse(self.is_operator(ann))


class KillTests(OperatingCase):
    def test_all_sessions_of_a_user_are_ended_and_others_see_it(self) -> None:
        root, bob, eve = self.operator(), self.comes("bob"), self.comes("eve")
        again = self.attach(eve)
        self.forget(root, bob, eve)
        self.types(root, "kill eve for spam")
        for door in (eve, again):
            self.assert_took(door, "farewell A server operator disconnected you: for spam.")
            self.assertEqual(door.ended, 1)
        self.assert_took(bob, "departed eve (disconnected by an operator)")
        self.assertIn("done: You disconnected eve.", root.take())
        self.assertEqual(self.trail()[0], "root ann this machine: disconnected eve: for spam")
        self.assertIn("operator root (ann, this machine) disconnected eve: for spam", self.log())

    def test_two_operators_who_kill_each_other_are_both_gone(self) -> None:
        ann, bob = self.operator("ann"), self.operator("bob")
        self.types(ann, "kill bob")
        self.types(bob, "kill ann") if bob.peer.ready else None
        self.assertEqual((bob.ended, ann.ended), (1, 0))


class BanTests(OperatingCase):
    def test_ban_cuts_those_who_are_in_and_those_at_the_door(self) -> None:
        root = self.operator()
        inside, outside = self.comes("eve"), self.comes("bob", AWAY)
        waiting = FakeDoor(self.node, self.sessions, self.plain, "192.0.2.99")
        self.forget(root, inside, outside, waiting)
        self.types(root, "server-ban 192.0.2.0/24 2h spam")
        for door in (inside, waiting):
            self.assert_took(
                door, "farewell You are banned from this server for 2 hours more: spam."
            )
            self.assertEqual(door.ended, 1)
        self.assert_took(outside, "departed eve (banned)")
        self.assertIn("is banned for 2 hours", root.take()[-1])
        self.assertIn("2 hours", self.node.banned("192.0.2.1"))
        self.assertEqual(self.node.banned(AWAY), "")
        self.types(root, "server-unban 192.0.2.0/24")
        self.assertEqual(self.node.banned("192.0.2.1"), "")
        self.assertEqual(
            self.trail()[:2],
            [
                "root ann this machine: lifted the ban on network 192.0.2.0/24",
                "root ann this machine: banned network 192.0.2.0/24 for 2 hours: spam",
            ],
        )

    def test_account_that_is_suspended_is_cut_wherever_it_is(self) -> None:
        root, eve, bob = self.operator(), self.comes("eve", AWAY), self.comes("bob", AWAY)
        again = self.attach(eve)
        user = self.node.hub.user_of(eve.peer.id)
        assert user is not None
        self.node.hub.state.set_account(user, "eve")
        self.types(root, "suspend eve")
        self.assertEqual((eve.ended, again.ended, bob.ended), (1, 1, 0))

    def test_ban_that_matches_nobody_here_is_set_and_says_so(self) -> None:
        root = self.operator()
        self.comes("eve")
        self.forget(root)
        for line, target in (
            ("suspend mallory", "account mallory"),
            ("server-ban dave", "account dave"),
            (f"server-ban {AWAY}", f"network {AWAY}"),
        ):
            self.types(root, line)
            told = root.take()[-1]
            self.assertIn(
                f"The {target} is banned for good. To undo that, type /server-unban", told
            )
            self.assertTrue(told.endswith(" Nobody here matches it at the moment."), told)
        self.types(root, "server-ban 192.0.2.0/24")
        self.assertTrue(root.take()[-1].endswith("type /server-unban 192.0.2.0/24."))

    def test_who_insists_is_cut_too_and_told_first(self) -> None:
        root = self.operator(address=HOME)
        self.types(root, f"server-ban {HOME}")
        self.assert_took(root, "refused insist")
        self.types(root, f"server-ban !{HOME}")
        pending, goodbye = root.take()
        self.assertEqual((pending[:14], goodbye[:8], root.ended), ("notice pending", "farewell", 1))

    def test_ban_of_everybody_spares_who_is_on_this_machine(self) -> None:
        root, eve, bob = self.operator(), self.comes("eve"), self.comes("bob", "127.0.0.1")
        self.types(root, "server-ban !0.0.0.0/0")
        self.assertEqual((root.ended, eve.ended, bob.ended), (0, 1, 0))

    def test_bans_and_panic_of_an_earlier_run_count(self) -> None:
        ban = Ban("network", HOME, "root", self.clock.seconds())
        self.node.restored(Remembered(bans=(ban,), panic=2, secret=b"x" * 32))
        self.assertIn("for good", self.node.banned(HOME))
        door = FakeDoor(self.node, self.sessions, self.plain, AWAY).login("bob")
        self.turn()
        self.assertIn("name refused closed", door.take()[-1])

    def test_page_of_bans_is_told_and_noted(self) -> None:
        root = self.operator()
        self.assertEqual(self.told(root, c.ShowServerBans()), "serverbanlist")
        self.assertIn("looked at the server bans", self.trail()[0])


class StoredTests(OperatingCase):
    """What outlives the server is confirmed when it is stored, and not before."""

    store: TellingStore
    broken: str | None = None

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def setUp(self) -> None:
        super().setUp()
        self.root = self.operator()
        self.patch(self.store, "health", lambda: Health("memory", error=self.broken))

    def test_ban_its_lifting_and_panic_are_confirmed_when_they_are_stored(self) -> None:
        for line, done in (
            (f"server-ban {AWAY}", "is banned for good"),
            (f"server-unban {AWAY}", "is no longer banned"),
            ("panic 2", "Nobody new can join"),
        ):
            self.types(self.root, line)
            self.assert_took(self.root)
            self.assertEqual(self.node.banned(AWAY) != "", "server-ban" in line)
            self.store.stored(MessageId(self.node.hub.latest - 1))
            self.assert_took(self.root)
            self.store.stored(self.node.hub.latest)
            self.turn()
            (line,) = self.root.take()
            self.assertIn(done, line)
            self.node.tick()
            self.assert_took(self.root)

    def test_what_is_not_stored_soon_is_said_to_be_pending_once(self) -> None:
        self.types(self.root, f"server-ban {AWAY}")
        self.node.tick()
        self.assert_took(self.root)
        self.clock.advance(5)
        for _ in range(2):
            self.node.tick()
        self.assert_took(self.root, "notice pending")
        self.store.stored(self.node.hub.latest)
        self.turn()
        (line,) = self.root.take()
        self.assertIn("is banned for good", line)

    def test_it_is_said_at_once_while_nothing_can_be_stored(self) -> None:
        self.broken = "the disk is full"
        self.types(self.root, "panic 1")
        self.assert_took(self.root, "notice pending")

    def test_who_is_gone_by_then_is_told_nothing(self) -> None:
        self.types(self.root, "panic 1")
        self.root.lost()
        self.clock.advance(5)
        self.node.tick()
        self.assertEqual(self.root.take(), [])


class PanicTests(OperatingCase):
    def test_guests_are_kept_out_from_then_on_and_told_why(self) -> None:
        root, bob = self.operator(), self.comes("bob", AWAY)
        self.forget(root)
        self.types(root, "panic 1")
        self.assertIn(
            "done: New guests cannot join and nobody can register until /panic 0", root.take()[-1]
        )
        late = FakeDoor(self.node, self.sessions, self.plain, AWAY).login("late")
        self.turn()
        self.assertIn("name refused closed", late.take()[-1])
        self.assertEqual(bob.ended, 0)
        self.types(root, "panic 0")
        self.assertEqual(late.login("late").logins, [False])

    def test_operator_is_told_what_each_level_means(self) -> None:
        root = self.operator()
        for level, told in (
            (2, "Nobody new can join or register until /panic 0"),
            (0, "Lockdown lifted."),
        ):
            self.forget(root)
            self.types(root, f"panic {level}")
            self.assertIn(f"done: {told}", root.take()[-1])

    def test_who_becomes_an_operator_later_is_told_of_it(self) -> None:
        root, bob = self.operator(), self.comes("bob", None)
        self.types(root, "panic 2")
        self.forget(bob)
        told = self.told(bob, RIGHT)
        self.assertIn("what you can do. Nobody new can join or register until /panic 0", told)

    def test_who_comes_back_gets_in(self) -> None:
        root, bob = self.operator(), self.comes("bob", AWAY)
        self.types(root, "panic 2")
        back = FakeDoor(self.node, self.sessions, self.plain, AWAY)
        back.asks(c.Login(parse_nick("bob"), token=bob.token))
        self.assertEqual(back.logins, [True])


class PanicOnTheWayTests(OperatingCase):
    bus: HeldBus

    def make_bus(self, take_id: object) -> Bus:
        return HeldBus()

    def test_who_comes_while_panic_is_set_stays_out(self) -> None:
        root = FakeDoor(self.node, self.sessions, self.plain, None).login("ann")
        self.bus.release_all()
        self.turn()
        self.node.hub.state.sessions[root.peer.id].operator = "root"
        root.asks(c.SetPanic(1))
        late = FakeDoor(self.node, self.sessions, self.plain, AWAY).login("late")
        self.bus.release_all()
        self.turn()
        self.assertIn("name refused closed", late.take()[-1])


class AnnounceTests(OperatingCase):
    def test_everybody_hears_it_once_in_whatever_room_and_whomever_they_ignore(self) -> None:
        root, bob, eve = self.operator(), self.comes("bob"), self.comes("eve")
        bob.join("dev")
        eve.asks(c.Leave(), c.Ignore(parse_nick("ann")))
        nameless = self.door()
        self.forget(root, bob, eve, nameless)
        self.types(root, "announce tea is ready")
        for door in (root, bob, eve):
            self.assert_took(door, "announced by ann: tea is ready")
        self.assert_took(nameless)
        self.assertIn("announced: tea is ready", self.trail()[0])

    def test_line_of_the_trail_is_never_long_and_is_one_line(self) -> None:
        root = self.operator()
        root.asks(c.Announce((CleanText("x" * 4000), CleanText("y"))))
        self.turn()
        self.assertLess(len(self.trail()[0]), 500)


class AuditTests(OperatingCase):
    def test_operator_from_elsewhere_may_see_the_stats_and_that_is_noted(self) -> None:
        bob, root = self.comes("bob"), self.operator(address=AWAY)
        self.assertEqual(self.told(root, c.ShowStats()), "stats")
        self.assertIn("looked at the stats", self.trail()[0])
        self.forget(bob)
        self.assertEqual(self.told(bob, c.ShowStats()), "refused not-operator")

    def test_page_is_read_from_the_store_and_that_is_noted(self) -> None:
        root = self.operator()
        self.assertEqual(self.told(root, c.ShowAudit()), "audit")
        self.assertEqual(self.told(root, c.ShowAudit(9)), "audit")
        self.assertEqual(
            [line.partition(": ")[2] for line in self.trail()],
            ["looked at the audit log", "looked at the audit log", "became an operator"],
        )

    def test_addresses_stay_with_operators(self) -> None:
        """What everybody is shown of somebody is the cloak."""
        self.node.restored(Remembered(secret=b"x" * 32))
        bob = self.comes("bob")
        user = self.node.hub.user_of(bob.peer.id)
        assert user is not None
        self.assertTrue(user.author.host.endswith(".ip"))
        self.assertNotIn("192", user.author.host)


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
        self.patch(admin, "_SLICE", 1)
        turns: list[str] = []

        def fits(mask: str, key: str) -> bool:
            turns.append(key)
            return True

        self.patch(admin, "fits", fits)
        self.comes("carl").asks(c.Register("correct horse"))
        self.forget(self.root)
        self.root.asks(c.ShowAccounts("*"))
        self.assertEqual((len(turns), self.root.take()), (1, []))
        self.turn()
        self.assertEqual(self.root.take()[-1], "accounts bob, carl (2)")
