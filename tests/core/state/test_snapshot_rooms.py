"""What of roles, bans and settings is there after a restart: all of it."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account, roles
from tests.core.world import Seat, World, nick
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.state.snapshot import record as record_of

BEFORE = (
    *("op eve", "ban *spam* 2h too loud", "ban 10.0.0.0/8", "ban address:eve", "mute vera"),
    *("lock secret", "invite carl", "private on", "invite-only on", "moderated on", "slow 30"),
    *("topic-lock on", "visibility join", "topic our plans"),
)


class RestartTests(RuledCase):
    def restart(self) -> None:
        """Start another server with what was kept."""
        hub = self.world.hub
        records = tuple(record_of(hub.state, each) for each in hub.state.rooms.values())
        now, self.world = self.world.now, World(first_id=10_000)
        self.world.now = now
        self.assertEqual(self.world.hub.restore(Remembered(records)), ())

    def back(self, name: str, token: str | None = None, account: str | None = None) -> Seat:
        seat = self.world.open(token=token)
        self.world.do(seat, c.Login(nick(name), token=token))
        if account is not None:
            give_account(self.world, seat, account)
        return seat

    def test_everything_is_as_it_was(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        for line in BEFORE:
            self.done(self.olga, line)
        before = record_of(self.world.hub.state, self.dev)
        self.restart()
        self.assertEqual(record_of(self.world.hub.state, self.dev), before)
        self.assertTrue(self.dev.strict)
        olga = self.back("olga", account="olga")
        self.assertEqual(self.enters(olga), "")
        self.assertEqual(self.roles_of(olga), roles("owner", "operator"))

    def test_roles_of_accounts_are_theirs_again_and_of_nobody_else(self) -> None:
        self.restart()
        otto, vera = self.back("otto", account="otto"), self.back("vera", account="vera")
        self.world.do(otto, c.Rename(nick("oscar")))
        guest = self.back("otto")
        for seat, expected in ((otto, ("operator",)), (vera, ("voice",)), (guest, ())):
            self.assertEqual(self.enters(seat), "")
            self.assertEqual(self.roles_of(seat), roles(*expected))

    def test_operator_who_lost_that_does_not_get_it_back_by_the_session(self) -> None:
        self.done(self.olga, "deop otto")
        self.restart()
        otto = self.back("otto", self.otto.token, "otto")
        self.assertEqual(self.enters(otto), "")
        self.assertEqual(self.roles_of(otto), roles())

    def test_invitation_of_a_guest_is_for_the_session_that_comes_back(self) -> None:
        self.done(self.olga, "invite-only on")
        self.done(self.olga, "invite carl")
        self.restart()
        self.assertEqual(self.enters(self.back("carl")), "invite-only")
        self.assertEqual(self.enters(self.back("carlo", self.carl.token)), "")
        again = self.back("carla", self.carl.token)
        self.world.do(again, c.Leave(DEV))
        self.assertEqual(self.enters(again), "invite-only")

    def test_private_room_is_in_no_list_and_others_are(self) -> None:
        self.restart()
        self.assertIn(DEV.key, self.world.hub.state.listed_keys)
        olga = self.back("olga", account="olga")
        self.enters(olga)
        self.done(olga, "private on")
        self.restart()
        self.assertNotIn(DEV.key, self.world.hub.state.listed_keys)

    def test_ban_goes_on_until_it_is_over(self) -> None:
        self.done(self.olga, "ban eve 2h")
        self.restart()
        eve = self.back("eve")
        self.assertEqual(self.enters(eve), "banned")
        self.world.now += 7200
        self.assertEqual(self.enters(eve), "")
