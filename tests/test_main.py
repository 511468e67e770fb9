"""How the client is started."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import subprocess
import sys
from functools import partial
from types import ModuleType
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat import __main__ as entry
from twisted_chat.client.options import USAGE, Settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class MainTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ran: list[tuple[str, Settings]] = []
        for name in ("plain", "screen"):
            module: Any = ModuleType(name)
            module.run = partial(self.run_mode, name)
            patched = patch.dict(sys.modules, {f"twisted_chat.client.{name}": module})
            patched.start()
            self.addCleanup(patched.stop)
        self.patch(sys, "stdin", Terminal())
        self.patch(sys, "stdout", Terminal())
        patched = patch.dict(os.environ, TERM="xterm")
        patched.start()
        self.addCleanup(patched.stop)
        self.patch(entry, "find_spec", lambda name: name)

    def run_mode(self, name: str, settings: Settings) -> int:
        self.ran.append((name, settings))
        return 7

    def chooses(self, *arguments: str) -> str:
        self.assertEqual(entry.main(arguments), 7)
        return self.ran[-1][0]

    def test_a_terminal_gets_the_full_screen_unless_plain_is_asked_for(self) -> None:
        self.assertEqual(self.chooses("example.org"), "screen")
        self.assertEqual(self.ran[-1][1].target.host, "example.org")
        self.assertEqual(self.chooses("--plain"), "plain")
        self.patch(sys, "argv", ["twisted-chat", "--plain", "example.org"])
        self.assertEqual(entry.main(), 7)
        self.assertEqual(self.ran[-1][1].target.host, "example.org")

    def test_without_what_the_full_screen_needs_it_is_plain(self) -> None:
        for name in ("stdin", "stdout"):
            with patch.object(sys, name, io.StringIO()):
                self.assertEqual(self.chooses(), "plain")
        with patch.object(sys, "stdin", None):
            self.assertEqual(self.chooses(), "plain")
        with patch.dict(os.environ, TERM="dumb"):
            self.assertEqual(self.chooses(), "plain")
        self.patch(entry, "find_spec", lambda name: None)
        self.assertEqual(self.chooses(), "plain")

    def test_what_is_not_understood_is_one_line_and_status_2(self) -> None:
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            self.assertEqual(entry.main(["host", "port"]), USAGE)
        self.assertEqual(
            err.getvalue(),
            "twisted-chat: argument PORT: port is not a port (1 to 65535) (--help lists the options)\n",
        )


class StreamTests(SynchronousTestCase):
    def test_streams_that_were_closed_are_given_to_nothing_else(self) -> None:
        """Without that, the first connection is number 0, from which standard input is read."""
        script = (
            "import os, sys\n"
            "from twisted_chat.__main__ import main\n"
            "[os.close(number) for number in (0, 1)]\n"
            "sys.stdin = sys.stdout = None\n"
            "main(['--nonsense'])\n"
            "print(os.open(os.devnull, os.O_RDONLY), sys.stdin.read(), file=sys.stderr)\n"
        )
        told = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        self.assertGreater(int(told.stderr.splitlines()[-1]), 2)


class ImportTests(SynchronousTestCase):
    def test_plain_mode_imports_no_full_screen_and_no_reactor_before_it_runs(self) -> None:
        script = (
            "import sys\n"
            "import twisted_chat.__main__, twisted_chat.client.plain.app\n"
            "unwanted = {'textual', 'rich', 'twisted.internet.reactor', 'sqlalchemy', 'argon2'}\n"
            "print(sorted(unwanted & set(sys.modules)))\n"
        )
        out = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        self.assertEqual(out.stdout.strip(), "[]")

    def test_the_module_ends_with_the_status_of_the_visit(self) -> None:
        self.patch(sys, "argv", ["twisted-chat", "--nonsense"])
        with (
            contextlib.redirect_stderr(io.StringIO()),
            self.assertRaises(SystemExit) as caught,
            patch.dict(sys.modules),
        ):
            sys.modules.pop("twisted_chat.__main__", None)
            runpy.run_module("twisted_chat", run_name="__main__")
        self.assertEqual(caught.exception.code, USAGE)

    def test_the_module_can_be_run(self) -> None:
        for arguments in (
            ["-m", "twisted_chat"],
            ["-c", "import sys; from twisted_chat.__main__ import main; sys.exit(main())"],
        ):
            out = subprocess.run(
                [sys.executable, *arguments, "--nonsense"],
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual((out.returncode, out.stdout), (USAGE, ""))
            self.assertEqual(len(out.stderr.splitlines()), 1)
