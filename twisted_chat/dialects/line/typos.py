"""Typing mistakes: what a line was perhaps meant to be, so that it is not said to everyone by mistake.

A private text, or a password, must not become public because of a key next to the right one, of punctuation after a name, of an
input method's fullwidth characters, or of what was pasted along and shows as nothing. The pattern of such a line does not prove
anything: "msg me later" is talk, unless somebody is called "me". So :func:`meant_for` names the nick or the room that a line
may be about, and the hub, which knows who is here, refuses it or says it.

All patterns take time in proportion to the length of the line: where two parts with a "*" are next to each other, no character
matches both.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category, name, normalize

from twisted_chat.core.values.confusables import drop_ignorable
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room

# The ASCII characters that Unicode has a second time, for input methods: fullwidth forms and small form variants.
_WIDE: Final = {
    code: plain
    for code in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE6C))
    if (plain := normalize("NFKC", chr(code))).isascii()
}
# Whole blocks of arrows, and the one of emoji.
_ARROW_BLOCKS: Final = (
    range(0x2190, 0x2200),
    range(0x2794, 0x27C0),
    range(0x27F0, 0x2800),
    range(0x2900, 0x2980),
    range(0x2B00, 0x2C00),
    range(0x1F800, 0x1F900),
)


def _arrows(direction: str) -> str:
    """Return the characters whose names in Unicode say that they point there."""
    characters = (chr(code) for block in _ARROW_BLOCKS for code in block)
    return "".join(each for each in characters if direction in name(each, ""))


# What people, input methods and web pages write for ">" and "<".
_RIGHT: Final = (
    _arrows("RIGHTWARDS")
    + "\u25b6\u25b7\u25b8\u25b9\u25ba\u25bb\u261e\u276f\u2771\u226b\u227b\u27e9\u27eb\u2abc\U0001f449"
)
_LEFT: Final = _arrows("LEFTWARDS") + "\u25c0\u25c2\u25c4\u261c\U0001f448"
_ENTITY: Final = re.compile("&([gl])t;?", re.IGNORECASE)
_TO_RIGHT: Final = rf"[>\uff1e\ufe65{_RIGHT}]"
_TO_LEFT: Final = rf"[<\uff1c\ufe64{_LEFT}]"
# One set to search for, as there are no letters in it: most lines are looked at.
_POINTS: Final = re.compile(f"{_TO_RIGHT}|{_TO_LEFT}")
# An arrow with its shaft, and with the sign that asks for it as an emoji.
_SHAFT: Final = r"[-=~_.\u2010-\u2015\u2212\u2500\u2501]"
_ARROW_SIGN: Final = re.compile(
    rf"(?<!{_SHAFT}){_SHAFT}*(?:(?:{_TO_RIGHT}|&gt;?)\ufe0f?)+", re.IGNORECASE
)
#: ``TEXT > NAME``, the private form, of which the first group is the text and the second what stands for the name.
POINTED: Final = re.compile(r"(.*\S)(?:\s+>\s*|>\s+)([^\s>]+)\s*", re.DOTALL)
# Letters, to Python, that show as nothing.
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"

# What is neither a letter or digit nor ASCII: marks, punctuation, symbols, emoji.
_ODD: Final = re.compile(r"[^\w\s\x00-\x7f]")
# How many characters are remembered with what stands for them: more than any conversation has.
_MAX_PUNCTUATION: Final = 4096
# Punctuation that PRECIS lets into nicknames beside letters of its script (RFC 5892, appendices A.3 to A.7).
_IN_NICKS: Final = frozenset("\u00b7\u0375\u05f3\u05f4\u30fb")

# What is left of that belongs to the character before it: marks (Hindi and Thai write vowels so), and this punctuation. With no
# letter and no mark there it stands for itself: a mark alone is a dead key's.
_LOOSE: Final = re.compile(
    rf"(?<![^\W_])(?<![^\w\s\x00-\x7f{''.join(sorted(_IN_NICKS))}])[^\w\s\x00-\x7f]"
)

# Whatever may stand around a word: blanks, and the punctuation of ASCII (to which the rest is mapped) but for "_".
_AROUND: Final = r"\s!-/:-@\[-^`{-~"
# What ends a nickname. A ";" could stand in one, and is a slip for ":" on many keyboards.
_ENDS: Final = r"""\s,:*?!@#&+%~$./\\<>{}"';"""
_NAME: Final = rf"([^{_AROUND}][^{_ENDS}]*)"
# A text behind a name. "bob's" is talk about bob.
_TEXT: Final = rf"(?!://|'\w)[{_ENDS}]\s*\S"

