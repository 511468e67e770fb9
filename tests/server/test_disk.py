"""The disk: which lines of guests are kept while there is little room, and who is told."""

from __future__ import annotations

import msgspec
from twisted.logger import formatEvent

from tests.making import log_of
from tests.nodes import FakeDoor, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.limits import Limits
from twisted_chat.server import disk
from twisted_chat.server.disk import DAY

LEAST = 1_000_000


class DiskCase(NodeCase):
    limits = Limits(min_free=LEAST, max_guest_day=260)

    def setUp(self) -> None:
        super().setUp()
        self.size, self.free = 5_000_000, 10 * LEAST
        health = self.store.health
        self.patch(
            self.store,
            "health",
            lambda: msgspec.structs.replace(health(), size=self.size, free=self.free),
        )
        self.logged = log_of(self)
        self.ann, self.bob = self.enter("ann", "bob", dialect=self.json)

    def looks(self) -> list[str]:
        """Let the disk be looked at; return what the log says of it."""
        self.logged.clear()
        self.node.tick()
        lines = [formatEvent(event) for event in self.logged]
        return [line for line in lines if "free" in line]

    def history(self) -> list[str]:
        """Return what is in the history of the lobby."""
        reader = self.door().login("reader")
        self.turn()
        lines = [line for line in reader.take() if line.startswith("replay")]
        reader.asks(c.Quit())
        self.turn()
        return [line.rpartition("> ")[2] for line in lines]

    def acks(self, door: FakeDoor) -> list[str]:
        self.turn()
        return [line for line in door.take() if line.startswith("ack")]

    def comes_from(self, address: str, *doors: FakeDoor) -> None:
        for door in doors:
            self.node.hub.state.sessions[door.peer.id].address = address


class LowTests(DiskCase):
    def test_what_guests_say_is_shown_but_not_kept_while_there_is_little_room(self) -> None:
        self.looks()
        self.ann.say("before", tag="1")
        self.free = LEAST - 1
        self.assertEqual(
            self.looks(),
            [
                "0 MB are free, which is less than min-free (1 MB): messages of guests in rooms are not kept"
            ],
        )
        self.assertEqual(self.looks(), [])
        self.forget(self.ann, self.bob)
        self.ann.say("meanwhile", tag="2")
        self.turn()
        shown = self.bob.take()
        self.assertIn("#lobby <ann> meanwhile", shown)
        self.assertEqual(shown.count("notice not-kept"), 1)
        self.ann.say("again", tag="3")
        self.turn()
        self.assertEqual(self.bob.take(), ["#lobby <ann> again"])
        self.free = LEAST * 5 // 4
        self.assertEqual(
            self.looks(), ["1 MB are free: messages of guests in rooms are kept again"]
        )
        self.ann.say("after")
        self.assertEqual(self.history(), ["before", "after"])

    def test_ack_says_whether_it_is_kept(self) -> None:
        self.ann.say("before", tag="1")
        self.assertEqual(["not kept" in line for line in self.acks(self.ann)], [False])
        self.free = 0
        self.looks()
        self.ann.say("meanwhile", tag="2")
        self.assertEqual(["not kept" in line for line in self.acks(self.ann)], [True])

    def test_what_is_said_with_an_account_is_kept(self) -> None:
        user = self.node.hub.user_of(self.ann.peer.id)
        assert user is not None
        user.author = msgspec.structs.replace(user.author, account="ann")
        user.sessions = dict.fromkeys(user.sessions, user.author)
        self.free = 0
        self.looks()
        self.ann.say("mine")
        self.bob.say("theirs")
        self.assertEqual(self.history(), ["mine"])

    def test_little_room_is_told_once_and_does_not_begin_and_end_all_the_time(self) -> None:
        self.free = 3 * LEAST
        self.assertEqual(self.looks(), ["only 3 MB of disk space are free for the database"])
        self.assertEqual(self.looks(), [])
        self.free = LEAST - 1
        self.looks()
        self.free = LEAST + 1
        self.assertEqual(self.looks(), [])
        self.ann.say("meanwhile")
        self.assertEqual(self.history(), [])

    def test_where_it_is_not_known_what_is_free_everything_is_kept(self) -> None:
        self.patch(self.store, "health", type(self.store)(self.clock).health)
        self.looks()
        self.ann.say("hi")
        self.assertEqual(self.history(), ["hi"])
        self.assertEqual(self.node._disk.growth(), (None, 0.0))


class DayTests(DiskCase):
    def test_guests_of_one_network_have_so_much_kept_a_day_and_others_as_much(self) -> None:
        self.comes_from("192.0.2.7", self.ann)
        self.comes_from("198.51.100.7", self.bob)
        for number in range(4):
            self.ann.say(str(number) * 40)
        self.turn()
        self.assertEqual(self.ann.take().count("notice not-kept"), 1)
        self.bob.say("b" * 40)
        self.assertEqual(self.history(), ["0" * 40, "1" * 40, "b" * 40])
        self.clock.advance(DAY)
        self.looks()
        self.ann.say("tomorrow")
        self.assertEqual(self.history()[-1], "tomorrow")

    def test_this_machine_is_exempt(self) -> None:
        for number in range(9):
            self.ann.say(str(number) * 40)
        self.assertEqual(len(self.history()), 9)

    def test_networks_that_are_counted_are_bounded(self) -> None:
        self.patch(disk, "_MAX_NETWORKS", 2)
        for number in range(5):
            self.comes_from(f"192.0.2.{number}", self.ann)
            self.ann.say("x")
        self.assertEqual(len(self.node._disk._kept), 2)

    def test_one_site_has_four_times_as_much_from_wherever_in_it(self) -> None:
        for number in range(12):
            self.comes_from(f"2001:db8:0:{number}::7", self.ann)
            self.ann.say(f"{number:02}" * 50)
        # 260 bytes a day: one such line of each address, with what it takes besides, and five of all of the /48.
        self.assertEqual(len(self.history()), 5)


class GrowthTests(DiskCase):
    def test_growth_is_that_of_a_day_at_most(self) -> None:
        self.looks()
        self.clock.advance(3600)
        self.size += 1000
        self.looks()
        self.assertEqual(self.node._disk.growth(), (1000, 3600.0))
        for _ in range(48 * 6):
            self.clock.advance(600)
            self.size += 1
            self.looks()
        self.assertEqual(self.node._disk.growth(), (144, DAY))
        stats = self.node.admin.stats()
        self.assertEqual((stats.growth, stats.store.free), (144, self.free))


class AheadTests(DiskCase):
    limits = Limits(min_free=LEAST, max_guest_day=16 * 1024, history_lines=200)

    def test_what_is_counted_ahead_is_kept_and_no_more_than_may_be(self) -> None:
        self.comes_from("192.0.2.7", self.ann)
        self.comes_from("192.0.2.7", self.bob)
        for number in range(64):
            self.ann.say(f"{number:048}")
            self.bob.say(f"{number:048}")
        self.turn()
        kept = len(self.history()) * 128
        self.assertGreater(kept, 16 * 1024 - 2 * disk._AHEAD)
        self.assertLessEqual(kept, 16 * 1024)
