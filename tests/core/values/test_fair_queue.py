from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.fair_queue import FairQueue


class FairQueueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.queue: FairQueue[str] = FairQueue()

    def add(self, *waiting: tuple[str, str]) -> None:
        """Let some wait, each in a path of names parted by slashes."""
        for path, one in waiting:
            self.queue.add(tuple(path.split("/")) if path else (), one)

    def rest(self) -> list[str]:
        return [self.queue.next() for _ in range(self.queue.count)]

    def test_networks_take_turns_behind_those_of_no_network(self) -> None:
        self.add(*((f"site/{number}", f"s{number}") for number in range(3)), ("site/0", "again"))
        self.add(("other/0", "o"))
        self.assertEqual(self.rest(), ["s0", "o", "s1", "s2", "again"])
        self.add(("a", "1"), ("", "here"), ("a", "2"))
        self.assertEqual(self.rest(), ["here", "1", "2"])

    def test_one_can_stop_waiting_once(self) -> None:
        self.add(("a/b", "1"), ("a/b", "2"))
        self.assertTrue(self.queue.remove(("a", "b"), "1"))
        for path in (("a", "b"), ("a",), ("z",), ()):
            self.assertFalse(self.queue.remove(path, "1"))
        self.assertEqual(self.rest(), ["2"])

    def test_last_of_the_network_with_most_gives_up(self) -> None:
        self.add(("a", "a1"), ("b", "b1"), ("b", "b2"))
        self.assertEqual(self.queue.give_up(("a",)), "b2")
        self.assertEqual(self.queue.give_up(("a",)), "a1")  # as many: the one on the path
        self.assertEqual(self.rest(), ["b1"])
