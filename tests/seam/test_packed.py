"""A server whose connections reach its hub through MessagePack, and the other way round: nobody notices."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import House
from tests.seam import packed


class PackedTests(SynchronousTestCase):
    """``SEAM=packed trial tests.doors tests.server`` runs all the tests of doors and server so."""

    def seen(self) -> list[list[str]]:
        """Return what two people and a program see of a conversation."""
        house = House()
        ann, bob, robot = house.enters("ann"), house.enters("bob"), house.program("robot")
        ann.types("hi", "/me waves", "/msg bob psst", "/join dev", "/history #lobby", "/search hi")
        bob.types("/ignore robot", "/nick rob", "/join #none secret", "/nonsense")
        robot.objects({"type": "message", "content": "beep", "id": "1"})
        house.waits(1)
        seen = [ann.sees(), bob.sees(), robot.sees()]
        ann.types("/quit")
        house.turn()
        house.node.stop("bye")
        seen += [ann.sees(), bob.sees(), robot.sees()]
        house.empties()
        return seen

    def test_the_same_bytes_are_seen(self) -> None:
        direct = self.seen()
        self.patch(packed, "PACKED", True)
        self.assertEqual(self.seen(), direct)
        self.assertTrue(all(direct))
