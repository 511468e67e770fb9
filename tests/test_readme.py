"""What the README says that can be run, is run as it stands there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.app.settings import Settings
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS, Spec
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText

README = Path(__file__).parent.parent / "README.md"
RUNNING = README.parent / "docs" / "running.md"


class SnippetTests(SynchronousTestCase):
    def test_command_of_the_readme_can_be_added_and_passes_its_test(self) -> None:
        entry, test = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
        names = {
            "Spec": Spec,
            "CleanText": CleanText,
            "c": c,
            "COMMANDS": COMMANDS,
            "SynchronousTestCase": SynchronousTestCase,
        }
        # It is one element of a tuple, as it would stand in the table.
        (spec,) = eval(f"({entry})", names)
        COMMANDS[spec.name] = spec
        self.addCleanup(COMMANDS.pop, spec.name)
        exec(test, names)
        names["ShoutTests"]("test_shout_says_it_in_capitals").debug()  # type: ignore[operator]


class ConfigurationTests(SynchronousTestCase):
    def example(self) -> dict[str, object]:
        (example,) = re.findall(r"```toml\n(.*?)```", RUNNING.read_text("utf-8"), re.DOTALL)
        return tomllib.loads(example)

    def test_the_example_has_every_setting_with_its_default(self) -> None:
        defaults = msgspec.to_builtins(Settings())
        lists = {
            "port": [defaults["port"]],
            "json-port": [],
            "tls-port": [],
            "trusted-proxy": [],
            "auth": [],
        }
        self.assertEqual(self.example(), {**defaults, **lists})

    def test_the_example_has_every_limit_with_its_default(self) -> None:
        self.assertEqual(self.example()["limits"], msgspec.to_builtins(Limits()))
