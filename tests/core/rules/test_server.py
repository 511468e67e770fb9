"""What server operators ask for: who may, what is asked twice, and who may come in."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, Seat, World, lines, nick, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS, BadArguments
from twisted_chat.core.rules.decisions import AdminAction, CheckPassword, Propose, SendReply
from twisted_chat.core.rules.outcomes import Applied, Rejected
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.server_ban import MAX_BANS, Ban
from twisted_chat.core.values.text import CleanText

#: A line of each command for server operators.
EACH = {
    "deoper": "",
    "kill": "bob",
    "server-ban": "192.0.2.7",
    "server-unban": "192.0.2.7",
    "server-bans": "",
    "suspend": "eve",
    "unsuspend": "eve",
    "announce": "tea",
    "wallops": "tea",
    "panic": "1",
    "audit": "",
    "accounts": "e*",
    "reset-password": "eve",
    "remove-account": "eve",
}


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.hub = self.world.hub
        self.root, self.bob = self.world.enter("root_"), self.world.enter("bob")
        self.world.session(self.root).operator = "root"
        self.world.session(self.root).address = "198.51.100.1"
        self.world.session(self.bob).address = "192.0.2.7"

    def parse(self, line: str) -> c.Command:
        name, _, rest = line.partition(" ")
        return COMMANDS[name].parse(rest)

    def run_line(self, line: str, seat: Seat | None = None) -> e.Event:
        """Do what is proposed at once; return what happened."""
        self.world.do(seat or self.root, self.parse(line))
        outcome = self.world.outcomes[self.root.node][-1]
        assert isinstance(outcome, Applied), outcome
        return outcome.envelope.event

    def refusal(self, line: str, seat: Seat | None = None) -> str:
        return self.world.refusal(seat or self.root, self.parse(line)).code


class MayTests(Case):
    def test_every_command_is_refused_to_others_and_done_for_operators(self) -> None:
        self.assertEqual(
            set(EACH), {spec.name for spec in COMMANDS.values() if spec.for_server_operators}
        )
        self.hub.state.accounts.put(Account(nick("eve"), 0.0, MessageId(1)))
        self.run_line("server-ban 192.0.2.7")
        self.run_line("suspend eve")
        for name, rest in EACH.items():
            command = self.parse(f"{name} {rest}")
            self.assertEqual(self.world.refusal(self.bob, command).code, "not-operator", name)
            self.assertIsInstance(self.world.decide(self.root, command), Propose | AdminAction)
            self.assertEqual(self.world.refusal(self.world.open(), command).code, "not-logged-in")

    def test_help_lists_them_for_operators_only(self) -> None:
        for seat, there in ((self.root, True), (self.bob, False)):
            told = self.world.decide(seat, c.Help())
            assert isinstance(told, SendReply) and isinstance(told.reply, r.HelpText)
            names = {line.name for line in told.reply.lines}
            self.assertEqual(set(EACH) <= names, there)
            self.assertEqual(bool(set(EACH) & names), there)
            self.assertIn("oper", names)

    def test_anybody_may_try_to_become_an_operator_and_sessions_are_marked(self) -> None:
        oper = c.Oper("root", "some words")
        self.assertEqual(self.parse("oper root some words"), oper)
        self.assertEqual(self.world.decide(self.bob, oper), AdminAction(oper))
        self.assertIsNone(self.world.session(self.bob).operator)
        again = self.world.open(token=self.root.token)
        self.world.do(again, c.Login(token=self.root.token))
        self.assertIs(self.world.user(again), self.hub.state.user_named(nick("root_")))
        self.assertIsNone(self.world.session(again).operator)

    def test_whois_shows_addresses_to_operators_only(self) -> None:
        for seat, addresses in ((self.root, ("192.0.2.7",)), (self.bob, ())):
            told = self.world.decide(seat, c.Whois(nick("bob")))
            assert isinstance(told, SendReply) and isinstance(told.reply, r.Profile)
            self.assertEqual((told.reply.addresses, told.reply.host), (addresses, "somewhere"))
            self.assertFalse(told.reply.operator)
        self.world.publish(self.world.hub.make_operator(self.root.session, "root", NOW))
        told = self.world.decide(self.bob, c.Whois(nick("root_")))
        assert isinstance(told, SendReply) and isinstance(told.reply, r.Profile)
        self.assertTrue(told.reply.operator)


class BanTests(Case):
    def ban(self, line: str) -> Ban:
        event = self.run_line(line)
        assert isinstance(event, e.ServerBanned)
        return event.ban

    def test_ban_says_who_when_how_long_and_why(self) -> None:
        self.assertEqual(
            self.ban("server-ban 203.0.113.9/24 1d12h flooding us"),
            Ban(
                "network", "203.0.113.0/24", "root", NOW, NOW + 36 * 3600, CleanText("flooding us")
            ),
        )
        self.assertEqual(self.ban("server-ban Mallory"), Ban("account", "mallory", "root", NOW))

    def test_guest_who_is_here_is_banned_by_address(self) -> None:
        self.assertEqual(self.ban("server-ban BOB").target, "192.0.2.7")
        self.world.session(self.bob).address = "2001:db8:1:2:3::4"
        self.assertEqual(self.ban("server-ban bob").target, "2001:db8:1:2::/64")

    def test_guest_on_this_machine_cannot_be_banned(self) -> None:
        for address in (None, "127.0.0.1"):
            self.world.session(self.bob).address = address
            self.assertEqual(self.refusal("server-ban bob"), "this-machine")
        for line in ("server-ban 127.0.0.1", "server-ban ::1", "server-ban 127.0.0.0/8"):
            self.assertEqual(self.refusal(line), "this-machine")

    def test_ban_that_locks_out_its_maker_is_asked_for_twice(self) -> None:
        for own in ("198.51.100.1", "198.51.100.0/24", "::ffff:198.51.100.1", "root_"):
            refused = self.world.refusal(self.root, self.parse(f"server-ban {own}"))
            self.assertEqual(refused.code, "insist", own)
            self.assertIn("/server-ban !", refused.why)
        self.assertEqual(self.ban("server-ban !198.51.100.0/24 1h").target, "198.51.100.0/24")

    def test_own_account_is_asked_for_twice(self) -> None:
        self.account("root_")
        self.assertEqual(self.refusal("suspend root_"), "insist")
        self.assertEqual(self.refusal("server-ban root_"), "insist")

    def account(self, name: str) -> None:
        user = self.hub.state.user_named(nick(name))
        assert user is not None
        self.hub.state.set_account(user, user.nick.key)

    def test_who_has_an_account_is_banned_by_it(self) -> None:
        self.account("bob")
        ban = self.ban("server-ban bob")
        self.assertEqual((ban.kind, ban.target), ("account", "bob"))

    def test_ban_of_nearly_everybody_is_asked_for_twice(self) -> None:
        self.world.session(self.root).address = None
        for wide in ("0.0.0.0/0", "::/0", "10.0.0.0/7", "2000::/15"):
            self.assertEqual(self.refusal(f"server-ban {wide}"), "insist", wide)
        self.assertEqual(self.ban("server-ban !0.0.0.0/0 5m").target, "0.0.0.0/0")

    def test_what_cannot_be_banned_is_an_error(self) -> None:
        for word in (
            "10.0.0.0/99",
            "300.1.1.1",
            "1.2.3",
            "*",
            "*!*@*",
            "ev*",
            "e?e",
            "::/129",
            "fe80::1%eth0/64%",
            "/" * 4000,
            "1" * 4000,
            "!10.0.0.0/99",
        ):
            self.assertRaises(BadArguments, self.parse, f"server-ban {word}")
        for duration in ("0s", "5x", "3", "99999999999d", "11y"):
            self.assertRaises(BadArguments, self.parse, f"server-ban eve {duration} spam")

    def test_same_network_is_lifted_in_whatever_form(self) -> None:
        self.run_line("server-ban ::ffff:203.0.113.0/120")
        self.assertEqual(
            self.run_line("server-unban 203.0.113.77/24"),
            e.ServerUnbanned("root", "network", "203.0.113.0/24"),
        )
        self.assertEqual(self.refusal("server-unban 203.0.113.0/24"), "not-banned")

    def test_suspended_accounts_are_banned_and_accounts_banned_by_name(self) -> None:
        ban = self.ban("suspend Eve being rude")
        self.assertEqual((ban.kind, ban.target, ban.until), ("account", "eve", None))
        self.run_line("unsuspend eve")
        self.assertEqual(len(self.hub.state.server_bans), 0)
        self.assertEqual(self.refusal("suspend eve " + "x" * 391), "too-long")
        self.assertEqual(self.refusal("kill bob " + "x" * 391), "too-long")

    def test_bans_are_pages_and_no_more_than_so_many(self) -> None:
        for n in range(3):
            self.run_line(f"suspend user{n}")
        page = self.hub.server_bans(9, NOW)
        self.assertEqual((page.count, page.page, page.pages), (3, 1, 1))
        self.assertEqual([ban.target for ban in page.bans], ["user2", "user1", "user0"])
        bans = (Ban("account", f"user{n}", "root", NOW) for n in range(MAX_BANS))
        self.hub.state.server_bans.restore(bans)
        self.assertEqual(self.refusal("suspend eve"), "too-many-bans")


class LoginTests(Case):
    def comes(self, address: str | None = "203.0.113.9", *, local: bool = False) -> str:
        seat = self.world.open()
        self.world.session(seat).address = address
        self.world.session(seat).local = local
        decision = self.world.decide(seat, c.Login(nick("carol")))
        if isinstance(decision, Propose):
            return ""
        assert isinstance(decision, SendReply) and isinstance(decision.reply, r.NameRefused)
        return decision.reply.code

    def logs_in(self, name: str) -> str:
        """Let somebody come with the right password of an account; return why that is refused, "" if it is not."""
        seat = self.world.open()
        asked = self.world.decide(seat, c.Login(nick(name), "correct horse"))
        assert isinstance(asked, CheckPassword)
        told = self.hub.proven(seat.session, asked, Proof(name), scope_of(seat.token), NOW)
        if not isinstance(told, SendReply):
            return ""
        assert isinstance(told.reply, r.NameRefused)
        return told.reply.code

    def test_panic_keeps_guests_out_but_nobody_who_is_in(self) -> None:
        for level in ("1", "2"):
            self.run_line(f"panic {level}")
            self.assertEqual(self.comes(), "closed")
            self.assertEqual(self.comes(None, local=True), "")
            self.world.do(self.bob, c.Say(lines("still here")))
            self.assertIsInstance(self.world.outcomes[self.bob.node][-1], Applied)
        self.run_line("panic 0")
        self.assertEqual(self.comes(), "")

    def test_who_was_here_comes_back_through_a_panic(self) -> None:
        self.run_line("panic 2")
        again = self.world.open(token=self.bob.token)
        self.assertIsInstance(self.world.decide(again, c.Login(token=self.bob.token)), Propose)

    def test_who_came_while_panic_was_on_its_way_stays_out(self) -> None:
        self.world.instant = False
        carol = self.world.open()
        self.world.do(self.root, c.SetPanic(1))
        self.world.do(carol, c.Login(nick("carol")))
        self.world.settle()
        void = self.world.outcomes[carol.node][-1]
        assert isinstance(void, Rejected) and isinstance(void.why, r.NameRefused)
        self.assertEqual(void.why.code, "closed")

    def test_levels_are_three_and_accounts_come_in_through_the_first(self) -> None:
        for wrong in ("3", "-1", "on", "\u0661"):
            self.assertRaises(BadArguments, self.parse, f"panic {wrong}")
        self.run_line("panic 1")
        self.assertEqual(self.logs_in("eve"), "")
        self.run_line("panic 2")
        self.assertEqual(self.logs_in("eve"), "closed")

    def test_who_is_banned_is_kept_out_and_from_what_was_theirs_too(self) -> None:
        self.run_line("server-ban 203.0.113.0/24")
        self.assertEqual(self.comes(), "banned")
        self.assertEqual(self.comes("198.51.100.9"), "")
        again = self.world.open(token=self.bob.token)
        self.world.session(again).address = "203.0.113.9"
        told = self.world.decide(again, c.Login(token=self.bob.token))
        assert isinstance(told, SendReply) and isinstance(told.reply, r.NameRefused)
        self.assertEqual(told.reply.code, "banned")

    def test_banned_account_is_kept_out(self) -> None:
        self.run_line("suspend eve")
        self.assertEqual(self.logs_in("eve"), "banned")
        self.assertEqual(self.logs_in("carol"), "")


class KillAndAnnounceTests(Case):
    def test_killing_names_who_is_here_and_is_not_oneself(self) -> None:
        event = self.run_line("kill BOB for spam")
        user = self.world.user(self.bob)
        self.assertEqual(event, e.Killed("root", user.id, user.nick, CleanText("for spam")))
        self.assertEqual(self.refusal("kill root_"), "self")
        self.assertEqual(self.refusal("kill nobody"), "no-such-nick")

    def test_who_is_gone_by_then_is_not_killed(self) -> None:
        self.world.instant = False
        self.world.do(self.root, self.parse("kill bob"))
        kill = self.world.waiting[self.root.node].popleft()
        self.world.close(self.bob)
        self.world.settle()
        self.world.publish(kill)
        self.world.settle()
        void = self.world.outcomes[self.root.node][-1]
        assert isinstance(void, Rejected) and isinstance(void.why, r.Refused)
        self.assertEqual(void.why.code, "no-such-nick")

    def test_announcement_is_neither_empty_nor_huge(self) -> None:
        self.assertRaises(BadArguments, self.parse, "announce ")
        self.assertEqual(self.world.refusal(self.root, c.Announce(lines("", " "))).code, "empty")
        huge = c.Announce(lines("x" * 4097))
        self.assertEqual(self.world.refusal(self.root, huge).code, "too-long")
        self.assertEqual(self.run_line("announce tea"), e.Announced("root", lines("tea")))
