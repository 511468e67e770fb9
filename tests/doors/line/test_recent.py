"""In which rooms and conversations something was said lately, as programs ask for it."""

from __future__ import annotations

from typing import Any

from tests.doors.house import Guest, HouseTestCase


class RecentTests(HouseTestCase):
    """Ann, Bob and Eve are guests in #dev; Ann has said something there, and then to Bob."""

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob, self.eve = (self.house.program(name) for name in ("ann", "bob", "eve"))
        for each in (self.ann, self.bob, self.eve):
            each.objects({"type": "join", "content": "dev"})
        self.house.hush()
        self.ann.objects({"type": "message", "content": "hi", "room": "dev"})
        self.house.waits(10)
        self.ann.objects({"type": "private", "to": "bob", "content": "psst"})
        said, told = (each for each in self.bob.gets())
        self.said, self.told = said["time"], told["time"]
        self.house.hush()

    def recent(self, guest: Guest, **fields: Any) -> list[tuple[str, str]]:
        """Return what is recent for somebody, with its times."""
        guest.objects({"type": "recent", **fields})
        (answer,) = guest.gets()
        self.assertEqual(answer["type"], "recent")
        return [(each.get("room") or f"@{each['with']}", each["time"]) for each in answer["places"]]

    def test_rooms_and_people_are_in_the_order_of_their_last_messages(self) -> None:
        for guest, partner in ((self.ann, "@bob"), (self.bob, "@ann")):
            self.assertEqual(self.recent(guest), [("dev", self.said), (partner, self.told)])
        self.assertEqual(self.recent(self.eve), [("dev", self.said)])

    def test_times_are_outside_of_what_is_between_them_and_there_may_be_a_limit(self) -> None:
        self.assertEqual(self.recent(self.ann, after=self.said), [("@bob", self.told)])
        self.assertEqual(self.recent(self.ann, before=self.told), [("dev", self.said)])
        self.assertEqual(self.recent(self.ann, after=self.said, before=self.told), [])
        self.assertEqual(self.recent(self.ann, limit=1), [("dev", self.said)])

    def test_room_that_shows_nothing_from_before_one_came_is_not_listed(self) -> None:
        self.ann.objects({"type": "command", "content": "/visibility #dev join"})
        zoe = self.house.program("zoe")
        zoe.objects({"type": "join", "content": "dev"})
        self.house.hush()
        self.assertEqual(self.recent(zoe), [])

    def test_guest_who_is_gone_is_listed_no_more(self) -> None:
        self.bob.resets()
        self.house.hush()
        self.assertEqual(self.recent(self.ann), [("dev", self.said)])
