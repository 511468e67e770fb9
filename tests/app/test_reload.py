"""Reading again while the server runs: what is taken up, what is told, and that nothing of it ends the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.making import log_of
from twisted_chat.app.reload import NotReloaded, Reload
from twisted_chat.app.settings import BadSetting, Settings
from twisted_chat.core.values.limits import Limits


class ReloadTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.logged = log_of(self)
        self.reread: Callable[[], Settings] = Settings
        self.taken: list[Settings] = []
        self.reload = self.made(Settings())

    def made(self, settings: Settings) -> Reload:
        return Reload(settings, lambda: self.reread(), self.taken.append)

    def runs(self, **settings: Any) -> list[str]:
        """Let settings change, and reload; return what is logged."""
        if settings:
            self.reread = lambda: Settings(**settings)
        self.logged.clear()
        self.reload.run()
        return [line for event in self.logged if (line := formatEvent(event))]

    def test_what_changed_is_taken_up_and_told(self) -> None:
        limits = Limits(max_text=5, linger=0)
        self.assertEqual(
            self.runs(motd="x", limits=limits, flood_limit=False),
            ["reloaded the settings: motd, flood-limit, limits.max-text, limits.linger changed"],
        )
        self.assertEqual(self.taken, [Settings(motd="x", limits=limits, flood_limit=False)])
        self.assertEqual(self.runs(), ["reloaded the settings: nothing changed"])

    def test_what_needs_a_restart_is_told_each_time_and_stays(self) -> None:
        said = (
            "port, interface, tls-port, tls-cert, state-dir, database, limits.keep-lines changed too; "
            "this takes effect after a restart"
        )
        changed: dict[str, Any] = {"port": 1, "interface": "::", "tls_port": 2, "tls_cert": "x"}
        changed |= {"state_dir": "x", "database": ":memory:", "limits": Limits(keep_lines=3)}
        for _ in range(2):
            self.assertEqual(
                self.runs(**changed), [f"reloaded the settings: nothing changed; {said}"]
            )
        self.assertEqual(self.taken, [Settings()] * 2)

    def test_certificates_may_be_elsewhere_if_there_is_a_port_for_them(self) -> None:
        self.reload = self.made(Settings(tls_port=1, tls_cert="a"))
        self.runs(tls_port=1, tls_cert="b", tls_key="c", tls_dir="d")
        self.assertEqual(self.taken, [Settings(tls_port=1, tls_cert="b", tls_key="c", tls_dir="d")])

    def test_bad_settings_are_refused_and_parts_get_the_old_ones(self) -> None:
        self.runs(motd="old")
        got: list[Settings] = []

        def bans(settings: Settings) -> str:
            got.append(settings)
            return "3 bans"

        self.reload.add("bans", bans)

        def bad() -> Settings:
            raise BadSetting("chat.toml:3: motd: \x1b[2J is no good")

        self.reread = bad
        self.assertEqual(
            self.runs(),
            [
                "the new settings are invalid; the previous ones stay in use: "
                "chat.toml:3: motd: ?[2J is no good",
                "reloaded the bans: 3 bans",
            ],
        )
        self.assertEqual(got, [Settings(motd="old")])

    def test_parts_follow_in_their_order_and_one_that_fails_keeps_none_from_it(self) -> None:
        calls: list[str] = []

        def refused(settings: Settings) -> str:
            calls.append("refused")
            raise NotReloaded("no such file")

        def faulty(settings: Settings) -> str:
            calls.append("faulty")
            raise ZeroDivisionError

        def good(settings: Settings) -> str:
            calls.append("good")
            return ""

        for part in (refused, faulty, good):
            self.reload.add(part.__name__, part)
        lines = self.runs()
        self.assertEqual(calls, ["refused", "faulty", "good"])
        self.assertEqual(
            lines[1], "the new refused are invalid; the previous ones stay in use: no such file"
        )
        self.assertEqual(lines[-1], "reloaded the good")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_fault_in_taking_up_leaves_the_settings_as_they_are(self) -> None:
        def fails(settings: Settings) -> None:
            raise ZeroDivisionError

        self.reload = Reload(Settings(), lambda: Settings(motd="x"), fails)
        self.reload.run()
        self.reload.run()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
