"""Who has which role, whose a room is, and what its owner can do."""

from __future__ import annotations

from tests.core.dump import dump
from tests.core.ruled import DEV, RuledCase, give_account, roles, typed
from tests.core.world import NOW, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.decisions import Recall
from twisted_chat.core.rules.ownership import forget_account
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.room_settings import Settings


class RoleTests(RuledCase):
    def test_roles_are_given_and_taken(self) -> None:
        shown = self.done(self.otto, "voice eve")
        self.assertEqual(self.roles_of(self.eve), roles("voice"))
        self.assertEqual(
            shown.event, e.RoleChanged("voice", True, nick("eve"), self.world.user(self.eve).id)
        )
        self.done(self.otto, "op eve")
        self.assertEqual(self.roles_of(self.eve), roles("voice", "operator"))
        self.done(self.olga, "deop eve")
        self.done(self.olga, "devoice eve")
        self.assertEqual(self.roles_of(self.eve), roles())

    def test_roles_of_accounts_are_kept_and_those_of_guests_are_not(self) -> None:
        self.done(self.olga, "op eve")
        for seat in (self.otto, self.eve):
            self.world.do(seat, c.Leave(DEV))
            self.world.do(seat, c.Join(DEV))
        self.assertEqual(self.roles_of(self.otto), roles("operator"))
        self.assertEqual(self.roles_of(self.eve), roles())

    def test_account_has_its_roles_under_any_nick(self) -> None:
        self.world.do(self.otto, c.Leave(DEV))
        self.world.do(self.otto, c.Rename(nick("oscar")))
        self.world.do(self.otto, c.Join(DEV))
        self.assertEqual(self.roles_of(self.otto), roles("operator"))

    def test_guest_with_the_nick_of_an_operator_has_no_role(self) -> None:
        self.world.do(self.otto, c.Rename(nick("oscar")))
        self.world.do(self.carl, c.Rename(nick("otto")))
        self.world.do(self.carl, c.Join(DEV))
        self.assertEqual(self.roles_of(self.carl), roles())

    def test_role_of_an_account_that_is_not_there_can_be_taken(self) -> None:
        self.world.close(self.otto)
        self.done(self.olga, "deop otto")
        self.assertNotIn("otto", self.dev.roles)

    def test_two_operators_who_demote_each_other_leave_one(self) -> None:
        self.done(self.olga, "op vera")
        codes = self.late((self.otto, "deop vera"), (self.vera, "deop otto"))
        self.assertEqual(codes, ["", "not-operator"])
        self.assertIn("operator", self.roles_of(self.otto))

    def test_room_nobody_owns_keeps_no_roles_of_accounts(self) -> None:
        dev2 = room("dev2")
        self.world.do(self.otto, c.Join(dev2))
        self.world.do(self.vera, c.Join(dev2))
        self.done(self.otto, "op #dev2 vera")
        found = self.world.hub.state.room_named(dev2)
        assert found is not None
        self.assertEqual(found.roles, {})
        self.assertEqual(found.members[self.world.user(self.vera).id], roles("operator"))


