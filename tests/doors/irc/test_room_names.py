"""A room that gets another name, as clients of all doors see it."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.state.room import Room


class RenameTests(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", "#dev", caps="draft/channel-rename")
        self.bob = self.enters("bob", "#dev")

    def room(self, name: str) -> Room:
        return self.house.node.hub.state.rooms_by_key[name]

    def test_clients_that_know_it_are_told_and_others_part_and_join(self) -> None:
        before = self.room("dev").ref.id
        self.ann.types("RENAME #dev #Ops :no reason")
        self.assert_bare(self.ann, ":ann RENAME #dev #Ops :no reason")
        self.house.clock.advance(0)
        self.assert_bare(
            self.bob,
            ":bob PART #dev :The room is now called #Ops",
            ":bob JOIN #Ops",
            ":server 353 bob = #Ops :@ann bob",
            ":server 366 bob #Ops :End of /NAMES list",
        )
        self.assertEqual(self.room("ops").ref.id, before)
        self.bob.types("PRIVMSG #ops :hi")
        self.assert_bare(self.ann, ":bob PRIVMSG #Ops :hi")
        self.assertEqual(self.asks(self.bob, "JOIN #dev")[0], ":bob JOIN #dev")
        self.assertNotEqual(self.room("dev").ref.id, before)

    def test_each_refusal_has_its_code(self) -> None:
        self.enters("joe", "#other")
        for guest, line, told in (
            (self.bob, "#dev #new", "482 bob #dev"),
            (self.ann, "#dev #OTHER", "FAIL RENAME CHANNEL_NAME_IN_USE #dev #OTHER"),
            (self.ann, "#dev #0ther", "FAIL RENAME CHANNEL_NAME_IN_USE #dev #0ther"),
            (self.ann, "#dev #dev", "FAIL RENAME CANNOT_RENAME #dev #dev"),
            (self.ann, "#dev new", "FAIL RENAME CANNOT_RENAME #dev new"),
            (self.ann, "#other #new", "442 ann #other"),
            (self.ann, "#nowhere #new", "403 ann #nowhere"),
        ):
            (seen,) = self.asks(guest, f"RENAME {line}")
            self.assertTrue(seen.startswith(f":server {told} :"), seen)

    def test_password_stays_the_same(self) -> None:
        self.ann.types("MODE #dev +k secret", "RENAME #dev #ops", "RENAME #ops #third")
        eve = self.enters("eve")
        for line, number in (("JOIN #third", "475"), ("JOIN #third other", "475")):
            self.assertTrue(self.asks(eve, line)[0].startswith(f":server {number} "))
        self.assertEqual(self.asks(eve, "JOIN #third secret")[0], ":eve JOIN #third")
        self.ann.types("MODE #third +k new")
        joe = self.enters("joe")
        self.assertEqual(self.asks(joe, "JOIN #third new")[0], ":joe JOIN #third")

    def test_people_and_programs_see_one_line_and_the_history_under_the_new_name(self) -> None:
        zoe, prog = self.house.enters("zoe"), self.house.program("prog")
        zoe.types("/join tea", "hello")
        prog.objects({"type": "join", "content": "tea"})
        self.house.hush()
        zoe.types("/rename-room coffee better")
        self.assertEqual(zoe.sees(), ["-- zoe renamed #tea to #coffee (better)"])
        (told,) = prog.gets()
        self.assertEqual(
            (told["type"], told["room"], told["name"], told["reason"]),
            ("rename", "tea", "coffee", "better"),
        )
        zoe.types("hi")
        self.assertEqual(prog.gets()[0]["room"], "coffee")
        prog.objects({"type": "history", "room": "coffee"})
        messages = [each for each in prog.gets() if each["type"] == "message"]
        self.assertEqual([each["room"] for each in messages], ["coffee", "coffee"])
        prog.objects({"type": "message", "room": "tea", "content": "x"})
        self.assertEqual(prog.gets()[0]["code"], "no-such-room")
