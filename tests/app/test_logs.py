"""Where the log goes, from which level on, and how its file is opened again."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from twisted.logger import Logger, LogLevel, formatEvent, globalLogPublisher, textFileLogObserver
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.app.logs import LogFile, Logs


class LogsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "chat.log"
        self.logs = Logs("info")

    def observes(self, **twistd: Any) -> Logger:
        observer = self.logs.observer(twistd)
        assert observer is not None
        return Logger(observer=observer)

    def test_log_is_written_where_twistd_says(self) -> None:
        self.observes(logfile=str(self.path)).info("one")
        self.assertIn("one", self.path.read_text())
        with patch("sys.stdout", io.StringIO()) as printed:
            self.observes(nodaemon=True, logfile=None).info("two")
            self.observes(nodaemon=True, logfile="-").info("three")
        self.assertRegex(printed.getvalue(), "two\n.*three\n")
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            self.observes(nodaemon=False, logfile=None).info("four")
        finally:
            os.chdir(here)
        self.assertIn("four", (self.folder / "twistd.log").read_text())

    def test_log_may_go_to_syslog_or_to_an_observer_of_ones_own(self) -> None:
        said: list[str] = []

        class Syslog:
            def openlog(self, *arguments: object) -> None: ...
            def syslog(self, priority: int, text: str) -> None:
                said.append(text)

            def __getattr__(self, name: str) -> int:
                return 0

        with patch.dict(sys.modules, {"syslog": Syslog()}):
            sys.modules.pop("twisted.python.syslog", None)
            self.observes(syslog=True, prefix="chat").info("five")
        sys.modules.pop("twisted.python.syslog", None)
        self.assertIn("five", said[0])
        self.assertIsNone(self.logs.observer({"logger": "some.where"}))

    def test_what_is_below_the_level_is_left_out(self) -> None:
        log = self.observes(logfile=str(self.path))
        log.debug("zero")
        log.info("one")
        self.logs.set_level("error")
        log.warn("two")
        log.error("three")
        self.logs.set_level("debug")
        log.debug("four")
        words = [line.rsplit(" ", 1)[1] for line in self.path.read_text().splitlines()]
        self.assertEqual(words, ["one", "three", "four"])

    def test_twisted_says_nothing_of_itself_but_warnings_unless_all_is_asked_for(self) -> None:
        observer = self.logs.observer({"logfile": str(self.path)})
        own = Logger("twisted_chat.service", observer=observer)
        twisted, older = (
            Logger("twisted.internet", observer=observer),
            Logger("log_legacy", observer=observer),
        )
        for log in (own, twisted, older):
            log.info("zero of {log_namespace}")
            log.warn("one of {log_namespace}")
        self.logs.set_level("error")
        twisted.warn("two")
        self.logs.set_level("debug")
        twisted.info("three")
        said = [line.split("] ")[1] for line in self.path.read_text().splitlines()]
        self.assertEqual(
            said,
            [
                "zero of twisted_chat.service",
                "one of twisted_chat.service",
                "one of twisted.internet",
                "one of log_legacy",
                "three",
            ],
        )

    def test_log_of_twist_is_left_as_quiet(self) -> None:
        for level, expected in ((LogLevel.info, ["own"]), (LogLevel.debug, ["own", "reactor"])):
            said = io.StringIO()
            twist: dict[str, Any] = {
                "fileLogObserverFactory": textFileLogObserver,
                "logLevel": level,
            }
            self.logs.quieten(twist)
            observer = twist["fileLogObserverFactory"](said)
            Logger("twisted_chat.service", observer=observer).info("own")
            Logger("twisted.application", observer=observer).info("reactor")
            self.assertEqual([line.split()[-1] for line in said.getvalue().splitlines()], expected)
        self.logs.quieten({})

    def test_file_is_opened_again_after_it_was_moved_away(self) -> None:
        log = self.observes(logfile=str(self.path))
        log.info("one")
        moved = self.path.rename(self.folder / "chat.log.1")
        log.info("two")
        self.logs.reopen()
        log.info("three")
        self.assertRegex(moved.read_text(), "one\n.*two\n$")
        self.assertRegex(self.path.read_text(), "^.*three\n$")

    def test_old_file_is_written_on_if_there_can_be_no_new_one(self) -> None:
        file = LogFile(self.path)
        moved = self.path.rename(self.folder / "chat.log.1")
        self.path.mkdir()
        said: list[str] = []

        def note(event: Any) -> None:
            if event["log_level"] is LogLevel.error:
                said.append(str(formatEvent(event)))

        observe: Any = note
        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        file.reopen()
        file.write("goes on\n")
        file.flush()
        self.assertEqual(moved.read_text(), "goes on\n")
        self.assertEqual(said, [f"cannot reopen the log: {self.path}: Is a directory"])

    def test_without_a_file_of_its_own_there_is_nothing_to_open(self) -> None:
        self.logs.reopen()
