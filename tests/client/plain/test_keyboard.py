"""Standard input, read by a thread."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from twisted_chat.client.plain.keyboard import Keyboard


class KeyboardTests(TestCase):
    timeout = 20

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor = reactor
        self.reading, self.writing = os.pipe()
        self.addCleanup(self.close)
        self.pieces: list[bytes] = []
        self.heard: Deferred[bytes] = Deferred()
        self.keyboard = Keyboard(reactor, self.typed, self.reading)  # type: ignore[arg-type]

    def close(self) -> None:
        os.close(self.reading)
        if self.writing is not None:
            os.close(self.writing)

    def typed(self, data: bytes) -> None:
        heard, self.heard = self.heard, Deferred()
        heard.callback(data)

    async def test_what_is_typed_comes_piece_by_piece_and_then_the_end(self) -> None:
        heard = self.heard
        self.keyboard.start()
        os.write(self.writing, b"one\n")
        self.assertEqual(await heard, b"one\n")
        heard = self.heard
        os.write(self.writing, b"two")
        self.assertFalse(heard.called, "nothing is read before the last piece is dealt with")
        self.keyboard.next()
        self.assertEqual(await heard, b"two")
        heard = self.heard
        os.close(self.writing)
        self.writing = os.open(os.devnull, os.O_WRONLY)
        self.keyboard.next()
        self.assertEqual(await heard, b"")

    async def test_an_input_that_is_closed_is_the_end(self) -> None:
        os.close(self.reading)
        heard = self.heard
        self.keyboard.start()
        self.assertEqual(await heard, b"")
        self.reading = os.open(os.devnull, os.O_RDONLY)
