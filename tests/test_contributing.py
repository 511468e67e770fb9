"""The examples of CONTRIBUTING.md work as they stand there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent

# In a process of its own: the classes of commands are found by their base class, and these are not part of the product.
_PROGRAM = """
import re, sys, types
from pathlib import Path
from twisted.trial.unittest import SynchronousTestCase
from tests.core.ruled import RuledCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.commands import messages
from twisted_chat.core.grammar.table import COMMANDS, Spec
from twisted_chat.core.rules import dispatch
from twisted_chat.core.values.text import CleanText

text = Path("CONTRIBUTING.md").read_text("utf-8")
shout, its_test, command, toss, rule, toss_test = re.findall(r"```python\\n(.*?)```", text, re.DOTALL)
names = {"Spec": Spec, "CleanText": CleanText, "c": c, "COMMANDS": COMMANDS}
names |= {"SynchronousTestCase": SynchronousTestCase, "RuledCase": RuledCase, "__name__": "example"}

def add(entry):
    # It is one element of a tuple, as it would stand in the table.
    (spec,) = eval(f"({entry})", names)
    COMMANDS[spec.name] = spec

exec(compile(command, "messages.py", "exec", dont_inherit=True), vars(messages))
c.TossCoin = messages.TossCoin
add(shout)
add(toss)
coin = types.ModuleType("coin")
sys.modules["coin"] = coin
exec(compile(rule, "coin.py", "exec"), vars(coin))
dispatch.TOPICS = (*dispatch.TOPICS, coin.Coin)
exec(its_test + toss_test, names)
for case in ("ShoutTests", "TossTests"):
    for name in dir(names[case]):
        if name.startswith("test_"):
            names[case](name).debug()
            print(name)
"""


class ExampleTests(SynchronousTestCase):
    def test_commands_of_the_examples_can_be_added_and_pass_their_tests(self) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(
            done.stdout.split(),
            [
                "test_shout_says_it_in_capitals",
                "test_coin_is_tossed_for_the_room",
                "test_muted_people_toss_nothing",
            ],
        )