# "msg bob TEXT" without its mark, or behind another one; "msg:bob TEXT"; "MSGbob:TEXT".
_MSG: Final = re.compile(
    rf"[{_AROUND}]*[17]?(?:priv)?msg(?:[{_AROUND}]+{_NAME}{_TEXT}|{_NAME}\s*:(?!//))", re.IGNORECASE
)
# "=bob TEXT", which is private in other chats; "@bob> TEXT"; "bob < TEXT", "bob <- TEXT".
_EQUALS: Final = re.compile(rf"=[{_AROUND}]*{_NAME}{_TEXT}")
_FORWARDS: Final = re.compile(rf"@?{_NAME}>+\s+\S")
_BACKWARDS: Final = re.compile(rf"[{_AROUND}]*{_NAME}\s*<+[-=~]*\s+\S")
# "> bob TEXT", "-> *bob* TEXT": the arrow is looked for in what stands before the name.
_ARROW_FIRST: Final = re.compile(rf"([{_AROUND}]*){_NAME}{_TEXT}")
# What may follow the last arrow: "bob.", "@bob", "<bob", "bob, carol", "bob :)", but not "bob said so".
_BEHIND_ARROW: Final = re.compile(
    rf"([{_AROUND}]*){_NAME}(?=[{_ENDS}]|$)(?!'\w)(?:\S|\s+[^\w\s]|\s*$)"
)
_TO_LAST_WORD: Final = re.compile(r".*\w", re.DOTALL)
# "MSG bob;TEXT", "MSG bob.TEXT": beside the colon, or the same key without Shift.
_NO_COLON: Final = re.compile(rf"[{_AROUND}]*{_NAME}\s*(?:[:;]|[.,](?=\S))(?!//)")
# Only JOIN in capitals and /join are commands. The word behind the room would be its password.
_JOIN: Final = re.compile(r"\W*join[\s,:]+#*((?!#)[^\s,:]+)[\s,:]+\S", re.IGNORECASE)
# "join us tomorrow" is talk: hardly anybody calls a room so, and a private one is not told from none.
_NO_ROOMS: Final = frozenset(
    (
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "any",
        "another",
        "me",
        "us",
        "him",
        "her",
        "them",
        "it",
        "my",
        "our",
        "your",
        "his",
        "their",
        "in",
        "at",
        "on",
        "up",
        "with",
        "and",
        "or",
        "forces",
        "hands",
    )
)
# Whether a line can be a slip of these verbs at all, by their first two letters, fullwidth ones too, and anything around
# that is no letter or shows as nothing. Most lines cannot, and need not be mapped.
_NO_LETTER: Final = rf"[\W{_FILLERS}]*"
_MAY_BE_VERB: Final = re.compile(
    rf"{_NO_LETTER}[17]?(?:[m\uff4d]{_NO_LETTER}[s\uff53]|[p\uff50]{_NO_LETTER}[r\uff52]|[j\uff4a]{_NO_LETTER}[o\uff4f])",
    re.IGNORECASE,
)

