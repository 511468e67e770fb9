from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.extras import MAX_TAGS, BadTags, Extras, read_tags
from twisted_chat.core.values.text import FormattedText


class TagTests(SynchronousTestCase):
    def test_tags_keep_their_order_and_the_last_of_two_counts(self) -> None:
        given = (("typing", "active"), ("draft/reply", "0a"), ("a.example.org/b-2", "x;\r\n y"))
        self.assertEqual(read_tags(given), given)
        self.assertEqual(read_tags([("a", "1"), ("b", ""), ("a", "2")]), (("a", "2"), ("b", "")))

    def test_names_and_values_that_no_program_can_write_are_refused(self) -> None:
        for name in ("", "+a", "a b", "a;b", "a=b", "a/b/c", "/a", "a/", "\u00e4", "x" * 101):
            self.assertRaises(BadTags, read_tags, [(name, "")])

    def test_value_moves_nobodys_cursor(self) -> None:
        for value in ("x\0", "\x1b[2J", "\x7f", "\x9b", "\u202e", "\x02", "\t"):
            self.assertRaises(BadTags, read_tags, [("a", value)])
        self.assertEqual(read_tags([("a", "x\r\n\u00e4")]), (("a", "x\r\n\u00e4"),))

    def test_size_is_what_they_take_on_the_wire(self) -> None:
        # "+a=" and "+b=", and one ";" between them
        room = MAX_TAGS - 7
        read_tags([("a", "x" * room), ("b", "")])
        self.assertRaises(BadTags, read_tags, [("a", "x" * (room + 1)), ("b", "")])
        read_tags([("a", "x" * (room - 2) + ";"), ("b", "")])
        self.assertRaises(BadTags, read_tags, [("a", "x" * (room - 1) + ";"), ("b", "")])
        self.assertRaises(BadTags, read_tags, [("a", "\u00e4" * (room // 2 + 1)), ("b", "")])


class ExtrasTests(SynchronousTestCase):
    def test_size_grows_with_all_and_reactions_last(self) -> None:
        tags, line = (("a", "x" * 100),), FormattedText("\x02" + "y" * 100)
        size = Extras(tags).size
        self.assertGreaterEqual(size, 100)
        self.assertGreaterEqual(Extras(tags, (line,)).size, size + 100)
        self.assertGreater(Extras(tags, (line,), ((0, 1),)).size, Extras(tags, (line,)).size)
        for name in ("react", "draft/react", "draft/unreact", "v.org/persist"):
            self.assertTrue(Extras((("typing", ""), (name, ""))).lasts)
        self.assertFalse(Extras((("typing", "active"), ("draft/reply", "0a"))).lasts)
