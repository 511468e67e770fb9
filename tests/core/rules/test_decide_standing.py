"""Tests for twisted_chat.core.rules.decide_standing: what is answered, and what is asked back."""

from __future__ import annotations

from tests.core.ruled import RuledCase, typed
from tests.core.world import NOW, lines, nick
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.decisions import Recall, RunSearch
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.room_settings import Settings


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
            ),
        )

    def test_bans_are_listed_for_operators_page_by_page(self) -> None:
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
        self.assertEqual(self.code(self.vera, "bans"), "not-operator")

    def test_who_owns_a_room_finds_no_address_by_banning_networks(self) -> None:
        for target in ("192.0.2.0/24", "192.0.2.5", "2001:db8::/32", "!0.0.0.0/0"):
            for seat in (self.olga, self.otto):
                refused = self.refused(seat, f"ban {target}")
                self.assertEqual(refused.code, "network-ban")
                self.assertIn("Nothing was changed. Write address:NICK", refused.why)
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

    def test_address_of_somebody_is_in_no_list(self) -> None:
        self.done(self.otto, "ban address:carl")
        self.assertNotIn("192.0.2", repr(self.answer(self.olga, "bans")))

    def test_export_is_all_of_it_for_the_owner(self) -> None:
        decision = self.world.decide(self.olga, typed("export"))
        assert isinstance(decision, Recall)
        self.assertEqual((decision.room, decision.after, decision.export), (self.dev.ref, 0, True))
        self.assertEqual(self.code(self.otto, "export"), "not-owner")

    def test_what_deletes_for_good_is_asked_for(self) -> None:
        refused = self.refused(self.olga, "drop-room")
        self.assertEqual(refused.code, "confirm")
        self.assertIn("/drop-room #dev deletes the room", refused.why)
        self.assertEqual(self.code(self.otto, "drop-room"), "not-owner")
        refused = self.refused(self.vera, "forget-me")
        self.assertEqual(refused.code, "confirm")
        self.assertIn("/forget-me #dev deletes what you said there", refused.why)
        self.assertEqual(self.code(self.eve, "forget-me"), "needs-account")


class LiftTests(RuledCase):
    def test_who_took_another_name_is_let_speak_by_either(self) -> None:
        for name in ("mallory", "eve"):
            self.done(self.otto, "mute eve")
            self.world.do(self.eve, c.Rename(nick("mallory")))
            self.assertEqual(self.speaks(self.eve), "muted")
            self.done(self.otto, f"unmute {name}")
            self.assertEqual(self.speaks(self.eve), "")
            self.world.do(self.eve, c.Rename(nick("eve")))

    def test_mask_that_hits_somebody_is_lifted_by_itself_only(self) -> None:
        self.done(self.otto, "ban *carl*")
        self.assertEqual(self.code(self.otto, "unban carl"), "not-banned")
        self.done(self.otto, "unban *carl*")


class VisibilityTests(RuledCase):
    def floor(self, number: int) -> tuple[int, int]:
        """Return from where somebody reads and searches #dev."""
        seat = (self.olga, self.otto, self.eve)[number]
        recall = self.world.decide(seat, c.ShowHistory(self.dev.name))
        seek = self.world.decide(seat, c.Search((c.Term("x"),), rooms=(self.dev.name,)))
        assert isinstance(recall, Recall) and isinstance(seek, RunSearch)
        return recall.floor, dict(seek.query.floors).get(self.dev.ref.id, 0)

    def test_members_read_and_find_what_was_said_since_they_came(self) -> None:
        joined = self.dev.joined[self.world.user(self.eve).id]
        self.assertEqual(self.floor(2), (0, 0))
        self.done(self.otto, "visibility join")
        self.assertEqual(self.floor(2), (joined, joined))
        self.assertEqual((self.floor(0), self.floor(1)), ((0, 0), (0, 0)))
        self.done(self.otto, "visibility all")
        self.assertEqual(self.floor(2), (0, 0))

    def test_search_in_all_rooms_keeps_to_it(self) -> None:
        self.done(self.otto, "visibility join")
        seek = self.world.decide(self.eve, c.Search((c.Term("x"),)))
        assert isinstance(seek, RunSearch)
        self.assertEqual([room for room, _ in seek.query.floors], [self.dev.ref.id])


class LeakTests(RuledCase):
    """What of a room that not everybody may enter is told to who is not there."""

    def setUp(self) -> None:
        super().setUp()
        self.done(self.otto, "topic our plans")

    def seen(self, who: str) -> tuple[str, ...]:
        """Return what somebody learns of #dev: who is there, that it is, its topic, and that Eve is there."""
        seat = getattr(self, who)
        people = self.world.decide(seat, c.Who(self.dev.name))
        listed = self.answer(seat, "rooms")
        overview = self.answer(seat, "list")
        profile = self.answer(seat, "whois eve")
        assert isinstance(listed, r.Rooms) and isinstance(overview, r.Overview)
        assert isinstance(profile, r.Profile)
        self.assertEqual(overview.rooms, listed)
        there = {line.name: line.topic for line in listed.rooms}
        return (
            *(["members"] if "olga" in repr(people) else []),
            *(["listed"] if self.dev.name in there else []),
            *(["topic"] if there.get(self.dev.name) else []),
            *(["whois"] if self.dev.name in profile.rooms else []),
        )

    def test_open_room_is_for_everybody_to_see(self) -> None:
        self.assertEqual(self.seen("carl"), ("members", "listed", "topic", "whois"))

    def test_locked_or_invite_only_room_shows_no_more_than_its_name(self) -> None:
        for line in ("lock secret", "invite-only on"):
            self.done(self.otto, line)
            self.assertEqual(self.seen("carl"), ("listed",))
            self.assertEqual(self.code(self.carl, "topic #dev"), "not-in-room")
            self.assertEqual(self.code(self.carl, "who dev"), "not-in-room")
            self.assertEqual(self.seen("eve"), ("members", "listed", "topic", "whois"))
            self.done(self.otto, "unlock" if line.startswith("lock") else "invite-only off")

    def test_private_room_is_not_there_for_others(self) -> None:
        self.done(self.otto, "private on")
        self.assertEqual(self.seen("carl"), ())
        self.assertEqual(
            self.refused(self.carl, "who dev").why, "there is no room #dev; /rooms lists them"
        )
        self.assertEqual(self.seen("vera"), ("members", "listed", "topic", "whois"))
        listed = self.answer(self.carl, "rooms")
        assert isinstance(listed, r.Rooms)
        self.assertEqual(listed.count, 1)

    def test_who_is_in_a_room_is_marked_with_roles(self) -> None:
        people = self.answer(self.carl, "who dev")
        assert isinstance(people, r.People)
        self.assertEqual(
            [(str(each.nick), each.operator, each.roles) for each in people.people],
            [
                ("eve", False, ()),
                ("olga", True, ("operator", "owner")),
                ("otto", True, ("operator",)),
                ("vera", False, ("voice",)),
            ],
        )

    def test_nothing_is_said_by_asking(self) -> None:
        before = self.world.hub.state.dump()
        self.seen("carl")
        self.world.decide(self.carl, c.Say(lines("hi"), self.dev.name))
        self.assertEqual(self.world.hub.state.dump(), before)
