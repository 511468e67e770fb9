"""METADATA, and profiles on the other doors."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase

CAPS = "draft/metadata-3 batch"


class MetadataTests(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", "#dev", caps=CAPS)
        self.bob = self.enters("bob", "#dev", caps=CAPS)

    def test_value_is_set_got_listed_and_taken_out(self) -> None:
        self.assertEqual(
            self.asks(self.ann, "METADATA * SET Color :dark blue"),
            [":server 761 ann ann color * :dark blue"],
        )
        self.assertEqual(
            self.asks(self.bob, "METADATA ann GET color avatar a:b"),
            [
                ":server BATCH +1 metadata ann",
                "@batch=1 :server 761 bob ann color * :dark blue",
                "@batch=1 :server 766 bob ann avatar :is not set",
                "@batch=1 :server FAIL METADATA KEY_INVALID a:b :Not a key",
                ":server BATCH -1",
            ],
        )
        self.assertEqual(len(self.asks(self.bob, "METADATA ann LIST")), 3)
        self.assertEqual(
            self.asks(self.ann, "METADATA * SET color"), [":server 766 ann ann color :is not set"]
        )
        self.assertEqual(len(self.asks(self.bob, "METADATA ann LIST")), 2)

    def test_subscribers_are_told_and_nobody_else(self) -> None:
        eve = self.enters("eve", "#dev", caps=CAPS)
        self.assertEqual(
            self.asks(self.bob, "METADATA * SUB color a:b url"),
            [
                ":server FAIL METADATA KEY_INVALID a:b :Not a key",
                ":server 770 bob color url",
            ],
        )
        self.ann.types("METADATA * SET color :blue", "METADATA * SET avatar :x")
        self.assert_bare(self.bob, ":server 761 * ann color * :blue")
        self.assert_bare(eve)
        self.assertEqual(self.asks(self.bob, "METADATA * SUBS"), [":server 772 bob color url"])
        self.assertEqual(self.asks(self.bob, "METADATA * UNSUB color"), [":server 771 bob color"])
        self.ann.types("METADATA * SET color :red")
        self.assert_bare(self.bob)

    def test_who_enters_is_told_what_is_set_already(self) -> None:
        self.ann.types("METADATA * SET color :blue", "METADATA #dev SET color :red")
        eve = self.enters("eve", caps=CAPS)
        eve.types("METADATA * SUB color")
        self.house.hush()
        self.assertEqual(
            self.asks(eve, "JOIN #dev")[-2:],
            [":server 761 eve #dev color * :red", ":server 761 eve ann color * :blue"],
        )

    def test_each_refusal_has_its_code(self) -> None:
        self.enters("joe", "#other")
        for line, code in (
            ("METADATA zoe LIST", "INVALID_TARGET zoe"),
            ("METADATA #nowhere LIST", "INVALID_TARGET #nowhere"),
            ("METADATA #other SET color :x", "INVALID_TARGET #other"),
            ("METADATA a!b LIST", "INVALID_TARGET a!b"),
            ("METADATA ann SET color :x", "KEY_NO_PERMISSION ann color"),
            ("METADATA #dev SET color :x", "KEY_NO_PERMISSION #dev color"),
            ("METADATA * SET a:b :x", "KEY_INVALID a:b"),
            (f"METADATA * SET color :{'x' * 301}", "INVALID_VALUE color"),
            ("METADATA * SET color :\x1b[2J", "INVALID_VALUE color"),
            ("METADATA * NONSENSE", "SUBCOMMAND_INVALID NONSENSE"),
        ):
            (told,) = self.asks(self.bob, line)
            self.assertTrue(told.startswith(f":server FAIL METADATA {code} :"), told)

    def test_client_says_what_its_profile_is_to_say_before_it_logs_in(self) -> None:
        eve = self.comes()
        eve.types(f"CAP REQ :{CAPS}", "METADATA * SET color :blue", "METADATA * SET a:b :x")
        _, told, failed = self.bare(eve)
        self.assertEqual(told, ":server 761 * * color * :blue")
        self.assertTrue(failed.startswith(":server FAIL METADATA KEY_INVALID a:b :"), failed)
        self.assertEqual(len(self.asks(eve, "METADATA * LIST")), 3)
        for line in ("METADATA ann LIST", "METADATA * CLEAR"):
            (failed,) = self.asks(eve, line)
            self.assertTrue(failed.startswith(":server FAIL METADATA "), failed)
        seen = self.asks(eve, "NICK eve", "USER eve 0 * :Eve", "CAP END")
        self.assertIn("@batch=2 :server 761 eve eve color * :blue", seen)
        self.assertIn(
            ":server 761 bob eve color * :blue",
            " ".join(self.asks(self.bob, "METADATA eve GET color")),
        )

    def test_clear_takes_all_out(self) -> None:
        self.ann.types("METADATA #dev SET color :x", "METADATA #dev SET avatar :y")
        self.house.hush()
        self.assertEqual(len(self.asks(self.ann, "METADATA #dev CLEAR")), 4)
        self.assertEqual(self.house.node.hub.state.rooms_by_key["dev"].profile, {})

    def test_whois_tells_clients_that_know_profiles(self) -> None:
        self.ann.types("METADATA * SET color :blue")
        line = ":server 760 bob ann color * :blue"
        self.assertIn(line, self.asks(self.bob, "WHOIS ann"))
        eve = self.enters("eve")
        self.assertFalse([each for each in self.asks(eve, "WHOIS ann") if " 760 " in each])


class OtherDoorTests(IrcHouseTestCase):
    def test_people_and_programs_have_the_same_profiles(self) -> None:
        ann, bob = self.house.enters("ann"), self.house.program("bob")
        ann.types("/join dev")
        bob.objects({"type": "join", "content": "dev"})
        self.house.hush()
        ann.types("/profile color blue", "/profile #dev color red", "/profile", "/profile #dev")
        self.assertEqual(
            ann.sees(),
            [
                "-- ann set color in their profile to: blue",
                "-- ann set color in the profile of #dev to: red",
                "-- Profile of ann:",
                "--   color: blue",
                "-- Profile of #dev:",
                "--   color: red",
            ],
        )
        first, second = bob.gets()
        self.assertEqual((first["from"], first["values"]), ("ann", {"color": "blue"}))
        self.assertEqual((second["room"], second["values"]), ("dev", {"color": "red"}))
        bob.objects({"type": "profile", "with": "ann"})
        self.assertEqual(bob.gets()[0]["values"], {"color": "blue"})
