from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.masks import fits, fits_all, is_mask, shortened

_few = st.text(st.sampled_from("ab*?"), max_size=12)


class Counted(str):
    """A mask that counts how often one of its characters was looked at."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        for each in super().__iter__():
            self.looks += 1
            yield each

    def __getitem__(self, place: object) -> str:
        self.looks += 1
        return super().__getitem__(place)  # type: ignore[index]


class MaskTests(SynchronousTestCase):
    def test_star_is_any_characters_and_question_mark_is_one(self) -> None:
        for mask, text, expected in (
            ("spam*", "spammer", True),
            ("spam*", "spam", True),
            ("spam*", "aspam", False),
            ("*spam*", "aspamb", True),
            ("guest?", "guest1", True),
            ("guest?", "guest", False),
            ("guest?", "guest12", False),
            ("a*b*c", "aXbYbc", True),
            ("a*b*c", "aXbYb", False),
            ("", "", True),
            ("*", "", True),
            ("", "a", False),
        ):
            self.assertEqual(fits(mask, text), expected, (mask, text))

    @given(_few, st.text(st.sampled_from("ab"), max_size=12))
    def test_it_is_what_shells_do(self, mask: str, text: str) -> None:
        self.assertEqual(fits(mask, text), fnmatch.fnmatchcase(text, mask))

    @given(_few, st.text(st.sampled_from("ab"), max_size=12))
    def test_runs_of_stars_mean_the_same_as_one(self, mask: str, text: str) -> None:
        self.assertEqual(fits(shortened(mask), text), fits(mask, text))

    def test_many_stars_are_one_and_names_are_no_masks(self) -> None:
        self.assertEqual(shortened("*" * 10_000 + "a" + "*" * 10_000), "*a*")
        self.assertTrue(all(map(fits_all, ("*", "?", "*?*"))))
        self.assertFalse(fits_all("*a*"))
        self.assertTrue(is_mask("a*") and is_mask("a?"))
        self.assertFalse(is_mask("alice"))

    def test_looks_at_no_character_of_a_mask_twice(self) -> None:
        # By trying every star anew this would take longer than there is time.
        for text in ("*a" * 5_000 + "b", "*" + "a" * 22 + "b*", "*a?a?a?a?a?b*"):
            mask = Counted(text)
            self.assertFalse(fits(mask, "a" * 32))
            self.assertLessEqual(mask.looks, len(mask))
