"""The lists of masks behind the letters b, e and I of MODE, for clients of IRC and on the other doors."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.state.room import Room
from twisted_chat.dialects.irc import masks


class SpellTests(IrcHouseTestCase):
    def test_mask_is_written_as_it_was_read(self) -> None:
        for mask in ("bar!*@*", "*!*@bob.user", "a:bob", "m:a:bob", "m:*!~u@*", "*spam*", "bob"):
            mute, target = masks.read(masks.BAN, mask)
            self.assertEqual(masks.spell(target.text, mute=mute), mask)

    def test_address_is_one_word(self) -> None:
        self.assertEqual(masks.spell("an address"), "an_address")
        self.assertEqual(masks.spell("::/0"), "0::/0")
        self.assertEqual(masks.spell("::1", mute=True), "m:0::1")


class ListTests(IrcHouseTestCase):
    """Ann made #dev; Bob is there, and so is Zoe, on the line door."""

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        self.zoe = self.house.enters("zoe")
        self.zoe.types("/join dev")
        self.house.hush()

    @property
    def dev(self) -> Room:
        return self.house.node.hub.state.rooms_by_key["dev"]

    def assert_listed(self, letter: str, entry: int, *expected: str) -> None:
        """Any member is told of these masks, with who set them when, and of the end of the list."""
        *lines, end = self.asks(self.bob, f"MODE #dev +{letter}")
        time = int(self.house.node.hub.state.rooms_by_key["dev"].created)
        head = f":server {entry} bob #dev"
        self.assertEqual(
            [line.rpartition(" ")[0] for line in lines], [f"{head} {mask} ann" for mask in expected]
        )
        self.assertTrue(all(int(line.rpartition(" ")[2]) >= time for line in lines))
        self.assertTrue(end.startswith(f":server {entry + 1} bob #dev :End of "), end)

    def test_each_letter_has_a_list_of_its_own(self) -> None:
        set_ = ("+b e*!*@*", "+b m:z*!*@*", "+e eve!*@*", "+e m:a:zoe", "+I a:carl")
        for how in set_:
            self.assertEqual(self.asks(self.ann, f"MODE #dev {how}"), [f":ann MODE #dev {how}"])
        self.assertEqual(self.bare(self.bob), [f":ann MODE #dev {how}" for how in set_])
        self.assert_listed("b", 367, "e*!*@*", "m:z*!*@*")
        self.assert_listed("e", 348, "eve!*@*", "m:a:zoe")
        self.assert_listed("I", 346, "a:carl")
        for how in set_:
            how = f"-{how[1:].upper()}".replace("-B", "-b").replace("-E", "-e")
            self.assertEqual(len(self.asks(self.ann, f"MODE #dev {how}")), 1, how)
        for letter, entry in (("b", 367), ("e", 348), ("I", 346)):
            self.assert_listed(letter, entry)

    def test_several_masks_in_one_line(self) -> None:
        lines = self.asks(self.ann, "MODE #dev +bbe-b a!*@* b!*@* c!*@* a!*@*")
        self.assertEqual(
            lines,
            [
                ":ann MODE #dev +b a!*@*",
                ":ann MODE #dev +b b!*@*",
                ":ann MODE #dev +e c!*@*",
                ":ann MODE #dev -b a!*@*",
            ],
        )

    def test_ban_keeps_out_who_fits_it_and_puts_nobody_out(self) -> None:
        self.asks(self.ann, "MODE #dev +b bob!*@*", "MODE #dev +b zoe")
        self.assertEqual(self.bob.sees()[-1].split(" ", 1)[1], "MODE #dev +b zoe")
        self.bob.types("PART #dev")
        (told,) = self.asks(self.bob, "JOIN #dev")[-1:]
        self.assertTrue(told.startswith(":server 474 bob #dev :"), told)
        self.asks(self.ann, "MODE #dev +e b*!~bob@*")
        self.assertEqual(self.asks(self.bob, "JOIN #dev")[0], ":bob JOIN #dev")

    def test_ban_from_another_door_puts_people_out_for_all_to_see(self) -> None:
        self.asks(self.ann, "MODE #dev +o zoe")
        self.house.hush()
        self.zoe.types("/ban bob spam")
        self.assert_bare(self.ann, ":zoe MODE #dev +b bob", ":zoe KICK #dev bob :spam")
        self.assert_bare(self.bob, ":zoe MODE #dev +b bob", ":zoe KICK #dev bob :spam")

    def test_other_doors_say_it_in_words(self) -> None:
        self.ann.types("MODE #dev +b m:a:bob", "MODE #dev +I *!*@bob.user")
        self.assert_sees(
            self.zoe,
            "-- ann muted account:bob in #dev.",
            "-- ann exempted *!*@bob.user from the invites of #dev.",
        )

    def test_ban_of_everybody_is_meant(self) -> None:
        self.assertEqual(self.asks(self.ann, "MODE #dev +b *!*@*"), [":ann MODE #dev +b *!*@*"])

    def test_members_without_a_role_change_no_list(self) -> None:
        for how in ("+b eve", "-b eve", "+e eve", "+I eve", "+b m:eve"):
            (told,) = self.asks(self.bob, f"MODE #dev {how}")
            self.assertTrue(told.startswith(":server 482 bob #dev :"), told)

    def test_mask_that_can_fit_nobody_is_refused(self) -> None:
        for mask in ("192.0.2.1.2", "m:1.2.3", "a:", "x" * 65 + "*", "*!*@" + "x" * 200):
            (told,) = self.asks(self.ann, f"MODE #dev +b {mask}")
            self.assertTrue(told.startswith(":server 696 ann #dev b "), told)
        (told,) = self.asks(self.ann, "MODE #dev +I m:bob!*@*")
        self.assertTrue(told.startswith(":server 696 ann #dev I m:bob!*@* :"), told)
        (told,) = self.asks(self.ann, "MODE #dev +b *!*@192.0.2.7")
        self.assertIn("nobody is shown with such a host", told)
        self.assertEqual(len(self.dev.bans), 0)

    def test_what_is_not_listed_is_lifted_without_a_word(self) -> None:
        for how in ("-b eve", "-b m:eve!*@*", "-e eve!*@*", "-I a:eve"):
            self.assertEqual(self.asks(self.ann, f"MODE #dev {how}"), [])

    def test_longest_list_comes_whole(self) -> None:
        for number in range(120):
            self.ann.types(f"MODE #dev +b u{number}!*@*")
        *lines, end = self.asks(self.bob, "MODE #dev b")
        self.assertEqual(len(lines), 120)
        self.assertIn(" 368 ", end)
