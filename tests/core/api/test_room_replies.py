"""Tests for twisted_chat.core.api.room_replies; that they are frozen values is in test_replies."""

from __future__ import annotations

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api import room_replies as rr


class RoomReplyTests(SynchronousTestCase):
    def test_union_has_every_reply_of_the_module(self) -> None:
        self.assertEqual(set(get_args(rr.AnyRoomReply)), set(rr.RoomReply.__subclasses__()))
