"""The rooms of the last visit."""

from __future__ import annotations

import stat

from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.client.screen import visited
from twisted_chat.client.screen.visited import Visited


class VisitedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "new" / "rooms.json"
        self.visited = Visited(self.path)

    def test_each_visit_has_its_own_rooms(self) -> None:
        self.assertEqual(self.visited.rooms("a:1 bob"), ())
        self.visited.remember("a:1 bob", ["dev", "ops"])
        self.visited.remember("a:1", ["x"])
        self.visited.remember("a:1 bob", ["ops"])
        self.assertEqual(self.visited.rooms("a:1 bob"), ("ops",))
        self.assertEqual(self.visited.rooms("a:1"), ("x",))
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_not_all_visits_are_remembered_for_ever(self) -> None:
        self.patch(visited, "MAX_VISITS", 2)
        for visit in "abc":
            self.visited.remember(visit, ["dev"])
        self.assertEqual([self.visited.rooms(visit) for visit in "abc"], [(), ("dev",), ("dev",)])

    def test_what_is_no_such_file_is_as_good_as_none(self) -> None:
        self.path.parent.mkdir()
        for content in (b"", b"[]", b"\xff", b'{"a": 1}', b'{"a": ["bad name", "dev"]}'):
            self.path.write_bytes(content)
            self.assertEqual(self.visited.rooms("a"), ("dev",) if b"dev" in content else ())
        self.patch(visited, "_MAX_SIZE", 1)
        self.assertEqual(self.visited.rooms("a"), ())

    def test_what_cannot_be_written_is_not_remembered(self) -> None:
        self.path.parent.write_text("a file where the folder should be")
        self.visited.remember("a", ["dev"])
        self.assertEqual(self.visited.rooms("a"), ())
