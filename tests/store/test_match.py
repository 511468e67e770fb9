"""Whether a message fits a search, without an index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.making import happened, room, said
from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.words import words
from twisted_chat.store.match import Matcher


class WordsTests(SynchronousTestCase):
    def test_words_are_runs_of_letters_and_digits_in_small_letters(self) -> None:
        self.assertEqual(
            words("Café-Bar 3, don't_panic!"), ["cafe", "bar", "3", "don", "t", "panic"]
        )
        self.assertEqual(words(" -- ?!"), [])
        self.assertEqual(
            words("STRASSE Straße \u212b \ud55c\uad6d\uc5b4"),
            ["strasse"] * 2 + ["a", *"\ud55c\uad6d\uc5b4"],
        )

    def test_each_letter_is_a_word_where_words_have_no_blanks(self) -> None:
        self.assertEqual(
            words("\u6771\u4eac\u30bf\u30ef\u30fc3F"), [*"\u6771\u4eac\u30bf\u30ef\u30fc", "3f"]
        )
        self.assertEqual(words("\u30ac\u304c"), ["\u30ac", "\u304c"])
        self.assertEqual(len(words("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35")), 4)

    def test_letters_are_what_people_type_for_them(self) -> None:
        for written, typed in (
            ("\uff35\uff33\uff22 \uff13", "usb 3"),
            ("Do\u00adnau\u200bdampf", "donaudampf"),
            ("\u0141\u00f3d\u017a", "lodz"),
            ("\u0110or\u0111e", "dorde"),
            ("Troms\u00f8 \u00c6r\u00f8", "tromso aero"),
            ("\u0130stanbul Diyarbak\u0131r", "istanbul diyarbakir"),
            ("\u00deing \u00f0", "thing d"),
            ("c\u0153ur \ufb01n", "coeur fin"),
            ("\u212b", "a"),
            ("\uff80\uff9c\uff70", "\u30bf\u30ef\u30fc"),
        ):
            self.assertEqual(words(written), words(typed), written)

    @given(st.text())
    def test_words_of_any_text_are_their_own_words(self, text: str) -> None:
        for word in words(text):
            self.assertEqual(words(word), [word])


class MatcherTests(SynchronousTestCase):
    def fits(self, text: str, *terms: Term, **more: object) -> bool:
        query = Query((room(1),), terms, **more)  # type: ignore[arg-type]
        return Matcher(query).fits(said(5, 1, text))

    def test_every_term_must_stand_in_order_without_a_gap(self) -> None:
        self.assertTrue(self.fits("a b c", Term("c"), Term("a")))
        self.assertFalse(self.fits("a b c", Term("c"), Term("d")))
        self.assertTrue(self.fits("x a b c", Term("a b c")))
        self.assertFalse(self.fits("a x b", Term("a b")))
        self.assertTrue(self.fits("a b cd", Term("b c", prefix=True)))
        self.assertFalse(self.fits("a bx cd", Term("b c", prefix=True)))

    def test_author_time_place_and_floor_must_fit_and_only_messages_do(self) -> None:
        self.assertTrue(self.fits("a", nick="bob", since=5.0, before=MessageId(6)))
        self.assertFalse(self.fits("a", nick="ann"))
        self.assertFalse(self.fits("a", since=5.5))
        self.assertFalse(self.fits("a", before=MessageId(5)))
        self.assertFalse(self.fits("a", floors=((room(1).id, MessageId(5)),)))
        self.assertTrue(self.fits("a", floors=((room(1).id, MessageId(4)),)))
        self.assertTrue(self.fits("a", floors=((room(2).id, MessageId(5)),)))
        self.assertFalse(Matcher(Query((room(1),), ())).fits(happened(1, e.Left(), 1)))
