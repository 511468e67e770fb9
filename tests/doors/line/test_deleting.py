"""Deleting single messages, with plain lines and with JSON: who may, who sees it, and what is left."""

from __future__ import annotations

from typing import Any

from tests.core.matrix import become
from tests.doors.house import Guest, HouseTestCase
from twisted_chat.core.values.ids import MessageId, spell


class Case(HouseTestCase):
    """Olga made #dev; Bob and Rex are there, Rex as a program. Eve is in the lobby."""

    def setUp(self) -> None:
        super().setUp()
        self.olga, self.bob, self.eve = (self.house.enters(name) for name in ("olga", "bob", "eve"))
        self.rex = self.house.program("rex")
        for guest in (self.olga, self.bob):
            guest.types("/join dev")
        self.rex.objects({"type": "join", "content": "dev"})
        self.house.hush()

    def says(self, guest: Guest, text: str) -> str:
        """Let somebody say something; return its id."""
        guest.types(text)
        self.house.hush()
        return spell(self.house.node.hub.latest)

    def history(self) -> list[str]:
        self.rex.objects({"type": "history", "room": "dev"})
        return [each["content"] for each in self.rex.gets() if each.get("replay")]


class RoomTests(Case):
    def test_own_message_is_deleted_for_all_to_see(self) -> None:
        oops, _ = self.says(self.bob, "oops"), self.says(self.bob, "better")
        self.bob.types(f"/delete {oops} wrong room")
        for guest in (self.bob, self.olga):
            self.assert_sees(guest, "-- bob deleted a message of their own in #dev (wrong room)")
        (told,) = self.rex.gets()
        self.assertEqual(
            (told["type"], told["from"], told["room"], told["message"], told["reason"]),
            ("redact", "bob", "dev", oops, "wrong room"),
        )
        self.assertEqual(self.history(), ["better"])
        self.rex.objects({"type": "search", "content": "oops"})
        self.assertFalse([each for each in self.rex.gets() if each.get("replay")])

    def test_operators_of_the_room_delete_what_others_said(self) -> None:
        spam = self.says(self.bob, "spam")
        self.rex.objects({"type": "redact", "message": spam, "id": "1"})
        self.assertEqual([each["code"] for each in self.rex.gets()], ["not-operator"])
        self.assertEqual(self.history(), ["spam"])
        self.olga.types(f"/delete {spam}")
        self.assert_sees(self.bob, "-- olga deleted a message from bob in #dev.")
        self.assertEqual(self.history(), [])

    def test_program_is_answered_by_what_happened_and_an_ack(self) -> None:
        self.rex.objects({"type": "message", "content": "oops", "id": "1"})
        (ack,) = self.rex.gets()
        self.rex.objects({"type": "redact", "room": "dev", "message": ack["message"], "id": "2"})
        told, done = self.rex.gets()
        self.assertEqual((told["type"], told["message"]), ("redact", ack["message"]))
        self.assertEqual((done["type"], done["id"]), ("ack", "2"))

    def test_message_of_another_room_is_no_message_of_this_one(self) -> None:
        elsewhere = self.says(self.eve, "hi lobby")
        here = self.says(self.bob, "hi dev")
        for line in (f"/delete {elsewhere}", f"/delete {spell(MessageId(10**9))}"):
            self.olga.types(line)
            self.assert_sees(
                self.olga, "! There is no such message in the history. Nothing was deleted."
            )
        self.eve.types(f"/delete #dev {here}")
        self.assert_sees(self.eve, "! You are not in #dev. Enter it with /join #dev.")
        self.assertEqual(self.history(), ["hi dev"])

    def test_what_an_account_said_earlier_is_its_own_and_a_name_alone_is_not(self) -> None:
        state = self.house.node.hub.state
        become(state, state.users_by_key["bob"], "bob")
        mine, theirs = self.says(self.bob, "mine"), self.says(self.rex_as_line(), "theirs")
        self.bob.resets()
        back = self.house.enters("bobby")
        become(state, state.users_by_key["bobby"], "bob")
        back.types("/join dev", "/nick rexx")
        self.house.hush()
        back.types(f"/delete {theirs}")
        self.assertTrue(back.sees()[0].startswith("! Only operators of #dev can do that."))
        back.types(f"/delete {mine}")
        self.assert_sees(back, "-- rexx deleted a message of their own in #dev.")

    def rex_as_line(self) -> Guest:
        guest = self.house.enters("rexline")
        guest.types("/join dev")
        return guest

    def test_server_operator_deletes_in_a_room_and_that_is_on_record(self) -> None:
        spam = self.says(self.olga, "spam")
        state = self.house.node.hub.state
        (seat,) = (s for s in state.sessions.values() if s.user == state.users_by_key["bob"].id)
        self.house.node.hub.make_operator(seat.id, "root", 0.0)
        self.bob.types(f"/delete {spam}")
        self.assert_sees(self.olga, "-- bob deleted a message from olga in #dev.")
        self.house.hush()
        self.bob.types("/audit")
        self.assert_any(self.bob.sees(), "root.*deleted a message from olga in #dev")

    def test_reaction_is_deleted_like_any_message(self) -> None:
        self.rex.objects({"type": "tags", "room": "dev", "tags": {"draft/react": "+1"}, "id": "1"})
        (ack,) = self.rex.gets()
        self.rex.objects({"type": "redact", "room": "dev", "message": ack["message"]})
        self.assertEqual(self.rex.gets()[0]["type"], "redact")
        self.assertEqual(self.history(), [])


class PrivateTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.has_account("ann"), self.has_account("bob")

    def has_account(self, name: str) -> Guest:
        """Let a program in with an account of its name."""
        guest = self.house.program(name)
        guest.objects({"type": "register", "password": "correct-horse"})
        self.house.hush()
        return guest

    def tells(self, text: str) -> str:
        """Let Ann write to Bob; return the id of that."""
        self.ann.objects({"type": "private", "to": "bob", "content": text, "id": text})
        (ack,) = self.ann.gets()
        self.house.hush()
        return str(ack["message"])

    def between(self, guest: Guest, partner: str) -> list[Any]:
        guest.objects({"type": "history", "with": partner})
        return [each["content"] for each in guest.gets() if each.get("replay")]

    def test_own_private_message_is_deleted_for_both(self) -> None:
        message = self.tells("oops")
        self.bob.objects({"type": "redact", "with": "ann", "message": message})
        self.assertEqual([each["code"] for each in self.bob.gets()], ["not-your-message"])
        self.ann.objects({"type": "redact", "with": "bob", "message": message})
        for guest in (self.ann, self.bob):
            (told,) = (each for each in guest.gets() if each["type"] == "redact")
            self.assertEqual((told["to"], told["message"]), ("bob", message))
        self.assertEqual(self.between(self.bob, "ann"), [])
        self.assertEqual(self.between(self.ann, "bob"), [])
