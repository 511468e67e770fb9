"""Tests for twisted_chat.core.rules.profiles."""

from __future__ import annotations

from tests.core.ruled import DEV, RuledCase, give_account
from tests.core.world import nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.decisions import InParts
from twisted_chat.core.rules.outcomes import Applied, Near
from twisted_chat.core.values.profile import MAX_KEYS, MAX_VALUE
from twisted_chat.core.values.text import CleanText


class ProfileTests(RuledCase):
    def test_everybody_says_something_of_themselves_and_all_can_ask(self) -> None:
        shown = self.done(self.eve, "profile color blue")
        self.assertEqual(shown.event, e.ProfileChanged((("color", CleanText("blue")),)))
        found = r.ProfileValues(nick("eve"), (("color", CleanText("blue")),))
        for seat, line in ((self.eve, "profile"), (self.carl, "profile @eve")):
            self.assertEqual(self.answer(seat, line), found)
        self.done(self.eve, "profile color -")
        self.assertEqual(self.answer(self.carl, "profile @eve"), r.ProfileValues(nick("eve"), ()))

    def test_profile_of_an_account_stays_with_it(self) -> None:
        self.done(self.eve, "profile color blue")
        give_account(self.world, self.eve, "vera2")
        self.done(self.vera, "profile color red")
        account = self.world.hub.state.accounts.get("vera")
        user = self.world.user(self.vera)
        kept = self.world.hub.state.profile_of(user)
        self.assertEqual(kept, {"color": "red"})
        self.assertEqual(dict(account.profile) if account is not None else user.profile, kept)

    def test_room_has_one_that_its_operators_change(self) -> None:
        self.assertEqual(self.code(self.vera, "profile #dev color red"), "not-operator")
        shown = self.done(self.otto, "profile #dev color red")
        self.assertEqual((shown.room, self.dev.profile), (self.dev.ref, {"color": "red"}))
        self.assertEqual([each.ref for each in self.world.hub.altered()], [self.dev.ref])
        found = r.ProfileValues(DEV, (("color", CleanText("red")),))
        self.assertEqual(self.world.decide(self.carl, c.ShowProfile(room=DEV)).reply, found)  # type: ignore[union-attr]

    def test_profile_of_a_closed_room_is_for_its_members(self) -> None:
        self.done(self.otto, "profile #dev color red")
        self.done(self.otto, "invite-only on")
        self.assertEqual(self.world.refusal(self.carl, c.ShowProfile(room=DEV)).code, "not-in-room")
        self.done(self.otto, "private on")
        for name in (DEV, room("nowhere")):
            refused = self.world.refusal(self.carl, c.ShowProfile(room=name))
            self.assertEqual(refused.code, "no-such-room")

    def test_there_are_limits(self) -> None:
        for number in range(MAX_KEYS):
            self.done(self.eve, f"profile key{number} x")
        self.assertEqual(self.code(self.eve, "profile another x"), "too-many-keys")
        self.done(self.eve, "profile key3 y")
        self.assertEqual(self.code(self.eve, f"profile key3 {'x' * (MAX_VALUE + 1)}"), "too-long")
        self.done(self.eve, f"profile key3 {'x' * MAX_VALUE}")

    def test_who_may_not_speak_in_a_room_says_nothing_there_by_that(self) -> None:
        self.done(self.otto, "mute eve")
        self.done(self.eve, "profile color blue")
        outcome = self.world.outcomes[self.eve.node][-1]
        assert isinstance(outcome, Applied) and isinstance(outcome.audience, Near)
        self.assertNotIn(self.dev.ref.id, outcome.audience.rooms)

    def test_members_of_a_room_are_told_apart_by_what_they_say(self) -> None:
        for line in ("color blue", "avatar x"):
            self.done(self.eve, f"profile {line}")
        self.done(self.otto, "profile #dev color red")
        wanted = c.ShowProfiles(DEV, frozenset(("color", "url")))
        decision = self.world.decide(self.vera, wanted)
        assert isinstance(decision, InParts)
        self.assertEqual(
            list(decision.parts),
            [
                r.ProfileValues(DEV, (("color", CleanText("red")),)),
                r.ProfileValues(nick("eve"), (("color", CleanText("blue")),)),
            ],
        )
        self.assertEqual(self.world.refusal(self.carl, wanted).code, "not-in-room")
