from __future__ import annotations

from datetime import datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick, room
from tests.making import room as room_ref
from tests.making import said
from twisted_chat.core.api.commands import Search, Term
from twisted_chat.core.grammar.search import (
    MAX_PREFIXES,
    MAX_WORDS,
    BadSearch,
    query_of,
    read_search,
)
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.text import CleanText
from twisted_chat.core.values.words import words
from twisted_chat.store.match import Matcher

DAY = 86400.0


def terms(*texts: str) -> tuple[Term, ...]:
    """Make terms; a ``*`` at the end stands for a prefix."""
    return tuple(Term(text.rstrip("*"), text.endswith("*")) for text in texts)


class WordTests(SynchronousTestCase):
    def test_term_of_any_character_has_a_word_for_the_store(self) -> None:
        """The sign of kilometres is no letter, but is written with letters: PostgreSQL took the empty term for an error."""
        for code in (*range(0x20, 0xD800), *range(0xE000, 0x30000)):
            try:
                (term,) = read_search(f"{chr(code)}*").terms
            except BadSearch:
                continue
            self.assertTrue(words(term.text), hex(code))

    def test_every_word_is_looked_for(self) -> None:
        for text, want in (
            ("hello", ("hello",)),
            ("  two   words ", ("two", "words")),
            ('"two words" three', ("two words", "three")),
            ('one "two', ("one", "two")),
            ('one"two', ('one"two',)),
            ("\u201ctwo words\u201d", ("two words",)),
            ("rel*", ("rel*",)),
            ('"new rel"*', ("new rel*",)),
            ("caf\u00e9-bar", ("caf\u00e9-bar",)),
            ("\u4f60\u597d", ("\u4f60\u597d",)),
        ):
            self.assertEqual(read_search(text), Search(terms(*want)), text)

    def test_signs_of_query_languages_are_words_like_others(self) -> None:
        for text, want in (
            ("a AND NOT b", ("a", "AND", "NOT", "b")),
            ("x' OR 1=1; --", ("x'", "OR", "1=1;")),
            ("col:val NEAR(a b)", ("col:val", "NEAR(a", "b)")),
            ("-minus +plus ^up 50%", ("-minus", "+plus", "^up", "50%")),
            ("http://example.org/a?b=c", ("http://example.org/a?b=c",)),
            ("*star", ("*star",)),
        ):
            self.assertEqual(read_search(text), Search(terms(*want)), text)

    def test_what_has_no_letter_or_digit_is_passed_over_or_nothing_to_look_for(self) -> None:
        self.assertEqual(read_search('a - b :) "" "?" _ *'), Search(terms("a", "b")))
        for text in ("", " ", "*", '""', ":-)", "_", "\u0301", "in:dev", "since:7d", "\uff9e"):
            bad = self.assertRaises(BadSearch, read_search, text)
            want = "nothing to search for: type a word of letters or digits, or from:NICK"
            self.assertEqual(str(bad), want, text)

    def test_number_of_words_has_an_end(self) -> None:
        many = [f"x{number}" for number in range(MAX_WORDS + 1)]
        for text in (" ".join(many), f'"{" ".join(many)}"', "\u4e2d" * (MAX_WORDS + 1), "x-" * 33):
            bad = self.assertRaises(BadSearch, read_search, text)
            self.assertIn(f"{MAX_WORDS} words", str(bad))
        read_search(" ".join(many[:-1]))
        read_search(f'"{" ".join(many[:-1])}"')

    def test_words_are_counted_as_the_store_looks_for_them(self) -> None:
        """Half-width kana and decomposed Hangul are one word as they are written, and one a letter when they are folded."""
        for letter in ("\uff71", "\u1100\u1161", "\ufdfa"):
            text = letter * (MAX_WORDS + 1)
            self.assertGreater(len(words(text)), MAX_WORDS)
            for form in (text, f'"{text}"', f"{text}*"):
                bad = self.assertRaises(BadSearch, read_search, form)
                self.assertIn(f"{MAX_WORDS} words", str(bad))

    def test_words_are_looked_for_once_however_written(self) -> None:
        found = read_search("caf\u00e9 CAFE cafe\u0301 \uff43\uff41\uff46\uff45")
        self.assertEqual(found.terms, terms("caf\u00e9"))
        self.assertEqual(read_search("red RED red* red " * 50).terms, terms("red", "red*"))
        read_search("a* b* c* d* e f g")
        bad = self.assertRaises(BadSearch, read_search, "a* b* c* d* e*")
        self.assertIn(f"{MAX_PREFIXES} words may end with *", str(bad))


