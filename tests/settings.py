"""What the tests of the settings share: command lines and configuration files, with mistakes and without."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.app.options import Options
from twisted_chat.app.settings import Settings


class OptionsTestCase(SynchronousTestCase):
    def parsed(self, *arguments: str) -> Settings:
        """Parse a command line that has no mistake."""
        options = Options()
        options.parseOptions(list(arguments))
        return options.settings

    def prints(self, stream: str, status: int, *arguments: str) -> str:
        """Parse a command line that ends the program; return what is printed."""
        printed = StringIO()
        self.patch(sys, stream, printed)
        ended = self.assertRaises(SystemExit, Options().parseOptions, list(arguments))
        self.assertEqual(ended.code or 0, status)
        return printed.getvalue()

    def mistake(self, *arguments: str) -> str:
        """Parse a command line with a mistake, which must be one line and exit status 1; return the line."""
        text = self.prints("stderr", 1, *arguments)
        self.assertRegex(text, r"\Atwistd chat: .* \(twistd chat --help lists the options\)\n\Z")
        return text.removeprefix("twistd chat: ").partition(" (twistd chat --help")[0]

    def file(self, text: str | bytes) -> Path:
        """Write a configuration file."""
        path = folder_for(self) / "chat.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


def endpoints(settings: Settings, key: str) -> list[str]:
    """Return the endpoints that a setting names."""
    return [port.endpoint for port in settings.ports() if port.key == key]