# The commands that need no mark in front.
_BEHIND_BLANKS: Final = re.compile(
    r"(?:JOIN|MSG)(?:\s|$)|(?:LEAVE|LIST|HELP|QUIT)\s*$|(?i:MSG)\s+(?:[^\s:]+\s*)?:(?!//)"
)
# The mark of a private command from the key beside, or from an input method for Chinese or Japanese. No talk begins like
# this, so it is an error whoever is here; "." and "?" lie on the key of "/" or beside it.
_OTHER_MARK: Final = re.compile(
    r"[\\\uff3c\uff0f\uff01]\s*(?:msg|reply|join|login|register|passwd|drop|oper|lock)\b|[.?]reply\s+\S",
    re.IGNORECASE,
)
# "login bob secret", "lock secret", without the mark or with another: as many words as the command takes, no more. "I cannot
# login today" is talk, and so are "login does not work for me" and "lock the door". 7 and 1 lie on the keys of / and !.
_WITH_PASSWORD: Final = re.compile(
    rf"[{_AROUND}]*[17]?(?:(?:login|register|passwd|oper)[\s:,]+[^\s:,]\S*(?:\s+\S+)?|drop-?account[\s:,]+[^\s:,]\S*|lock[\s:,]+(?:#\S+\s+)?[^\s:,]\S*)\s*"
    # As programs for IRC send it, and as forms ask for it.
    r"|(?-i:PASS\s+\S+|NICK\s+\S+\s+\S+)\s*|password\s*:\s*\S+\s*",
    re.IGNORECASE,
)
# An object of a program, or a line of one that is spread over several: of a program that logs in, sends what people type, or
# speaks in private. Some editors turn its quotes.
_OBJECT: Final = re.compile(r"""\s*(?:([\[{])|["'\u201c-\u201f])""", re.IGNORECASE)
_QUOTE: Final = """["'\u201c-\u201f]"""
_SECRET_FIELD: Final = re.compile(
    rf"""(?:password|session|private|to){_QUOTE}?\s*:|type{_QUOTE}?\s*:\s*{_QUOTE}(?:command|login|message|msg|nick|private|register)\b""",
    re.IGNORECASE,
)
_SECRET_WORD: Final = re.compile(rf"{_QUOTE}(?:password|session|private){_QUOTE}", re.IGNORECASE)
# "! msg", "!!msg", "!/msg".
_SPOILT_BANG: Final = re.compile(r"![\s!/]+(?:msg|who|logout|help)\b", re.IGNORECASE)


def points(line: str) -> bool:
    """Return whether there is an arrow in a line."""
    if "&" in line and _ENTITY.search(line) is not None:
        return True
    return ">" in line or "<" in line if line.isascii() else _POINTS.search(line) is not None


def points_oddly(line: str) -> bool:
    """Return whether a line is the private form ``TEXT > NAME`` but for its arrow, or but for the name behind it."""
    plain = _ARROW_SIGN.sub(">", _seen(line))
    said, arrow, behind = plain.rpartition(">")
    if arrow and not behind.strip() and said[-1:].isspace() and re.search(r"\w", said):
        return True
    meant = POINTED.fullmatch(plain)
    if meant is None or nick_or_none(meant[2]) is None:
        return False
    written = POINTED.fullmatch(line)
    return written is None or written[1] != meant[1]


def secret_object(line: str) -> bool:
    """Return whether a line looks like an object with a password, or like a private one: nothing of it is said or quoted."""
    text = bare(line)
    begun = _OBJECT.match(text)
    if begun is None:
        return False
    whole = begun[1] is not None and _SECRET_WORD.search(text) is not None
    return whole or _SECRET_FIELD.search(text) is not None


def hides_command(line: str) -> bool:
    """Return whether a command stands behind blanks, or behind what shows as nothing: it would be said to everybody."""
    text = bare(line)
    return text is not line and (
        text.startswith(("/", "!")) or _BEHIND_BLANKS.match(_plain(text)) is not None
    )


def other_mark(line: str) -> bool:
    """Return whether a line is a private command but for its mark, which is a neighbour of the right one."""
    return _OTHER_MARK.match(bare(line)) is not None


def holds_password(line: str) -> bool:
    """Return whether a line, except for its mark, is a command with a password; it is not said, whoever is here."""
    return _WITH_PASSWORD.fullmatch(_worded(line)) is not None


def spoilt_bang(line: str) -> bool:
    """Return whether something came between the ``!`` and the word of a command."""
    return _SPOILT_BANG.match(_seen(line)) is not None