class KeyTests(SynchronousTestCase):
    def test_whose_where_and_since_when_in_any_order(self) -> None:
        found = Search(terms("hi"), nick("eve"), (room("dev"), room("lobby")), age=7 * DAY)
        for text in (
            "hi from:eve in:dev in:#lobby since:7d",
            "since:7D IN:dev From:eve hi in:#lobby",
            "in:dev in:#lobby in:DEV from:eve since:168h hi",
        ):
            self.assertEqual(read_search(text), found, text)

    def test_ages_and_dates_are_since_when(self) -> None:
        for text, age in (("30m", 1800.0), ("12h", DAY / 2), ("7d", 7 * DAY), ("2w", 14 * DAY)):
            self.assertEqual(read_search(f"x since:{text}").age, age)
        found = read_search("x since:2026-11-20")
        self.assertEqual(found.since, datetime(2026, 11, 20).timestamp())
        self.assertIsNone(found.age)
        for text in ("2026-13-01", "2026-02-30", "0000-01-01", "yesterday", "7", "7y", "\u0667d"):
            bad = self.assertRaises(BadSearch, read_search, f"x since:{text}")
            want = f'"{text}" after since: is neither a date such as 2026-11-20 nor an age such as 7d or 12h'
            self.assertEqual(str(bad), want)

    def test_keys_need_values_once_and_are_words_in_quotes(self) -> None:
        for text in ("x from:", "x from: eve", "x IN:", "x since:"):
            self.assertIn("needs a value", str(self.assertRaises(BadSearch, read_search, text)))
        for text in ("from:eve from:bob", "x since:1d since:2026-11-20", "x since:1d since:2d"):
            self.assertIn("only once", str(self.assertRaises(BadSearch, read_search, text)))
        bad = self.assertRaises(BadSearch, read_search, "from:@eve")
        self.assertTrue(str(bad).startswith('"@eve" after from: is not a name: '), bad)
        self.assertRaises(BadSearch, read_search, "x in:a,b")
        self.assertEqual(read_search('"from:eve"'), Search(terms("from:eve")))
        self.assertEqual(read_search("from:eve"), Search((), nick("eve")))


class QueryTests(SynchronousTestCase):
    def test_query_is_what_the_store_needs(self) -> None:
        rooms = [room_ref(1), room_ref(2)]
        query = query_of(read_search("Hi from:Eve since:7d"), rooms, NOW, 50)
        self.assertEqual((query.rooms, query.terms), (tuple(rooms), terms("Hi")))
        self.assertEqual((query.nick, query.since), (nick("eve").key, NOW - 7 * DAY))
        self.assertEqual((query.before, query.limit), (None, 50))

    def test_limit_is_not_above_that_of_the_server(self) -> None:
        for asked, limit in ((None, 50), (10, 10), (51, 50)):
            search = Search(terms("x"), since=5.0, before=MessageId(9), limit=asked)
            query = query_of(search, [], NOW, 50)
            self.assertEqual((query.since, query.before, query.limit), (5.0, 9, limit))


pieces = st.sampled_from(
    [
        "from:",
        "in:",
        "since:",
        "eve",
        "#dev",
        "2026-11-20",
        "7d",
        '"',
        "*",
        " ",
        "  ",
        "\u201c",
        "OR",
    ]
)


class AnyTextTests(SynchronousTestCase):
    @settings(max_examples=300)
    @given(st.text() | st.lists(pieces).map("".join))
    @example("x since:0001-01-01")
    @example("x since:9999-12-31")
    def test_any_text_is_a_search_or_the_one_error(self, text: str) -> None:
        try:
            found = read_search(text)
        except BadSearch as bad:
            self.assertEqual(CleanText(str(bad)), str(bad))
            return
        self.assertTrue(found.terms or found.nick is not None)
        for term in found.terms:
            self.assertTrue(words(term.text), term)

    @given(st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1))
    def test_what_was_said_is_found_by_its_words(self, text: str) -> None:
        matcher = Matcher(query_of(read_search(f'{text} "{text}" {text}*'), [], NOW, 50))
        self.assertTrue(matcher.fits(said(1, 1, f"so {text}, yes")))
