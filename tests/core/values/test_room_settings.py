from __future__ import annotations

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.room_settings import AS_MADE, Setting, Settings


class SettingsTests(SynchronousTestCase):
    def test_each_setting_changes_its_own_field_and_back(self) -> None:
        seen = set()
        for setting in get_args(Setting):
            changed = AS_MADE.changed(setting, 1)
            seen.add(changed)
            self.assertNotEqual(changed, AS_MADE)
            self.assertEqual(changed.changed(setting, 0), AS_MADE)
        self.assertEqual(len(seen), len(Settings.__struct_fields__))

    def test_switches_are_true_or_false_and_two_settings_are_numbers(self) -> None:
        self.assertIs(AS_MADE.changed("private", 1).private, True)
        self.assertEqual(AS_MADE.changed("slow", 30).slow, 30)
        self.assertEqual(AS_MADE.changed("limit", 30).limit, 30)
