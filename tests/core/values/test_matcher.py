from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.masks import fits, shortened
from twisted_chat.core.values.matcher import GROUP, REMEMBERED, SLICE, Effort, Matcher

_masks = st.lists(
    st.text(st.sampled_from("abc*?"), max_size=12).map(shortened), unique=True, max_size=3 * GROUP
)
_names = st.text(st.sampled_from("abcd"), max_size=12)
#: What makes a program that tries every star anew take longer than there is time.
HOSTILE = tuple("*a" * 31 + chr(0x4E00 + n) for n in range(500))


def filled(*masks: str) -> Matcher:
    matcher = Matcher()
    for mask in masks:
        matcher.add(mask)
    return matcher


def steps(matcher: Matcher, text: str) -> int:
    """Return how many steps it takes to hold a name against all masks."""
    effort = Effort(1_000_000)
    assert matcher.weigh(text, effort)
    return 1_000_000 - effort.left


class MatcherTests(SynchronousTestCase):
    @given(_masks, st.lists(_names, max_size=5))
    def test_it_finds_what_fits_one_by_one(self, masks: list[str], names: list[str]) -> None:
        matcher = filled(*masks)
        for name in names:
            expected = {mask for mask in masks if fits(mask, name)}
            self.assertEqual(set(matcher.fitting(name)), expected)

    @given(_masks, st.lists(st.integers(0, 3 * GROUP)), _names)
    def test_masks_may_come_and_go(self, masks: list[str], gone: list[int], name: str) -> None:
        matcher = filled(*masks)
        left = dict.fromkeys(masks)
        for number in gone:
            matcher.weigh(name, Effort())
            if number < len(masks) and masks[number] in left:
                del left[masks[number]]
                matcher.remove(masks[number])
            elif number < len(masks):
                left[masks[number]] = None
                matcher.add(masks[number])
        self.assertEqual(set(matcher.fitting(name)), {mask for mask in left if fits(mask, name)})

    def test_mask_that_is_added_twice_is_one(self) -> None:
        matcher = filled("a*", "a*")
        self.assertEqual(list(matcher.fitting("ab")), ["a*"])
        matcher.remove("a*")
        self.assertEqual(list(matcher.fitting("ab")), [])

    def test_hostile_masks_take_as_many_steps_as_others(self) -> None:
        plain = filled(*(f"spam{n}" for n in range(500)))
        hostile = filled(*HOSTILE)
        steps(hostile, "a" * 31 + "b")  # now it is laid out
        steps(plain, "spammed")
        self.assertLessEqual(steps(hostile, "a" * 32), 33 * (500 // GROUP + 1))
        self.assertLess(steps(plain, "dampens"), 33 * (500 // GROUP + 1))

    def test_verdict_is_remembered_until_masks_of_its_group_change(self) -> None:
        matcher = filled(*HOSTILE)
        self.assertGreater(steps(matcher, "a" * 32), 0)
        self.assertEqual(steps(matcher, "a" * 32), 0)
        matcher.remove(HOSTILE[0])
        again = steps(matcher, "a" * 32)
        self.assertGreater(again, 0)
        self.assertLess(again, 4_000)  # one group

    def test_forgets_names_that_were_asked_about_longest_ago(self) -> None:
        matcher = filled("*a*")
        for n in range(REMEMBERED + 1):
            steps(matcher, f"name{n}")
        self.assertEqual(steps(matcher, f"name{REMEMBERED}"), 0)
        self.assertGreater(steps(matcher, "name0"), 0)

    def test_where_rare_characters_stand_is_not_kept_for_ever(self) -> None:
        matcher = filled(*HOSTILE[:GROUP])
        for n in range(200):
            self.assertEqual(list(matcher.fitting("a" * 30 + chr(0x4E00 + n))), [])
        for n in range(GROUP):
            self.assertEqual(list(matcher.fitting("a" * 31 + chr(0x4E00 + n))), [HOSTILE[n]])

    def test_effort_is_cut_into_slices_and_goes_on_where_it_was(self) -> None:
        matcher = filled(*HOSTILE)
        slices = 0
        while True:
            effort = Effort()
            done = matcher.weigh("a" * 32, effort)
            self.assertGreater(effort.left, -4_000)  # the last group is done whole
            slices += 1
            if done:
                break
        self.assertGreater(slices, 5)
        self.assertLess(slices, 40_000 // SLICE)