class OwnerTests(RuledCase):
    def test_registering_keeps_the_roles_that_accounts_have(self) -> None:
        self.assertEqual(
            self.dev.roles,
            {"olga": roles("owner", "operator"), "otto": roles("operator"), "vera": roles("voice")},
        )

    def test_owned_room_is_there_when_nobody_is(self) -> None:
        number = self.dev.ref.id
        for seat in (self.olga, self.otto, self.vera, self.eve):
            self.world.close(seat)
        self.assertEqual((self.dev.ref.id, self.dev.members), (number, {}))

    def test_transfer_makes_another_owner_and_leaves_an_operator(self) -> None:
        shown = self.done(self.olga, "transfer vera")
        self.assertEqual(
            shown.event, e.RoomTransferred(self.world.user(self.vera).id, nick("vera"))
        )
        self.assertEqual(self.dev.owner, "vera")
        self.assertEqual(self.roles_of(self.olga), roles("operator"))
        self.assertEqual(self.roles_of(self.vera), roles("owner", "voice"))

    def test_of_two_transfers_at_once_the_first_counts(self) -> None:
        codes = self.late((self.olga, "transfer vera"))
        self.assertEqual(codes, [""])
        again = self.comes("olga2", "192.0.2.1")
        give_account(self.world, again, "olga")
        self.done(self.vera, "transfer olga")
        self.world.do(again, c.Join(DEV))
        codes = self.late((self.olga, "transfer vera"), (again, "transfer otto"))
        self.assertEqual(codes, ["", "not-owner"])
        self.assertEqual(self.dev.owner, "vera")

    def test_what_the_owner_of_before_asked_for_is_not_done(self) -> None:
        again = self.comes("olga2")
        give_account(self.world, again, "olga")
        self.world.do(again, c.Join(DEV))
        codes = self.late((self.olga, "transfer otto"), (again, "drop-room dev"))
        self.assertEqual(codes, ["", "not-owner"])

    def test_transfer_to_somebody_who_left_meanwhile_does_not_happen(self) -> None:
        codes = self.late((self.olga, "transfer vera"), (self.vera, "leave dev"))
        self.assertEqual(codes, ["", ""])
        self.world.do(self.vera, c.Join(DEV))
        self.done(self.vera, "transfer olga")
        codes = self.late((self.vera, "leave dev"), (self.olga, "transfer vera"))
        self.assertEqual(codes, ["", "not-a-member"])
        self.assertEqual(self.dev.owner, "olga")

    def test_dropped_room_is_gone_with_everybody_in_it(self) -> None:
        shown = self.done(self.olga, "drop-room dev")
        assert isinstance(shown.event, e.RoomDropped)
        self.assertEqual([str(who) for _, who in shown.event.out], ["olga", "otto", "vera", "eve"])
        self.assertIsNone(self.world.hub.state.room_named(DEV))
        self.assertIsNone(self.world.session(self.eve).focus)
        self.assertEqual(list(self.world.hub.altered()), [])

    def test_room_without_another_operator_is_nobodys_then(self) -> None:
        forget_account(self.world.hub.state, "otto")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [])
        self.assertEqual((self.dev.owner, self.dev.roles), (None, {}))

    def test_room_that_is_nobodys_and_empty_is_gone(self) -> None:
        number = self.dev.ref.id
        for seat in (self.olga, self.otto, self.vera, self.eve):
            self.world.close(seat)
        forget_account(self.world.hub.state, "otto")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [number])
        self.assertIsNone(self.world.hub.state.room_named(DEV))

    def test_account_without_roles_or_another_operator_leaves_rooms_alone(self) -> None:
        before = dump(self.world.hub.state)
        self.assertEqual(forget_account(self.world.hub.state, "nobody"), [])
        self.assertEqual(dump(self.world.hub.state), before)
        self.done(self.olga, "op vera")
        self.assertEqual(forget_account(self.world.hub.state, "olga"), [])
        self.assertEqual(self.dev.owner, "otto")
        self.assertEqual(self.roles_of(self.olga), roles())
        self.assertEqual(self.roles_of(self.otto), roles("owner", "operator"))


class OtherTests(RuledCase):
    def test_slowness_and_locks_have_limits(self) -> None:
        self.assertEqual(self.code(self.otto, "slow 999999999"), "too-slow")
        self.done(self.otto, "slow 21600")
        self.assertEqual(self.code(self.eve, "slow 999999999"), "not-operator")
        self.assertEqual(self.code(self.otto, "unlock"), "not-locked")
        self.assertEqual(self.code(self.eve, "unlock"), "not-operator")

    def test_role_is_given_once_and_to_members(self) -> None:
        self.assertEqual(self.code(self.otto, "voice vera"), "role")
        self.assertEqual(self.code(self.otto, "devoice eve"), "role")
        for line in ("op carl", "deop carl"):
            self.assertEqual(self.code(self.otto, line), "not-a-member")
        for line in ("voice nobody", "devoice nobody"):
            self.assertEqual(self.code(self.otto, line), "no-such-nick")
        self.assertEqual(
            self.late((self.eve, "leave dev"), (self.otto, "op eve")), ["", "not-a-member"]
        )

    def test_role_for_who_takes_another_name_meanwhile_is_theirs(self) -> None:
        self.assertEqual(self.late((self.eve, "nick mallory"), (self.otto, "op eve")), ["", ""])
        self.assertIn("operator", self.roles_of(self.eve))

    def test_only_who_is_there_and_outside_is_invited_or_does_things(self) -> None:
        self.assertEqual(self.code(self.otto, "invite nobody"), "no-such-nick")
        self.assertEqual(self.code(self.otto, "invite eve"), "already-in-room")
        for line in ("ban #dev eve", "settings #dev", "bans #dev", "export #dev", "drop-room dev"):
            self.assertEqual(self.code(self.carl, line), "not-in-room")

    def test_rooms_are_given_and_registered_by_accounts_that_are_there(self) -> None:
        self.assertEqual(self.code(self.olga, "transfer eve"), "needs-account")
        self.assertEqual(self.code(self.olga, "transfer carl"), "not-a-member")
        self.assertEqual(self.code(self.olga, "transfer olga"), "self")
        self.assertEqual(self.code(self.otto, "transfer carl"), "not-owner")
        self.assertEqual(self.code(self.otto, "register-room"), "is-registered")
        self.world.do(self.eve, c.Join(room("eves")))
        self.assertEqual(self.code(self.eve, "register-room"), "needs-account")
        give_account(self.world, self.eve, "eve")
        self.done(self.eve, "register-room")

    def test_only_accounts_can_be_forgotten_and_everywhere_from_no_room(self) -> None:
        self.assertEqual(self.code(self.eve, "forget-me all"), "needs-account")
        self.done(self.vera, "forget-me all")
        self.done(self.vera, "forget-me dev")
        for name in ("dev", "lobby"):
            self.world.do(self.vera, c.Leave(room(name)))
        self.assertIsNone(self.done(self.vera, "forget-me all").room)
        self.assertEqual(self.code(self.vera, "forget-me dev"), "not-in-room")