def meant_for(line: str) -> Nick | RoomName | None:
    """Return for whom a line that is no private form was perhaps meant; a room, if it seems to hold its password.

    It must not be said if the nick is here, or the room is locked.
    """
    if _MAY_BE_VERB.match(line):
        if (found := _MSG.match(_worded(line))) and (nick := _nick(found[1] or found[2])):
            return nick
        if (
            (found := _JOIN.match(_plain(line)))
            and found[1].lower() not in _NO_ROOMS
            and (room := _room(found[1]))
        ):
            return room
    if line[:1] in ("=", "\uff1d") and (found := _EQUALS.match(_worded(line))):
        return _nick(found[1])
    if not points(line):
        return None
    text = _worded(line)
    if (nick := _pointed_at(text)) is not None:
        return nick
    found = _BACKWARDS.match(text) or _FORWARDS.match(text)
    return _nick(found[1]) if found is not None else None


def meant_by_msg(text: str) -> Nick | RoomName | None:
    """Return for whom TEXT in ``MSG TEXT`` was perhaps meant, as :func:`meant_for`. "MSG bob TEXT" is said to everyone."""
    found = _NO_COLON.match(_worded(text))
    return (_nick(found[1]) if found else None) or meant_for(text)


def nick_or_none(word: str) -> Nick | None:
    """Return the nick written as ``word``, or None if it is none."""
    try:
        return parse_nick(word)
    except BadName:
        return None


def _pointed_at(text: str) -> Nick | None:
    """Return the nick behind the last arrow, or behind one that the text begins with."""
    # "psst > bob >", "psst > <bob>", "psst > bob > :)": an arrow with no word behind it points nowhere.
    last = _TO_LAST_WORD.match(text)
    nowhere = text.find(">", last.end()) if last is not None else 0
    said, arrow, behind = (text if nowhere < 0 else text[:nowhere]).rpartition(">")
    found = _BEHIND_ARROW.match(behind) if arrow and said else None
    if found is not None and (nick := _nick(found[2], found[1])) is not None:
        return nick
    found = _ARROW_FIRST.match(text)
    return _nick(found[2], found[1]) if found is not None and ">" in found[1] else None


def _nick(word: str, before: str = "") -> Nick | None:
    """Return the nick in ``word``, without the end of a pair that began in ``before``, or nowhere: ``(bob)``."""
    for opening, closing in ("()", "[]"):
        if opening not in word:
            word = word.rstrip(closing)
    return nick_or_none(word.rstrip("`") if "`" in before else word)


def _room(word: str) -> RoomName | None:
    try:
        return parse_room(word)
    except BadName:
        return None


def bare(line: str) -> str:
    """Return a line without what shows as nothing, if it begins with that or with a blank; else the line itself."""
    first = line[:1]
    at_sight = first.isascii() or (first.isalnum() and first not in _FILLERS)
    unseen = first.isspace() if at_sight else not _seen(first).strip()
    return _seen(line).lstrip() if unseen else line


def _seen(text: str) -> str:
    # U+2800, the braille blank, is a symbol to Unicode and a blank on every screen.
    return drop_ignorable(text).replace("\u2800", " ")


def _plain(text: str) -> str:
    """Return what a text would be without slips of an input method: nothing unseen, no fullwidth forms."""
    return text.strip() if text.isascii() else _seen(text).translate(_WIDE).strip()


def _worded(text: str) -> str:
    """Return a plain text in which all punctuation is of ASCII, so that one can tell where a nickname ends."""
    text = _plain(_ENTITY.sub(lambda found: "<>"[found[1] in "gG"], text))
    return text if text.isascii() else _LOOSE.sub(".", text.translate(_PUNCTUATION))


class _Punctuation(dict[int, int]):
    """What stands for a character, found when it is first met: of one that belongs to the one before it, itself."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        if character == "\u2019":
            found = "'"
        elif character in _RIGHT:
            found = ">"
        elif character in _LEFT:
            found = "<"
        elif character in _IN_NICKS or category(character)[0] == "M" or not _ODD.match(character):
            found = character
        else:
            found = "."
        if len(self) >= _MAX_PUNCTUATION:
            self.clear()
        self[code] = ord(found)
        return self[code]


_PUNCTUATION: Final = _Punctuation()
