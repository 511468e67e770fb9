"""The plugin: ``twistd chat`` and ``twist chat`` find the server, and nothing of it is loaded for other commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twisted.plugins import twisted_chat_plugin
from twisted_chat.app import options, service

ROOT = Path(__file__).parent.parent


class PluginTests(SynchronousTestCase):
    def test_it_is_found_by_its_name_and_points_to_the_service(self) -> None:
        found = [each for each in getPlugins(IServiceMaker) if each.tapname == "chat"]
        self.assertEqual(found, [twisted_chat_plugin.chat])
        chat = twisted_chat_plugin.chat
        verifyObject(IServiceMaker, chat)
        self.assertIs(chat.options, options.Options)
        self.assertIs(chat.makeService, service.makeService)
        self.assertTrue(chat.description)

    def test_it_is_a_pointer_and_loads_nothing_by_itself(self) -> None:
        code = (
            "import sys; from twisted.plugins import twisted_chat_plugin; "
            "print([name for name in sys.modules if name.startswith(('twisted_chat', 'msgspec'))])"
        )
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        loaded = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        self.assertEqual(loaded.stdout, "[]\n")
