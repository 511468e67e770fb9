"""The events are values."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev


class EventTests(SynchronousTestCase):
    def test_every_event_is_frozen(self) -> None:
        found = [
            each
            for each in vars(ev).values()
            if isinstance(each, type)
            and issubclass(each, msgspec.Struct)
            and each is not msgspec.Struct
        ]
        self.assertGreater(len(found), 40)
        for each in found:
            self.assertTrue(each.__struct_config__.frozen, each)

    def test_a_bot_finds_everything_under_the_name_of_the_event(self) -> None:
        said = ev.RoomMessage(sender="bob", room="dev", content="a\nb")
        told = ev.PrivateMessage(sender="bob", to="me", content="psst")
        for message, to, lines in ((said, None, ("a", "b")), (told, "me", ("psst",))):
            assert isinstance(message, ev.Message)
            self.assertEqual((message.to, message.lines), (to, lines))
            self.assertEqual((message.kind, message.replay), ("say", False))
            self.assertEqual((message.nonce, message.scope), (None, None))
        self.assertEqual(ev.Renamed(sender="bob", content="carl").nick, "carl")

    def test_every_change_of_a_room_has_the_same_attributes(self) -> None:
        for change in (
            ev.SettingChanged(setting="slow", value=5),
            ev.OwnerChanged(),
            ev.InviteSent(),
            ev.BanSet(),
            ev.BanLifted(),
            ev.MuteSet(),
            ev.MuteLifted(),
            ev.Forgotten(),
            ev.RoomDropped(),
            ev.RetentionSet(),
        ):
            self.assertIsInstance(change, ev.Changed)
            self.assertEqual(
                (change.to, change.out, change.out_count, change.everywhere), (None, (), 0, False)
            )
        self.assertEqual(ev.BanSet().kind, "ban")
