"""What somebody says about themselves."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.about import MAX_USER_NAME, About, user_name_of


class AboutTests(SynchronousTestCase):
    def test_user_name_has_nothing_that_parts_a_prefix_or_stands_for_others(self) -> None:
        self.assertEqual(user_name_of("~bob!b@ex*am?ple .1"), "bobbexample.1")
        self.assertEqual(user_name_of("żółw\x07"), "w")

    def test_long_user_name_is_cut(self) -> None:
        self.assertEqual(user_name_of("x" * 100), "x" * MAX_USER_NAME)

    def test_real_name_is_cut_between_characters(self) -> None:
        self.assertEqual(About(real_name="aéé").cut(4).real_name, "aé")
        self.assertEqual(About(real_name="aéé").cut(5).real_name, "aéé")
