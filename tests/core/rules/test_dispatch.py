"""Each command is decided, and each event applied, by one topic."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

from twisted.trial.unittest import SynchronousTestCase

from tests.core.api.test_values import leaves
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.rules.decisions import CheckPassword
from twisted_chat.core.rules.dispatch import TOPICS
from twisted_chat.core.state.state import State
from twisted_chat.core.values.limits import Limits


def takes(do: Callable[..., Any], place: int) -> set[object]:
    """Return the types that a method takes at a place of its arguments."""
    names = [name for name in inspect.signature(do).parameters if name != "self"]
    hint = get_type_hints(inspect.unwrap(do))[names[place]]
    return set(get_args(hint)) or {hint}


class TopicTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.topics = [topic(State(Limits())) for topic in TOPICS]

    def test_every_command_is_decided_by_one_topic(self) -> None:
        found = [kind for topic in self.topics for kind in topic.commands]
        self.assertCountEqual(found, leaves(c.Command))

    def test_every_event_is_applied_by_one_topic(self) -> None:
        found = [kind for topic in self.topics for kind in topic.events]
        self.assertCountEqual(found, get_args(e.Event))

    def test_every_password_that_is_checked_leads_on(self) -> None:
        found = [kind for topic in self.topics for kind in topic.proven]
        hints = get_type_hints(CheckPassword)
        self.assertCountEqual(found, get_args(hints["command"]))

    def test_each_method_takes_what_its_table_gives_it(self) -> None:
        for topic in self.topics:
            for kind, do in topic.commands.items():
                self.assertIn(kind, takes(do, 1))
            for event, rule in topic.events.items():
                taken = takes(rule.apply, 1)
                self.assertTrue(event in taken or taken == set(get_args(e.Event)), rule.apply)
                if rule.check is not None:
                    taken = takes(rule.check, 1)
                    self.assertTrue(event in taken or taken == set(get_args(e.Event)), rule.check)