class AnswerTests(RuledCase):
    def test_settings_are_for_members_and_tell_whose_it_is(self) -> None:
        for line in ("private on", "slow 30", "lock secret"):
            self.done(self.otto, line)
        self.assertEqual(
            self.answer(self.eve, "settings"),
            r.RoomSettings(
                self.dev.name,
                Settings(private=True, slow=30),
                True,
                "olga",
                (("olga", ("operator", "owner")), ("otto", ("operator",)), ("vera", ("voice",))),
                NOW,
            ),
        )

    def test_bans_are_listed_for_members_page_by_page(self) -> None:
        self.let_ban_networks(self.olga, self.otto)
        self.done(self.otto, "ban user1 2h spam")
        self.done(self.otto, "ban user2 10m")
        self.done(self.otto, "ban 10.0.0.0/8")
        self.done(self.otto, "mute eve")
        self.world.now += 600
        listed = self.answer(self.olga, "bans")
        assert isinstance(listed, r.Bans)
        self.assertEqual(
            [(each.target, each.mute, each.by, each.left, each.reason) for each in listed.bans],
            [
                ("user1", False, "otto", 6600.0, "spam"),
                ("10.0.0.0/8", False, "otto", None, None),
                ("eve", True, "otto", None, None),
            ],
        )
        self.assertEqual((listed.bans[0].time, listed.count, listed.pages), (NOW, 3, 1))
        shown = self.answer(self.vera, "bans")
        assert isinstance(shown, r.Bans)
        self.assertEqual(shown.bans[::2], listed.bans[::2])

    def test_who_owns_a_room_finds_no_address_by_banning_networks(self) -> None:
        for target in ("192.0.2.0/24", "192.0.2.5", "2001:db8::/32", "!0.0.0.0/0"):
            for seat in (self.olga, self.otto):
                refused = self.refused(seat, f"ban {target}")
                self.assertEqual(refused.code, "network-ban")
                self.assertIn("Nothing was changed. Type address:NICK", refused.why)
            self.assertEqual(self.code(self.vera, f"ban {target}"), "not-operator")
        self.assertTrue(self.is_in(self.eve))
        self.let_ban_networks(self.otto)
        self.done(self.otto, "ban 192.0.2.4")
        self.assertFalse(self.is_in(self.eve))

    def test_network_that_is_banned_counts_and_is_shown_to_server_operators_only(self) -> None:
        self.dev.bans["192.0.2.4/32"] = Ban(read_target("192.0.2.4"), "olga", NOW)
        self.world.do(self.eve, typed("leave dev"))
        self.assertEqual(self.enters(self.eve), "banned")
        listed = self.answer(self.olga, "bans")
        assert isinstance(listed, r.Bans)
        self.assertEqual(listed.bans[0].target, "a network (shown to server operators only)")
        self.let_ban_networks(self.otto)
        self.assertIn("192.0.2.4", repr(self.answer(self.otto, "bans")))
        self.done(self.olga, "unban 192.0.2.4")  # who remembers it can lift it

    def test_export_is_for_the_owner_and_addresses_are_in_no_list(self) -> None:
        decision = self.world.decide(self.olga, typed("export"))
        assert isinstance(decision, Recall)
        self.assertEqual((decision.room, decision.after, decision.export), (self.dev.ref, 0, True))
        self.assertEqual(self.code(self.otto, "export"), "not-owner")
        self.done(self.otto, "ban address:carl")
        self.assertNotIn("192.0.2", repr(self.answer(self.olga, "bans")))

    def test_what_deletes_for_good_is_asked_for(self) -> None:
        refused = self.refused(self.olga, "drop-room")
        self.assertEqual(refused.code, "confirm")
        self.assertIn("To confirm, type /drop-room #dev.", refused.why)
        self.assertEqual(self.code(self.otto, "drop-room"), "not-owner")
        refused = self.refused(self.vera, "forget-me")
        self.assertEqual(refused.code, "confirm")
        self.assertIn("/forget-me #dev deletes your messages there", refused.why)
        self.assertEqual(self.code(self.eve, "forget-me"), "needs-account")
