"""What breaks a promise."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from bench.ledger import Got, Ledger


def spelled(number: int) -> str:
    return f"{number:016x}"


class LedgerCase(SynchronousTestCase):
    """Ann says lines 0, 1, 2 … in "dev", in JSON; joe types his."""

    def setUp(self) -> None:
        self.ledger = Ledger()
        self.ann = self.ledger.speaker("ann")
        self.joe = self.ledger.speaker("joe")
        for _ in range(5):
            self.ann.says("dev")
            self.joe.says("dev")

    def message(self, number: int, line: int, who: str = "ann", **more: Any) -> Got:
        """Make a message of somebody, under an id."""
        own = {"nonce": str(line), "scope": "s-ann"} if who == "ann" else {}
        fields = {"author": who, "room": "dev", "content": f"{who} {line}", **own, **more}
        return Got("message", id=spelled(number), **fields)

    def shown(self, number: int, line: int, who: str = "ann", **more: Any) -> None:
        self.ledger.happened(self.message(number, line, who, **more))

    def acked(self, number: int, line: int) -> None:
        self.ledger.acknowledged(self.ann, line, spelled(number))

    def assert_kept(self) -> None:
        self.assertEqual(self.ledger.violations, [])

    def assert_broken(self, *texts: str) -> None:
        self.assertEqual(len(self.ledger.violations), len(texts), self.ledger.violations)
        for violation, text in zip(self.ledger.violations, texts, strict=True):
            self.assertIn(text, violation)


class HappenedTests(LedgerCase):
    def test_what_is_shown_and_acknowledged_under_one_id_is_fine(self) -> None:
        self.shown(1, 0)
        self.shown(1, 0)
        self.acked(1, 0)
        self.shown(1, 0, replay=True)
        self.shown(2, 0, who="joe")
        self.assert_kept()
        self.assertEqual((self.ledger.shown, self.ledger.acks, self.ledger.again), (4, 1, 0))

    def test_an_id_for_two_things_is_told(self) -> None:
        self.shown(1, 0)
        self.shown(1, 1)
        self.assert_broken(
            "1 was used twice: message of ann in dev: ann 0 | message of ann in dev: ann 1"
        )

    def test_an_id_for_a_message_and_an_acknowledgement_of_another_is_told(self) -> None:
        self.shown(1, 0)
        self.acked(1, 1)
        self.assert_broken("1 was used twice")

    def test_after_a_restart_ids_are_above_all_that_were_seen(self) -> None:
        self.shown(5, 0)
        self.ledger.killed()
        self.ledger.happened(Got("join", id=spelled(4), author="joe", room="dev"))
        self.assert_broken(
            "4 was assigned after a restart, but is below 0000000000000005 (join of joe in dev"
        )

    def test_what_is_replayed_may_be_older_than_the_restart(self) -> None:
        self.shown(5, 0)
        self.ledger.killed()
        self.shown(4, 0, who="joe", replay=True)
        self.assert_kept()

    def test_what_nobody_said_is_told(self) -> None:
        self.shown(1, 0, content="ann 7")
        self.shown(2, 0, content="hello")
        self.shown(3, 0, content="joe 0")
        self.assert_broken(
            "1 was never said by ann: ann 7",
            "2 was never said by ann: hello",
            "3 was never said by ann: joe 0",
        )

    def test_a_line_in_another_room_is_told(self) -> None:
        self.shown(1, 0, room="lobby")
        self.assert_broken("ann 0 was said in dev, not in lobby")

    def test_a_line_that_bears_another_scope_or_nonce_is_told(self) -> None:
        self.shown(1, 0)
        self.shown(2, 1, scope="s-other")
        self.shown(3, 2, nonce="1")
        self.assert_broken("ann 1 has s-other 1, not s-ann 1", "ann 2 has s-ann 1, not s-ann 2")


class TwiceTests(LedgerCase):
    def test_a_line_that_was_lost_may_be_said_again(self) -> None:
        self.shown(1, 0)
        self.ledger.killed()
        self.shown(2, 0)
        self.acked(2, 0)
        self.assert_kept()
        self.assertEqual((self.ledger.lost, self.ledger.again), (1, 0))

    def test_a_line_that_was_not_lost_may_not(self) -> None:
        self.shown(1, 0)
        self.shown(2, 0)
        self.assert_broken(
            "ann 0 was said once, but appears as 0000000000000001 and 0000000000000002"
        )

    def test_nobody_says_again_what_a_person_typed(self) -> None:
        self.shown(1, 0, who="joe")
        self.ledger.killed()
        self.shown(2, 0, who="joe")
        self.assert_broken("joe 0 was said once")

    def test_what_was_acknowledged_may_not_come_back_as_another(self) -> None:
        self.acked(1, 0)
        self.ledger.killed()
        self.shown(2, 0)
        self.assert_broken(
            "ann 0 was acknowledged as 0000000000000001, but also appears as 0000000000000002"
        )

    def test_what_was_said_again_may_not_be_acknowledged_as_the_old_one(self) -> None:
        self.shown(1, 0)
        self.ledger.killed()
        self.shown(2, 0)
        self.acked(1, 0)
        self.assert_broken(
            "ann 0 was shown as 0000000000000002, then acknowledged as 0000000000000001"
        )

    def test_an_acknowledgement_comes_again_as_it_was(self) -> None:
        self.acked(1, 0)
        self.acked(1, 0)
        self.assert_kept()
        self.assertEqual(self.ledger.again, 1)
        self.acked(2, 0)
        self.assert_broken("ann 0 was acknowledged as 0000000000000001, then as 0000000000000002")

    def test_what_was_stored_before_the_restart_is_counted(self) -> None:
        self.shown(1, 0)
        self.ledger.killed()
        self.acked(1, 0)
        self.assert_kept()
        self.assertEqual(self.ledger.again, 1)

    def test_one_violation_is_noted_once_and_many_are_cut(self) -> None:
        for _ in range(3):
            self.ledger.violated("x")
        self.assertEqual(self.ledger.violations, ["x"])
        for number in range(100):
            self.ledger.violated(str(number))
        self.assertEqual(len(self.ledger.violations), 20)


class AuditTests(LedgerCase):
    def audit(self, *lines: tuple[int, int, str]) -> None:
        self.ledger.audit("dev", [self.message(number, line, who) for number, line, who in lines])

    def test_history_that_misses_nothing_is_fine(self) -> None:
        self.acked(1, 0)
        self.acked(3, 1)
        self.audit((1, 0, "ann"), (2, 0, "joe"), (3, 1, "ann"), (4, 2, "ann"))
        self.assert_kept()
        self.ledger.audit("lobby", [])
        self.assert_kept()

    def test_a_line_that_is_missing_is_told(self) -> None:
        self.acked(1, 0)
        self.acked(2, 1)
        self.audit((1, 0, "ann"))
        self.assert_broken(
            "ann 1 was acknowledged as 0000000000000002, but is not in the history of dev"
        )

    def test_a_line_that_is_there_twice_is_told(self) -> None:
        self.audit((1, 0, "joe"), (2, 0, "joe"))
        self.assert_broken("in the history of dev, joe 0 comes after joe 0")

    def test_lines_in_another_order_are_told(self) -> None:
        self.audit((1, 1, "ann"), (2, 0, "ann"))
        self.assert_broken("in the history of dev, ann 0 comes after ann 1")

    def test_ids_in_another_order_are_told(self) -> None:
        self.audit((2, 0, "ann"), (1, 0, "joe"))
        self.assert_broken("in the history of dev, 0000000000000001 comes after 0000000000000002")
