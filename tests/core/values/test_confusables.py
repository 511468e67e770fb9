from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unicodedata import category, normalize

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import twisted_chat
from twisted_chat.core.values import confusables
from twisted_chat.core.values.confusables import DATA, drop_ignorable, skeleton

# Every character there is, without the million code points that are none.
EVERY_CHARACTER = [
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if category(character) not in ("Cn", "Co", "Cs")
]

# Any string, lone surrogates too (text() alone leaves them out).
any_text = st.text(st.characters(exclude_categories=()))


def as_long(text: str) -> str:
    """The skeleton of ``text`` the long way: a character from outside ASCII goes along."""
    tail = skeleton("\u4e00")
    long = skeleton(text + "\u4e00")
    assert long.endswith(tail)
    return long[: -len(tail)]


def table() -> dict[str, str]:
    """The data, read in another way than the code under test does."""
    found: dict[str, str] = {}
    for prototype, sources in (
        line.split(":") for line in DATA.read_text("ascii").split("\n") if line and line[0] != "#"
    ):
        target = "".join(chr(int(code, 16)) for code in prototype.split("+"))
        found.update((chr(int(code, 16)), target) for code in sources.split(" "))
    return found


class SkeletonTests(SynchronousTestCase):
    def test_names_that_look_alike_clash_in_any_case(self) -> None:
        self.assertEqual(skeleton("b\u043eb"), skeleton("bob"))
        self.assertEqual(skeleton("B\u043eb"), skeleton("bob"))
        self.assertEqual(skeleton("B\u041eB"), skeleton("bob"))
        self.assertEqual(skeleton("\u041cary"), skeleton("mary"))
        self.assertEqual(skeleton("b0b"), skeleton("bob"))
        self.assertEqual(skeleton("1isa"), skeleton("lisa"))
        self.assertEqual(skeleton("aIice"), skeleton("alice"))
        self.assertEqual(skeleton("rnary"), skeleton("mary"))
        self.assertEqual(skeleton("\U0001d41b\U0001d428\U0001d41b"), skeleton("bob"))
        self.assertEqual(skeleton("jos\u00e9"), skeleton("jose\u0301"))

    def test_names_that_look_different_stay_apart(self) -> None:
        self.assertNotEqual(skeleton("neil"), skeleton("nell"))
        self.assertNotEqual(skeleton("jos\u00e9"), skeleton("jose"))
        self.assertEqual(len({skeleton(f"guest{n}") for n in range(1000)}), 1000)

    def test_what_shows_as_nothing_makes_no_difference(self) -> None:
        for hidden in ("\u00ad", "\u200b", "\u200d", "\u3164", "\ufe0f", "\U000e0041"):
            self.assertEqual(skeleton(f"b{hidden}ob"), skeleton("bob"), ascii(hidden))
            self.assertEqual(drop_ignorable(f"b{hidden}ob"), "bob", ascii(hidden))

    def test_every_character_is_settled_and_ascii_has_a_short_way(self) -> None:
        unsettled = [c for c in EVERY_CHARACTER if skeleton(skeleton(c)) != skeleton(c)]
        self.assertEqual(unsettled, [])
        for code in range(128):
            self.assertEqual(skeleton(chr(code)), as_long(chr(code)), ascii(chr(code)))

    @settings(deadline=None)  # the first example loads the table
    @given(any_text)
    def test_every_string_has_a_settled_skeleton(self, text: str) -> None:
        once = skeleton(text)
        self.assertEqual(skeleton(once), once)
        self.assertEqual(normalize("NFD", once), once)

    @settings(deadline=None)
    @given(any_text)
    def test_normalization_makes_no_difference(self, text: str) -> None:
        self.assertEqual(skeleton(normalize("NFC", text)), skeleton(text))
        self.assertEqual(skeleton(normalize("NFD", text)), skeleton(text))

    @given(st.text(st.characters(max_codepoint=127)))
    def test_short_way_for_ascii_strings_is_the_long_way(self, text: str) -> None:
        self.assertEqual(skeleton(text), as_long(text))


class TableTests(SynchronousTestCase):
    def test_table_is_the_whole_of_its_version(self) -> None:
        # The closing line of that version's confusables.txt counts its rows.
        self.assertIn("confusables.txt (UTS #39), version 15.0.0.\n", DATA.read_text("ascii"))
        self.assertEqual(len(table()), 6311)
        rows = {ord(source): target for source, target in table().items() if source.isascii()}
        self.assertEqual(confusables._ASCII, rows)

    def test_each_source_clashes_with_its_prototype(self) -> None:
        # The rows of composed letters never apply: UTS #39 decomposes before it maps.
        apart = [
            ascii(source)
            for source, prototype in table().items()
            if normalize("NFD", source) == source and skeleton(source) != skeleton(prototype)
        ]
        self.assertEqual(apart, [])

    def test_ascii_names_do_not_load_the_table(self) -> None:
        # In a process of its own: here it is loaded.
        program = (
            "import sys\n"
            "from twisted_chat.core.values.names import guest_nick, parse_nick, parse_room, suggest\n"
            "parse_nick('Bob'), parse_room('#dev'), guest_nick(1)\n"
            "list(suggest(parse_nick('bob')))\n"
            "from twisted_chat.core.values.confusables import _table\n"
            "print([m for m in sys.modules if 'precis' in m], _table.cache_info().currsize)\n"
        )
        root = str(Path(twisted_chat.__file__).parent.parent)
        answer = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        self.assertEqual(answer.stdout, "[] 0\n")
