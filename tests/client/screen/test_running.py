"""Tests of twisted_chat.client.screen.running. Whole visits on a real terminal are in the scenarios."""

from __future__ import annotations

import asyncio
import gc
import io
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import twisted.internet
from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.client.link.link import Identity
from twisted_chat.client.link.open import Target, TlsMissing
from twisted_chat.client.model.conversation import room_key
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.options import Settings
from twisted_chat.client.plain import transcript
from twisted_chat.client.screen import preferences, running


class LoopReactor(Clock):
    """A reactor that does no more than run the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: Any = None
        self.handles_signals = True

    def callWhenRunning(self, begin: Callable[[], None]) -> None:
        self.loop.call_soon(begin)

    def run(self, *, installSignalHandlers: bool) -> None:
        self.handles_signals = installSignalHandlers
        self.loop.run_forever()

    def stop(self) -> None:
        self.loop.stop()


class FakeLink:
    def __init__(self) -> None:
        self.stopped: Deferred[None] = succeed(None)
        self.rooms: tuple[str, ...] = ("lobby",)
        self.focus: str | None = "lobby"

    def stopService(self) -> Deferred[None]:
        return self.stopped


class FakeApp:
    """A program that is over as soon as it began, or fails."""

    fails: Exception | None = None
    waits = False
    made: list[FakeApp] = []

    def __init__(self, open_link: Callable[[object], object], liked: object, **named: Any) -> None:
        self.link = open_link(None)
        self.named = named
        self.state = ClientState()
        self.return_code: int | None = 0
        self.over = asyncio.Event()
        FakeApp.made.append(self)

    async def run_async(self) -> None:
        if FakeApp.fails is not None:
            raise FakeApp.fails
        if FakeApp.waits:
            await self.over.wait()

    def exit(self) -> None:
        self.over.set()


class RunTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = LoopReactor()
        self.link = FakeLink()
        self.opened: list[Target] = []
        self.logged: list[Path | None] = []
        self.patch(asyncioreactor, "install", self.install)
        # Nobody may have imported the real one.
        kept = vars(twisted.internet).pop("reactor", None)
        vars(twisted.internet)["reactor"] = self.reactor
        self.addCleanup(self.restore, kept)
        self.patch(running, "open_link", self.open)
        self.patch(running, "ChatApp", FakeApp)
        self.patch(transcript, "begin", self.logged.append)
        folder = folder_for(self)
        self.patch(running, "data_folder", lambda: folder)
        self.patch(preferences, "path", lambda: Path("/nonexistent/client.toml"))
        self.patch(FakeApp, "made", [])
        self.addCleanup(self.close)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        self.reactor.loop = loop

    def restore(self, kept: object) -> None:
        del vars(twisted.internet)["reactor"]
        if kept is not None:
            vars(twisted.internet)["reactor"] = kept

    def close(self) -> None:
        if self.reactor.loop is not None:
            self.reactor.loop.close()
        asyncio.set_event_loop(None)

    def open(self, reactor: object, target: Target, heard: object) -> FakeLink:
        self.opened.append(target)
        return self.link

    def test_it_ends_when_the_user_leaves_and_the_connection_is_closed(self) -> None:
        self.assertEqual(running.run(Settings()), 0)
        self.assertFalse(self.reactor.handles_signals)
        self.assertTrue(self.opened[0].reconnect)

    def test_a_connection_that_does_not_close_is_not_waited_for_long(self) -> None:
        self.link.stopped = Deferred()
        loops: list[object] = []
        run_forever = asyncio.new_event_loop().__class__.run_forever

        def run(**named: bool) -> None:
            self.reactor.loop.call_later(0.01, lambda: self.reactor.advance(60))
            loops.append(run_forever(self.reactor.loop))

        self.patch(self.reactor, "run", run)
        self.assertEqual(running.run(Settings()), 0)

    def test_the_last_room_of_the_command_line_is_shown(self) -> None:
        running.run(Settings(target=Target(rooms=(("dev", None), ("ops", None)))))
        state = FakeApp.made[0].state
        state.room("ops").enter(["me"], 1)
        state.entered(room_key("ops"))
        self.assertEqual(state.view, room_key("ops"))

    def test_the_rooms_of_the_last_visit_are_entered_again(self) -> None:
        bob = Settings(target=Target(identity=Identity(nick="bob")))
        for rooms, focus, entered in (
            (("lobby", "dev", "ops"), "dev", ("ops", "dev")),
            (("lobby", "dev"), "lobby", ("dev", "lobby")),
            (("lobby",), "lobby", ()),
            (("dev",), None, ("dev",)),
        ):
            self.link.rooms, self.link.focus = rooms, focus
            running.run(bob)
            running.run(bob)
            self.assertEqual(tuple(room for room, _ in self.opened[-1].rooms), entered)
        running.run(Settings())
        self.assertEqual(self.opened[-1].rooms, ())
        named = Target(identity=Identity(nick="bob"), rooms=(("new", None),))
        running.run(Settings(target=named))
        self.assertEqual(self.opened[-1].rooms, (("new", None),))

    def test_a_fault_of_the_program_is_told(self) -> None:
        self.patch(FakeApp, "fails", RuntimeError("oh"))
        self.assertRaises(RuntimeError, running.run, Settings())

    def test_a_signal_leaves_as_the_user_would(self) -> None:
        self.patch(FakeApp, "waits", True)

        def begin_to_log(path: Path | None) -> None:
            self.reactor.loop.call_later(0, signal.raise_signal, signal.SIGTERM)

        self.patch(transcript, "begin", begin_to_log)
        kept = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
        self.addCleanup(signal.signal, signal.SIGTERM, kept[0])
        self.addCleanup(signal.signal, signal.SIGHUP, kept[1])
        self.assertEqual(running.run(Settings()), 0)

    def test_what_keeps_it_from_starting_is_one_line_and_2(self) -> None:
        errors = io.StringIO()
        self.patch(sys, "stderr", errors)

        def no_tls(*arguments: object) -> FakeLink:
            raise TlsMissing("TLS is not here")

        self.patch(running, "open_link", no_tls)
        self.assertEqual(running.run(Settings()), 2)
        self.assertEqual(errors.getvalue(), "twisted-chat: TLS is not here\n")

    def test_what_stays_is_not_looked_through_for_garbage_again(self) -> None:
        self.addCleanup(gc.unfreeze)
        running._settle()
        self.assertGreater(gc.get_freeze_count(), 0)
