"""Slips of private forms and of passwords: who a line was perhaps meant for."""

from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.strategies import LINE_TOKENS
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.confusables import drop_ignorable
from twisted_chat.core.values.names import Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line import typos
from twisted_chat.dialects.line.parse import read


def _joined(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace")


BOB = parse_nick("bob")
VAULT = parse_room("vault")

#: For bob, mistyped; each is said when nobody has that nick.
FOR_BOB = [
    # msg without its mark, or with what a finger or an input method put there
    "msg bob psst",
    "Msg bob psst",
    "mSG bob psst",
    " msg bob psst",
    "\u3000msg bob psst",
    "\u200bmsg bob psst",
    "m\u00adsg bob psst",
    "msg\u2063 bob psst",
    "msg \u200bbob psst",
    "msg\u2800bob psst",
    "msg bob, psst",
    "msg bob\uff0c psst",
    "msg bob\u3001psst",
    "msg bob \U0001f600",
    "msg bob\u2026 psst",
    "msg bob <3",
    "msg @bob psst",
    "msg <bob> psst",
    "msg (bob) psst",
    "msg [bob] psst",
    "msg 'bob' psst",
    "msg \u201cbob\u201d psst",
    "msg-bob psst",
    "msg/bob psst",
    "msg:bob psst",
    "MSG:bob:psst",
    "MSG\uff1abob psst",
    "MSGbob:psst",
    "msgbob : psst",
    "\uff2d\uff33\uff27\u3000bob\uff1apsst",
    "\uff4d\uff53\uff47 \uff42\uff4f\uff42 psst",
    "privmsg bob :psst",
    "PRIVMSG bob psst",
    ".msg bob psst",
    "?msg bob psst",
    "'/msg bob psst",
    "\u00b4/msg bob psst",
    "\u0301/msg bob psst",
    "\u30fbmsg bob psst",
    "> msg bob psst",
    # an arrow, and what stands around the name
    "psst>bob",
    "psst->bob",
    "psst > bob.",
    "psst > bob !",
    "psst > bob :)",
    "psst > bob :D",
    "psst > bob (:",
    "psst > bob <3",
    "psst > bob\u3002",
    "psst > bob\U0001f600",
    "psst > bob \U0001f600",
    "psst > bob\u200b",
    "psst > b\u200bob",
    "psst >\u200bbob",
    "psst > \u0301bob",
    "psst \uff1e bob",
    "psst\uff1ebob",
    "psst \ufe65 bob",
    "psst > \uff42\uff4f\uff42\uff01",
    "psst > bob, carol",
    "psst > bob; carol",
    "psst > bob - or so",
    "psst > <bob>",
    "psst > 'bob'",
    "psst > \u2018bob\u2019",
    "psst > (bob)",
    "psst > `bob`",
    "psst > @bob",
    "(psst>bob)",
    "psst > bob >",
    "psst > bob >>",
    "psst > bob > :)",
    "psst > bob ->",
    "5 > 3 > bob!",
    # the name first
    "> bob psst",
    ">bob psst",
    ">> bob, psst",
    "-> bob psst",
    "-> *bob* psst",
    "\uff1e bob psst",
    "> bob 5 > 3",
]

#: Nothing of a private form in it, whoever is here.
TALK = [
    "",
    "?",
    ">",
    "> >",
    "> bob",
    "->",
    "\uff1e",
    "hi bob",
    "bob: hi",
    "@bob hi",
    "x > bob said so",
    "psst > bob's dog",
    "psst > bob\u2019s dog",
    "x > bob-like people",
    "5 > 3",
    "5 > 3, as ever",
    "5 > x > 3",
    "<bob> hi there",
    "if a > b then c",
    "msg",
    "msg bob",
    "msg bob.",
    "msg bob's phone",
    "msg http://x",
    "message bob please",
    "messages: 5",
    "my msg to bob",
    "msg 5 times",
    "join",
    "join vault",
    "join, vault",
    "joined vault yesterday",
    "join ## us",
    "join us tomorrow",
    "Join the club",
    "join me at five",
    "please join vault today",
    "jo",
    "m",
    "\u0bb8\u0bcd\u0bb0\u0bc0 > \u0bb8\u0bcd\u0bb0\u0bc0 x y",
]

#: The password of a locked room in it.
FOR_VAULT = [
    "join vault swordfish",
    "Join vault swordfish",
    "jOIN Vault swordfish",
    "join #vault swordfish",
    "join \uff03vault swordfish",
    "join: vault swordfish",
    "join vault, swordfish",
    "join vault:swordfish",
    "JOIN:vault swordfish",
    " join vault swordfish",
    "\u200bjoin vault swordfish",
    "jo\u00adin vau\u00adlt swordfish",
    ".join vault swordfish",
    "! join vault swordfish",
    "\u00b4/join vault swordfish",
    "\uff4a\uff4f\uff49\uff4e\u3000\uff56\uff41\uff55\uff4c\uff54\u3000x",
    "join vault swordfish please",
]


class MeantForTests(SynchronousTestCase):
    def test_slips_name_who_or_which_room_they_were_meant_for(self) -> None:
        for line in FOR_BOB:
            self.assertEqual(typos.meant_for(line), BOB, ascii(line))
        for line in FOR_VAULT:
            self.assertEqual(typos.meant_for(line), VAULT, ascii(line))
        self.assertEqual(typos.meant_for("join \U0001f600 x"), parse_room("\U0001f600"))

    def test_talk_and_what_is_no_name_are_meant_for_everybody(self) -> None:
        for line in TALK:
            self.assertIsNone(typos.meant_for(line), ascii(line))
        for line in (f"msg {'x' * 4000} psst", f"psst>{'x' * 33}", f"join {'x' * 51} y"):
            self.assertIsNone(typos.meant_for(line), line[:20])

    def test_no_rule_of_the_grammar_says_them_before(self) -> None:
        for line in [*FOR_BOB, *FOR_VAULT]:
            if line in ("msg <bob> psst", "psst > `bob`"):
                continue  # it is told to "psst" or "`bob`", if there is one
            try:
                command = read(CleanText(line))
            except BadLine as bad:
                self.assertEqual(bad.code, "looks-private", ascii(line))
                continue
            meant = typos.meant_for(line)
            assert meant is not None
            self.assertEqual(command, c.Say((CleanText(line),), unless=(meant,)))

    def test_name_with_marks_and_punctuation_of_its_script_is_found_whole(self) -> None:
        for name in (
            "\u0939\u093f\u0928\u094d\u0926\u0940",
            "\u30de\u30ea\u30aa\u30fb\u30eb\u30a4",
            "ren\u0065\u0301",
            "bob[away]",
            "bob|x",
            "_b",
        ):
            for line in (f"msg {name} psst", f"psst > {name} !", f"> {name}, psst"):
                self.assertEqual(typos.meant_for(line), parse_nick(name), ascii(line))

    @given(
        st.text(" \t.,:;!?/\\'\"<>()@#-\u00b4\u200b\u00ad\u3000\uff0f\u2800", max_size=4),
        st.sampled_from(["msg", "Msg", "mSg", "privmsg", "\uff4d\uff53\uff47", "m\u200bsg"]),
        st.text(" .,:;!?/\\'\"<([@#-\u200b\u3000\uff1a", min_size=1, max_size=4),
        st.sampled_from([" ", ", ", "! ", "\u3000", "\uff1a ", "\u200b ", " \U0001f600 ", "> "]),
    )
    def test_no_blank_mark_or_hidden_character_makes_it_public(
        self, front: str, verb: str, between: str, behind: str
    ) -> None:
        if not drop_ignorable(between) or front.startswith("//"):
            return
        try:
            command = read(CleanText(f"{front}{verb}{between}bob{behind}psst"))
        except (BadLine, BadText, ValueError):
            return
        if isinstance(command, c.Say):
            self.assertEqual(command.unless, (BOB,))
        else:
            self.assertIsInstance(command, c.PrivateMessage)

    @given(st.text(max_size=40) | st.lists(st.sampled_from(LINE_TOKENS), max_size=8).map(_joined))
    def test_any_line_is_meant_for_a_nick_a_room_or_everybody(self, line: str) -> None:
        for meant in (typos.meant_for(line), typos.meant_by_msg(line)):
            self.assertTrue(meant is None or isinstance(meant, Nick | RoomName))
        self.assertIn(typos.hides_command(line), (True, False))
        self.assertIn(typos.other_mark(line), (True, False))
        self.assertIn(typos.spoilt_bang(line), (True, False))


class MeantByMsgTests(SynchronousTestCase):
    def test_only_slips_behind_msg_are_seen(self) -> None:
        for text in ("bob psst", "@bob psst", "bob, psst", "http://x", "bob://x", "bob.", "1;2"):
            self.assertIsNone(typos.meant_by_msg(text), text)
        for text in ("bob;psst", "bob ; psst", "bob.psst", "bob,psst", "bob\u200b :psst"):
            self.assertEqual(typos.meant_by_msg(text), BOB, ascii(text))
        self.assertEqual(typos.meant_by_msg("psst > bob!"), BOB)
        self.assertEqual(typos.meant_by_msg("msg bob psst"), BOB)
        self.assertEqual(typos.meant_by_msg("join vault x"), VAULT)
        self.assertEqual(typos.meant_by_msg("1;2 > bob!"), BOB)


class HiddenTests(SynchronousTestCase):
    def test_every_hidden_character_is_a_blank_before_a_command(self) -> None:
        unseen = [x for x in map(chr, range(sys.maxunicode + 1)) if not drop_ignorable(x).strip()]
        self.assertGreater(len(unseen), 4000)
        for character in [*unseen, "\u2800"]:
            self.assertTrue(typos.hides_command(f"{character}/msg bob psst"), ascii(character))
            self.assertTrue(typos.hides_command(f" {character}MSG bob:psst"), ascii(character))
        for character in map(chr, range(sys.maxunicode + 1)):
            if character.isalnum() and not drop_ignorable(character):
                self.assertIn(character, typos._FILLERS)

    def test_commands_are_seen_through_hidden_characters_and_talk_is_not(self) -> None:
        for line in ("/", "!", "//x", "JOIN", "MSG hi", "LEAVE ", "msg bob:hi", "msg bob\uff1ahi"):
            self.assertTrue(typos.hides_command(f"\u00ad {line}"), ascii(line))
            self.assertTrue(typos.hides_command(f" \u00ad{line[:1]}\u00ad{line[1:]}"), ascii(line))
            self.assertFalse(typos.hides_command(line), ascii(line))
        for line in ("hi", "?", "LIST of", "MSGR", "msg http://x", "\uff01", "\u3164", ""):
            self.assertFalse(typos.hides_command(f" \u200b{line}"), ascii(line))


class MarkTests(SynchronousTestCase):
    def test_mark_beside_the_right_one_is_seen(self) -> None:
        for line in (
            "\\msg bob psst",
            "\uff0fMSG bob psst",
            "\uff01 msg bob psst",
            "\uff3cjoin vault x",
            "\uff0freply psst",
            ".reply psst",
            "?reply psst",
            " \u00ad\\msg bob psst",
        ):
            self.assertTrue(typos.other_mark(line), ascii(line))

    def test_other_words_behind_such_a_mark_are_talk(self) -> None:
        for line in (
            "\\o/",
            "\uff01\u5566",
            ".reply",
            ".replying to x",
            "\\message",
            "... reply x",
        ):
            self.assertFalse(typos.other_mark(line), ascii(line))

    def test_nothing_may_come_between_the_bang_and_its_word(self) -> None:
        for line in ("! msg bob x", "!!msg", "!/who", "!\u3000help", "!\u00ad msg x", "!\u2800msg"):
            self.assertTrue(typos.spoilt_bang(line), ascii(line))
        for line in ("!msg bob x", "! wow", "!!!", "! message"):
            self.assertFalse(typos.spoilt_bang(line), ascii(line))


class ArrowTests(SynchronousTestCase):
    def test_every_arrow_of_unicode_counts(self) -> None:
        for line in (">", "a>b", "a\uff1eb", "a\ufe65b", "\u00e9 > b", "a\u2192b", "a&GT;b", "a<b"):
            self.assertTrue(typos.points(line), ascii(line))
        for line in ("", "a", "a\u300bb", "a & b"):
            self.assertFalse(typos.points(line), ascii(line))
        for character in (chr(code) for block in typos._ARROW_BLOCKS for code in block):
            words = unicodedata.name(character, "").split()
            if "RIGHTWARDS" in words and "ARROW" in words:
                self.assertTrue(typos.points_oddly(f"psst {character} bob"), ascii(character))
            elif "LEFTWARDS" in words and "ARROW" in words:
                self.assertEqual(typos.meant_for(f"bob {character} psst"), BOB, ascii(character))
        arrows = {chr(code) for code, plain in typos._WIDE.items() if plain == ">"}
        self.assertEqual(arrows, {"\uff1e", "\ufe65"})


class PasswordTests(SynchronousTestCase):
    def test_a_command_with_a_password_without_its_mark_is_seen(self) -> None:
        for line in (
            "login bob s3cret",
            "LOGIN s3cret",
            "register x y",
            "passwd a b",
            "drop-account x",
            "oper root s3cret",
            "lock s3cret",
            "Lock #dev s3cret",
            "\uff4c\uff4f\uff43\uff4b s3cret",
        ):
            self.assertTrue(typos.holds_password(line), line)

    def test_talk_is_not(self) -> None:
        for line in (
            "login",
            "login is broken today",
            "registers x",
            "drop-account it is",
            "a login x",
            "lock",
            "lock the door",
            "locks x",
            "unlock it",
        ):
            self.assertFalse(typos.holds_password(line), line)

    def test_a_long_line_takes_no_longer_for_its_commas(self) -> None:
        self.assertFalse(typos.holds_password("login" + "," * 100_000 + " a b c"))
