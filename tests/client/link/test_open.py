"""From what is asked for to a link."""

from __future__ import annotations

import os
import sys
import tempfile
from unittest.mock import patch

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.link import trust
from twisted_chat.client.link.link import Identity
from twisted_chat.client.link.open import Target, TlsMissing, open_link


class ConnectingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.events: list[ev.Event] = []
        self.reactor = MemoryReactorClock()

    def test_it_connects_to_host_and_port(self) -> None:
        link = open_link(
            self.reactor,
            Target(host="127.0.0.1", port=7, identity=Identity(nick="bob")),
            self.events.append,
        )
        link.startService()
        self.assertEqual(self.reactor.tcpClients[0][:2], ("127.0.0.1", 7))
        self.assertEqual(link.nick, "bob")
        _ = link.stopService()

    def test_with_tls_one_is_told_what_is_remembered(self) -> None:
        made: list[trust.Trust] = []

        class Noted(trust.Trust):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments)  # type: ignore[arg-type]
                made.append(self)

        self.patch(trust, "Trust", Noted)
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, XDG_DATA_HOME=folder):
            open_link(self.reactor, Target(tls=True), self.events.append)
        (one,) = made
        one._told("look")
        self.assertEqual(self.events, [ev.Notice(content="look", code="certificate")])
        if sys.platform == "linux":
            self.assertEqual(str(one._known.path), f"{folder}/twisted-chat/known_servers")

    def test_without_the_packages_tls_says_what_to_install(self) -> None:
        with (
            patch.dict(sys.modules, {"twisted_chat.client.link.trust": None}),
            self.assertRaisesRegex(TlsMissing, "pip install"),
        ):
            open_link(self.reactor, Target(tls=True), self.events.append)
