"""The file of --log."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path
from typing import Any

from twisted.logger import Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.client.plain import transcript
from twisted_chat.client.plain.transcript import NoLog, begin, note


class TranscriptTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "log"
        self.publisher = LogPublisher()
        self.log = Logger(observer=self.publisher)
        self.patch(transcript, "_seen", Logger("chat", observer=self.publisher))

    def begin(self, path: Path | None) -> None:
        def begin_logging(observers: list[Any], **_: object) -> None:
            self.publisher.addObserver(observers[0])

        begin(path, begin_logging)

    def test_what_is_seen_and_what_happens_is_appended_with_the_time(self) -> None:
        self.path.write_text("before\n")
        self.begin(self.path)
        note("<joe> {hi}")
        self.log.warn("odd")
        before, seen, odd = self.path.read_text().splitlines()
        self.assertEqual(before, "before")
        self.assertRegex(seen, r"^\d{4}-.* \[chat#info\] <joe> \{hi\}$")
        self.assertIn("odd", odd)

    def test_the_file_is_for_its_owner_only(self) -> None:
        self.begin(self.path)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_a_file_that_cannot_be_written_is_named(self) -> None:
        self.path.mkdir()
        with self.assertRaisesRegex(NoLog, "--log .*log: Is a directory"):
            self.begin(self.path)

    def test_without_a_file_only_faults_are_told_and_in_one_line(self) -> None:
        err = io.StringIO()
        self.patch(sys, "stderr", err)
        self.begin(None)
        note("<joe> hi")
        self.log.warn("odd")
        self.assertEqual(err.getvalue(), "")
        try:
            raise ValueError("secret")
        except ValueError:
            self.log.failure("broken")
        self.log.critical("bad")
        self.assertEqual(
            err.getvalue(),
            "twisted-chat: internal error (ValueError); --log FILE records the details\n"
            "twisted-chat: internal error; --log FILE records the details\n",
        )
