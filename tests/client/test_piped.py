"""What other programs write, as it can be said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.piped import LONGEST, Piece, PipeReader, pieces, sayable
from twisted_chat.core.values.text import CleanText


class SayableTests(SynchronousTestCase):
    def test_what_a_terminal_would_show_is_said(self) -> None:
        for line, said in (
            ("\x1b[1;31merror\x1b[0m: no", "error: no"),
            ("\x9b31mred", "red"),
            ("10%\r50%\r100%", "100%"),
            ("dos line\r", "dos line"),
            ("10%\r50%\r\r", "50%"),
            ("page\x0cbreak", "pagebreak"),
            ("\x1b]8;;https://x.org\x1b\\link\x1b]8;;\x07 \x1b(B\x1b=here", "link here"),
            ("\x1b]0;a title that never ends", ""),
            ("N\bNA\bAME", "NAME"),
            ("\b\ba", "a"),
            ("\x034,5red\x0f a\tb", "red a b"),
            ("bell\x07 nul\x00 esc\x1b", "bell nul esc"),
            ("z" + "\u0301" * 20, "z"),
            ("a\u202eb", "a?b"),
        ):
            self.assertEqual(sayable(line), said, repr(line))

    @given(st.text())
    def test_whatever_it_is_it_can_be_said(self, line: str) -> None:
        said = sayable(line)
        self.assertEqual(CleanText(said), said)


class PiecesTests(SynchronousTestCase):
    def test_a_long_text_is_cut_between_words_and_inside_no_letter(self) -> None:
        text = "word " * 1_000
        cut = pieces(text)
        self.assertEqual("".join(cut), text)
        self.assertTrue(all(len(piece) <= LONGEST and piece.endswith("word ") for piece in cut))
        self.assertEqual(len(cut), 2)
        for letter in ("é", "e\u0301", "👩\u200d💻", "日"):
            text = letter * 3_000
            cut = pieces(text)
            self.assertEqual("".join(cut), text)
            for piece in cut:
                self.assertLessEqual(len(piece.encode()), LONGEST)
                self.assertEqual(len(piece) % len(letter), 0, letter)
        self.assertEqual("".join(pieces("\u0301" * 5_000)), "\u0301" * 5_000)
        self.assertEqual((pieces(""), pieces("a")), ([], ["a"]))

    @given(st.text(), st.integers(4, 50))
    def test_nothing_is_lost(self, text: str, most: int) -> None:
        text = text.encode("utf-8", "ignore").decode()
        cut = pieces(text, most)
        self.assertEqual("".join(cut), text)
        self.assertTrue(all(0 < len(piece.encode()) <= most for piece in cut))


class ReaderTests(SynchronousTestCase):
    def read(self, *data: bytes) -> list[Piece]:
        reader = PipeReader()
        return [piece for each in (*data, b"") for piece in reader.read(each)]

    def test_lines_end_as_they_do_anywhere_and_bad_bytes_are_replaced(self) -> None:
        self.assertEqual(
            self.read(b"\xef\xbb\xbfone\r\ntwo\n\nf", b"our"),
            [Piece("one"), Piece("two"), Piece(""), Piece("four")],
        )
        self.assertEqual(
            self.read(b"a\xe4b\n", "日".encode()[:1]), [Piece("a\ufffdb"), Piece("\ufffd")]
        )

    def test_a_progress_bar_without_an_end_takes_no_memory(self) -> None:
        reader = PipeReader()
        for number in range(100_000):
            self.assertEqual(list(reader.read(b"%d of 100000\r" % number)), [])
        self.assertLess(len(reader._kept), 100)
        self.assertEqual(list(reader.read(b"\n")), [Piece("99999 of 100000")])

    def test_a_very_long_line_comes_in_parts(self) -> None:
        found = self.read(*[b"x" * 50_000] * 5, b"\nnext\n")
        self.assertEqual("".join(piece.text for piece in found[:-1]), "x" * 250_000)
        self.assertEqual(
            [piece.first for piece in found], [True, *[False] * (len(found) - 2), True]
        )
        self.assertEqual([piece.last for piece in found][-2:], [True, True])
        self.assertEqual({piece.last for piece in found[:-2]}, {False})
        self.assertEqual(found[-1].text, "next")

    @given(st.lists(st.binary(max_size=20)))
    def test_the_cut_does_not_matter(self, data: list[bytes]) -> None:
        self.assertEqual(
            self.read(*filter(None, data)), self.read(b"".join(data)) if any(data) else []
        )
