"""The sessions of a node: what a fault of one shows, and to whom."""

from __future__ import annotations

from typing import Any

from tests.nodes import FakeDoor, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.seam import faults


class FaultTests(NodeCase):
    def assert_fault(self, door: FakeDoor, tag: str = "") -> None:
        """The session is shown the id under which the one fault is logged."""
        self.turn()
        (line,) = door.take()
        self.assertRegex(line, rf"^refused internal: .* as [0-9a-f]{{8}}{tag}$")
        self.fault_logged(ZeroDivisionError)

    def test_fault_in_decide_is_told_to_the_asker_alone(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(self.node.hub, "decide", self.breaks)
        ann.say("hi", tag="1")
        self.assert_fault(ann, r" \[1\]")
        self.assert_took(bob)

    def test_fault_in_apply_is_told_to_the_asker_who_goes_on(self) -> None:
        ann, bob = self.enter("ann", "bob")
        apply = self.node.hub.apply
        self.patch(self.node.hub, "apply", self.breaks)
        ann.join("dev")
        self.assert_fault(ann)
        self.patch(self.node.hub, "apply", apply)
        self.assertTrue(ann.peer.ready)
        ann.say("hi")
        self.assert_took(bob, "#lobby <ann> hi")

    def test_fault_in_what_another_did_is_told_to_nobody(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(self.node.hub, "apply", self.breaks)
        ann.lost()
        self.assert_took(bob)
        self.fault_logged(ZeroDivisionError)

    def test_door_that_fails_to_go_on_hurts_nobody_else(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(ann, "resumed", self.breaks)
        ann.asks(c.Away(None))
        bob.say("hi")
        self.turn()
        lines = ann.take()
        self.assertEqual((lines[0], lines[-1]), ("own awayset ann", "#lobby <bob> hi"))
        self.fault_logged(ZeroDivisionError)

    def test_door_that_fails_to_write_ends_its_session_alone(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.broken = True
        ann.say("hi")
        self.turn()
        self.assertEqual((bob.slow, len(self.sessions)), (1, 2))
        self.assert_took(cid, "#lobby <ann> hi", "departed bob (a server error)")
        self.fault_logged(ZeroDivisionError)

    def test_log_names_the_fault_that_was_shown(self) -> None:
        events: list[dict[str, Any]] = []
        (ann,) = self.enter("ann")
        self.patch(self.node.hub, "decide", self.breaks)
        self.patch(faults.log, "failure", lambda text, failure, **more: events.append(more))
        ann.say("secret words")
        self.turn()
        (line,) = ann.take()
        self.assertEqual(
            events, [{"fault": line.split()[-1], "what": "a command", "address": "host.example"}]
        )
