"""The client for bots."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.client.serving import FakeServer
from twisted import internet
from twisted_chat.client import ChatError, Client, api, run
from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Link
from twisted_chat.client.link.open import Target, TlsMissing
from twisted_chat.client.link.reconnect import LONGEST_WAIT
from twisted_chat.client.program import _Run


class Base(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.server = FakeServer()
        self.patch(api, "open_link", self.open_link)
        self.heard: list[ev.Event] = []
        self.chat = Client(nick="bob", reactor=self.clock, on_event=self.heard.append)

    def open_link(self, reactor: Any, target: Target, heard: Any) -> Link:
        return Link(
            reactor,
            self.server,
            target.identity,
            heard,
            rooms=target.rooms,
            bot_commands=target.bot_commands,
            reconnect=target.reconnect,
            patience=target.patience,
            new_secret=lambda: "s",
        )

    def tearDown(self) -> None:
        if self.chat._link is not None:
            _ = self.chat._link.stopService()
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def starts(self, work: Any) -> Deferred[Any]:
        running: Deferred[Any] = Deferred.fromCoroutine(work)
        self.server.hears()
        return running

    def comes_in(self) -> None:
        connecting = self.starts(self.chat.connect())
        self.server.welcomes()
        self.successResultOf(connecting)
        self.server.took()

    def fails(self, running: Deferred[Any], code: str) -> str:
        error = self.failureResultOf(running, ChatError).value
        assert isinstance(error, ChatError)
        self.assertEqual(error.code, code)
        return str(error)


class ConnectTests(Base):
    def test_it_is_in_when_it_is_in_its_rooms(self) -> None:
        self.chat = Client(nick="bob", rooms=["dev", ("ops", "key")], reactor=self.clock)
        connecting = self.starts(self.chat.connect())
        self.server.answers_pings = False
        self.server.tells("pong", content="1")
        self.server.tells("welcome", id="login", nick="bob", session="s", scope="x", resumed=False)
        got = self.server.took()
        self.assertEqual(
            [each["content"] for each in got if each["type"] == "join"], ["dev", "ops"]
        )
        self.assertNoResult(connecting)
        self.server.tells("pong", content=got[-1]["content"])
        self.successResultOf(connecting)
        self.assertEqual(self.chat.rooms, ("lobby", "dev", "ops"))

    def test_a_refused_name_is_an_error(self) -> None:
        connecting = self.starts(self.chat.connect())
        self.server.tells("error", id="login", code="nick-taken", content="taken")
        self.assertEqual(self.fails(connecting, "nick-taken"), "taken")

    def test_a_room_that_is_refused_is_an_error(self) -> None:
        self.chat = Client(nick="bob", rooms=["dev", "ops"], reactor=self.clock)
        connecting = self.starts(self.chat.connect())
        self.server.answers_pings = False
        self.server.tells("pong", content="1")
        self.server.tells("welcome", id="login", nick="bob", session="s", scope="x", resumed=False)
        *_, first, second, ping = self.server.took()
        self.server.enters("dev", "bob", tag=first["id"])
        self.server.tells("error", id=second["id"], code="wrong-password", content="locked")
        self.server.tells("pong", content=ping["content"])
        self.assertEqual(self.fails(connecting, "wrong-password"), "locked")

    def test_without_reconnecting_no_server_is_an_error(self) -> None:
        self.server.down = True
        self.chat = Client(reconnect=False, reactor=self.clock)
        connecting = self.starts(self.chat.connect())
        self.clock.advance(0)
        self.assertIn("connection refused", self.fails(connecting, "offline"))

    def test_who_gives_up_connecting_does_not_come_in_later(self) -> None:
        self.server.down = True
        connecting = self.starts(self.chat.connect())
        connecting.cancel()
        self.failureResultOf(connecting, CancelledError)
        self.server.down = False
        self.clock.advance(LONGEST_WAIT)
        self.assertEqual((self.server.tries, self.clock.getDelayedCalls()), (1, []))

    def test_leaving_is_no_error_when_over_and_does_not_wait_for_ever(self) -> None:
        self.fails(self.starts(self.chat.say("hi")), "offline")
        self.successResultOf(self.starts(self.chat.close()))
        self.comes_in()
        assert self.chat._link is not None
        self.chat._link.quit()
        self.successResultOf(self.starts(self.chat.close()))
        self.fails(self.starts(self.chat.settled()), "offline")

    def test_the_words_of_a_bot_are_told_after_each_login(self) -> None:
        words = ["!roll", "!flip", "!roll"]
        self.chat = Client(reactor=self.clock, rooms=["dev"], bot_commands=words)
        _ = self.starts(self.chat.connect())
        self.server.welcomes()
        sent = [
            (each["type"], each.get("content", each.get("commands")))
            for each in self.server.took()
            if each["type"] in ("join", "bot_commands")
        ]
        self.assertEqual(sent, [("join", "dev"), ("bot_commands", ["!roll", "!flip"])])

    def test_words_that_bots_cannot_answer_to_and_bad_fingerprints_are_errors(self) -> None:
        for words in (["!msg"], ["roll"], ["!roll", "!mgs"], [f"!word{n}" for n in range(21)]):
            with self.assertRaises(ValueError):
                Client(bot_commands=words, reactor=self.clock)
        with self.assertRaises(ValueError):
            Client(fingerprint="AB", reactor=self.clock)
        print_ = ":".join(["AB"] * 32)
        self.assertTrue(Client(fingerprint=print_, reactor=self.clock)._target.tls)
        from twisted.internet import reactor

        self.assertIs(Client()._reactor, reactor)

    def test_without_the_packages_tls_is_an_error(self) -> None:
        def missing(*_: object) -> Link:
            raise TlsMissing("install it")

        self.patch(api, "open_link", missing)
        self.assertEqual(self.fails(self.starts(self.chat.connect()), "not-sent"), "install it")

    def test_leaving_waits_for_the_last_acknowledgement(self) -> None:
        async def visit() -> None:
            async with self.chat as chat:
                _ = Deferred.fromCoroutine(chat.say("hi"))

        visiting = self.starts(visit())
        self.server.welcomes()
        (message,) = [each for each in self.server.took() if each["type"] == "message"]
        self.assertNoResult(visiting)
        self.server.acks(message["id"])
        self.server.hears()
        self.successResultOf(visiting)
        self.assertIn("quit", [each["type"] for each in self.server.took()])

    def test_leaving_does_not_wait_for_ever(self) -> None:
        self.comes_in()
        self.server.answers_pings = False
        assert self.chat._link is not None
        held: Deferred[None] = Deferred()
        self.patch(self.chat._link, "when_closed", lambda: held)
        closing = self.starts(self.chat.close())
        self.clock.advance(10)
        self.assertNoResult(closing)
        self.clock.advance(10)
        self.successResultOf(closing)


class TalkTests(Base):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def test_say_returns_the_id_when_it_is_stored(self) -> None:
        saying = self.starts(self.chat.say("hi"))
        self.assertNoResult(saying)
        (message,) = self.server.took()
        self.server.tells("ack", id=message["id"], message="00ff", time="2026-01-01T00:00:00Z")
        self.assertEqual(self.successResultOf(saying), "00ff")

    def test_say_outlives_a_lost_connection(self) -> None:
        saying = self.starts(self.chat.say("hi"))
        self.server.took()
        self.server.drops()
        self.clock.advance(LONGEST_WAIT)
        self.server.welcomes()
        self.assertNoResult(saying)
        (message,) = [each for each in self.server.took() if each["type"] == "message"]
        self.server.acks(message["id"])
        self.successResultOf(saying)

    def test_what_is_refused_is_an_error_with_the_servers_reason(self) -> None:
        telling = self.starts(self.chat.tell("joe", "psst"))
        (message,) = self.server.took()
        self.server.tells("error", id=message["id"], code="no-such-nick", content="joe is not here")
        self.assertEqual(self.fails(telling, "no-such-nick"), "joe is not here")
        self.assertEqual((self.chat.nick, self.chat.lag), ("bob", 0.0))
        saying = self.starts(self.chat.say("hi"))
        saying.cancel()
        self.assertIsNotNone(self.failureResultOf(saying))
        self.assertEqual(self.chat._answers, {})

    def test_who_may_not_join_talks_where_they_talked_before(self) -> None:
        self.server.answers_pings = False
        joining = self.starts(self.chat.join("bad name"))
        (join, *_) = self.server.took()
        self.server.tells("error", id=join["id"], code="bad-name", content="no name")
        self.fails(joining, "bad-name")
        self.assertNoResult(self.starts(self.chat.say("hi")))
        self.assertEqual(self.server.took()[-1]["room"], "lobby")

    def test_a_private_text_waits_ten_seconds_for_who_was_there_before(self) -> None:
        self.server.drops()
        telling = self.starts(self.chat.tell("joe", "psst"))
        self.clock.advance(LONGEST_WAIT)
        self.server.welcomes()
        (message,) = [each for each in self.server.took() if each["type"] == "private"]
        self.server.tells("error", id=message["id"], code="no-such-nick", content="not here")
        for _ in range(2):
            self.assertNoResult(telling)
            self.clock.advance(5)
            self.server.took()
        self.assertIn("did not come back", self.fails(telling, "no-such-nick"))

    def test_what_cannot_be_sent_or_is_no_text_is_told(self) -> None:
        self.fails(self.starts(self.chat.say("a\x07")), "not-sent")
        number: Any = 123
        for call in (
            self.chat.say(number),
            self.chat.tell("joe", number),
            self.chat.tell(number, "hi"),
            self.chat.typed(number),
            self.chat.command(number),
            self.chat.join(number),
        ):
            error = self.failureResultOf(self.starts(call), TypeError).value
            self.assertIn("must be a string, not int", str(error))
        self.assertEqual(self.server.took(), [])

    def test_a_command_returns_its_answer(self) -> None:
        self.server.answers_pings = False
        asking = self.starts(self.chat.command("/who"))
        (command, *_) = self.server.took()
        self.server.tells("who", id=command["id"], users=[], count=0)
        self.assertEqual(self.successResultOf(asking), ev.Who(tag=command["id"], users=(), count=0))

    def test_what_a_person_typed_is_what_it_is_at_a_terminal(self) -> None:
        for line, kind in (
            ("hi", "message"),
            ("psst > joe", "private"),
            ("/me waves", "message"),
            ("?", "command"),
            ("/join dev", "join"),
        ):
            _ = self.starts(self.chat.typed(line)).addErrback(lambda _: None)
            self.assertIn(kind, [each["type"] for each in self.server.took()], line)
        self.successResultOf(self.starts(self.chat.typed("")))
        for slip in ("psst -> joe", "login joe pw", "psst > "):
            self.fails(self.starts(self.chat.typed(slip)), "not-sent")

    def test_a_command_whose_answer_is_lost_is_an_error(self) -> None:
        self.server.answers_pings = False
        asking = self.starts(self.chat.command("/kick joe"))
        self.server.drops()
        self.fails(asking, "offline")

    def test_rooms_are_entered_and_left(self) -> None:
        self.server.answers_pings = False
        joining = self.starts(self.chat.join("dev", "key"))
        join = self.server.took()[0]
        self.server.enters("dev", "bob", tag=join["id"])
        self.successResultOf(joining)
        leaving = self.starts(self.chat.leave())
        leave = self.server.took()[0]
        self.server.tells("leave", id=leave["id"], room="dev", focus="lobby")
        self.successResultOf(leaving)

    def test_a_room_is_entered_though_the_connection_is_lost_meanwhile(self) -> None:
        self.server.answers_pings = False
        joining = self.starts(self.chat.join("dev"))
        self.server.took()
        self.server.drops()
        self.server.answers_pings = True
        self.clock.advance(LONGEST_WAIT)
        self.server.welcomes()
        self.server.hears()
        self.successResultOf(joining)

    def test_history_is_a_page(self) -> None:
        asking = self.starts(self.chat.history("lobby", limit=5))
        (request,) = self.server.took()
        self.server.tells("history_start", id=request["id"], room="lobby", count=1)
        self.server.says("early", replay=True)
        self.server.tells("history_end", id=request["id"], room="lobby", count=1, more=True)
        page = self.successResultOf(asking)
        self.assertEqual(([each.text for each in page.messages], page.more), (["early"], True))

    def test_accounts_and_commands_without_an_answer_return_when_carried_out(self) -> None:
        registering = self.starts(self.chat.register("pw"))
        (request,) = self.server.took()
        self.server.tells("notice", id=request["id"], code="done")
        self.successResultOf(registering)
        asking = self.starts(self.chat.command("/back"))
        self.server.hears()
        self.assertIsNone(self.successResultOf(asking))

    def test_when_it_is_over_nothing_waits_and_nothing_is_sent(self) -> None:
        saying = self.starts(self.chat.say("hi"))
        assert self.chat._link is not None
        self.chat._link.quit()
        self.fails(saying, "left")
        self.fails(self.starts(self.chat.say("hi")), "left")


class HearTests(Base):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()
        self.chat._events.clear()
        self.heard.clear()

    def next(self) -> Deferred[Any]:
        return self.starts(self.iterator.__anext__())

    def begin(self) -> None:
        self.iterator = self.chat.__aiter__()

    def test_events_come_in_order(self) -> None:
        self.begin()
        waiting = self.next()
        self.assertNoResult(waiting)
        self.server.says("one")
        self.server.says("two")
        self.assertEqual(self.successResultOf(waiting).text, "one")
        self.assertEqual(self.successResultOf(self.next()).text, "two")
        self.assertEqual([each.text for each in self.heard], ["one", "two"])

    def test_what_an_answer_brings_about_comes_behind_it(self) -> None:
        async def talk() -> None:
            await self.chat.say("one")
            await self.chat.say("two")

        _ = self.starts(talk())
        self.server.acks(self.server.took()[-1]["id"])
        self.assertEqual(
            [type(each).__name__ for each in self.chat._events], ["Sending", "Ack", "Sending"]
        )

    def test_each_event_is_for_one_of_two_who_iterate(self) -> None:
        first, second = self.chat.__aiter__(), self.chat.__aiter__()
        waiting = [self.starts(each.__anext__()) for each in (first, second)]
        self.server.says("one")
        self.server.says("two")
        self.assertEqual([self.successResultOf(each).text for each in waiting], ["one", "two"])

    def test_it_ends_when_one_leaves(self) -> None:
        self.begin()
        waiting = self.next()
        assert self.chat._link is not None
        self.chat._link.quit()
        self.assertIsInstance(self.successResultOf(waiting), ev.Offline)
        self.failureResultOf(self.next(), StopAsyncIteration)

    def test_it_raises_when_the_session_is_lost(self) -> None:
        self.begin()
        self.server.drops()
        self.clock.advance(LONGEST_WAIT)
        self.server.begins()
        self.server.tells("error", id="login", code="banned", content="you are banned")
        while self.chat._events:
            self.successResultOf(self.next())
        self.fails(self.next(), "banned")

    def test_what_waits_for_a_bot_is_counted_in_bytes_too(self) -> None:
        self.patch(api, "MAX_WAITING_BYTES", 25_000)
        self.begin()
        for _ in range(10):
            self.server.says("x" * 9_000)
            self.successResultOf(self.next())
        for _ in range(3):
            self.server.says("x" * 9_000)
        self.successResultOf(self.next())
        self.successResultOf(self.next())
        self.fails(self.next(), "too-slow")

    def test_a_bot_that_is_too_slow_is_told_so(self) -> None:
        self.patch(api, "MAX_EVENTS", 2)
        for _ in range(5):
            self.server.says("x")
        self.begin()
        for _ in range(2):
            self.successResultOf(self.next())
        self.fails(self.next(), "too-slow")
        saying = self.starts(self.chat.say("but I can still talk"))
        self.server.acks(self.server.took()[-1]["id"])
        self.successResultOf(saying)

    def test_a_callback_that_fails_is_logged_and_the_rest_goes_on(self) -> None:
        def broken(_: ev.Event) -> None:
            raise RuntimeError("broken")

        self.chat._on_event = broken
        self.server.says("one")
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.begin()
        self.assertEqual(self.successResultOf(self.next()).text, "one")


class FakeReactor:
    """A reactor that runs until it is stopped, or interrupted."""

    def __init__(self, interrupt: bool = False) -> None:
        self.begins: list[Any] = []
        self.triggers: list[Any] = []
        self.interrupt = interrupt
        self.stops = 0

    def callWhenRunning(self, begin: Any) -> None:
        self.begins.append(begin)

    def addSystemEventTrigger(self, *arguments: Any) -> None:
        self.triggers.append(arguments[-1])

    def run(self) -> None:
        for begin in self.begins:
            begin()
        if self.interrupt:
            self.waited = [trigger() for trigger in self.triggers]

    def stop(self) -> None:
        self.stops += 1


class RunTests(SynchronousTestCase):
    def test_it_runs_the_reactor_that_there_is(self) -> None:
        async def main() -> str:
            return "done"

        reactor = FakeReactor()
        self.patch(internet, "reactor", reactor)
        self.assertEqual(run(main), "done")
        self.assertEqual(reactor.stops, 1)

    def test_what_is_no_async_function_is_an_error_and_nothing_hangs(self) -> None:
        async def main() -> None:
            raise AssertionError("it is not run")

        coroutine = main()
        self.addCleanup(coroutine.close)
        error = self.assertRaises(TypeError, run, coroutine)
        self.assertIn("run(main)", str(error))
        reactor = FakeReactor()
        self.patch(internet, "reactor", reactor)
        self.assertRaises(TypeError, run, lambda: None)
        self.assertEqual(reactor.stops, 1)

    def test_it_raises_what_the_function_raises_and_lets_it_leave_on_interrupt(self) -> None:
        async def main() -> None:
            raise ChatError("no", "muted")

        with self.assertRaisesRegex(ChatError, "no"):
            _Run(FakeReactor(), main).run()
        left = []

        async def wait() -> None:
            try:
                await Deferred()
            finally:
                left.append(True)

        reactor = FakeReactor(interrupt=True)
        with self.assertRaises(KeyboardInterrupt):
            _Run(reactor, wait).run()
        self.assertEqual((left, reactor.stops), ([True], 0))
        self.successResultOf(reactor.waited[0])

    def test_an_interrupt_after_the_end_waits_for_nothing(self) -> None:
        async def main() -> int:
            return 5

        reactor = FakeReactor(interrupt=True)
        self.assertEqual(_Run(reactor, main).run(), 5)
        self.assertEqual(reactor.waited, [None])
