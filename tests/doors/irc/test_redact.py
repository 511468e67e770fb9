"""REDACT: messages that are deleted, for clients that know that and for others."""

from __future__ import annotations

from tests.doors.house import Guest
from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.values.ids import spell

CAPS = "draft/message-redaction message-tags"


class RedactTests(IrcHouseTestCase):
    """Ann made #dev; Bob and Eve are there, Eve without the capability."""

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = (self.enters(name, "#dev", caps=CAPS) for name in ("ann", "bob"))
        self.eve = self.enters("eve", "#dev")

    def says(self, guest: Guest, text: str) -> str:
        guest.types(f"PRIVMSG #dev :{text}")
        self.house.hush()
        return spell(self.house.node.hub.latest)

    def test_who_knows_it_is_shown_what_is_gone_and_others_nothing(self) -> None:
        first, second = self.says(self.bob, "oops"), self.says(self.bob, "spam")
        self.assertEqual(self.asks(self.bob, f"REDACT #dev {first}"), [f":bob REDACT #dev {first}"])
        self.assert_bare(self.ann, f":bob REDACT #dev {first}")
        self.ann.types(f"REDACT #DEV {second} :too much")
        for guest in (self.ann, self.bob):
            self.assert_bare(guest, f":ann REDACT #dev {second} :too much")
        self.assertEqual(self.eve.sees(), [])

    def test_other_doors_hear_of_it(self) -> None:
        zoe = self.house.enters("zoe")
        zoe.types("/join dev")
        message = self.says(self.bob, "oops")
        zoe.hears()
        self.ann.types(f"REDACT #dev {message}")
        self.assert_sees(zoe, "-- ann deleted a message from bob in #dev.")

    def test_refusals_are_those_of_the_specification(self) -> None:
        message = self.says(self.ann, "hi")
        for line, expected in (
            (f"#dev {message}", f"REDACT_FORBIDDEN #dev {message}"),
            ("#dev nonsense", "UNKNOWN_MSGID #dev nonsense"),
            ("#dev 00000000ffffffff", "UNKNOWN_MSGID #dev 00000000ffffffff"),
            (f"#other {message}", "INVALID_TARGET #other"),
            ("#other nonsense", "INVALID_TARGET #other"),
            (f"##x {message}", "INVALID_TARGET ##x"),
            (f"ann {message}", f"UNKNOWN_MSGID ann {message}"),
            (f"nobody {message}", "INVALID_TARGET nobody"),
        ):
            (told,) = self.asks(self.bob, f"REDACT {line}")
            self.assertTrue(told.startswith(f":server FAIL REDACT {expected} :"), told)

    def test_id_of_another_room_deletes_nothing_there(self) -> None:
        self.ann.types("JOIN #secret", "MODE #secret +s", "PRIVMSG #secret :psst")
        message = spell(self.house.node.hub.latest)
        self.bob.types("JOIN #mine")
        (told,) = self.asks(self.bob, f"REDACT #mine {message}")
        self.assertTrue(told.startswith(f":server FAIL REDACT UNKNOWN_MSGID #mine {message} :"))

    def test_what_guests_wrote_to_each_other_can_be_taken_back_while_they_are_here(self) -> None:
        self.bob.types("PRIVMSG ann :oops")
        message = spell(self.house.node.hub.latest)
        self.house.hush()
        (told,) = self.asks(self.ann, f"REDACT bob {message}")
        self.assertTrue(
            told.startswith(f":server FAIL REDACT REDACT_FORBIDDEN bob {message}"), told
        )
        self.assertEqual(
            self.asks(self.bob, f"REDACT ann {message}"), [f":bob REDACT ann {message}"]
        )
        self.assert_bare(self.ann, f":bob REDACT ann {message}")
        (told,) = self.asks(self.bob, f"REDACT ann {message}")
        self.assertTrue(told.startswith(f":server FAIL REDACT UNKNOWN_MSGID ann {message}"), told)
