"""Names: nicknames and room names, parsed once at the edge.

:func:`parse_nick` and :func:`parse_room` take any string and return a :class:`Nick` or a
:class:`RoomName`, or raise :class:`BadName`. Code that gets one of the two types need not check again. Case is folded here and
nowhere else.

Nicknames follow PRECIS (RFC 8264; the profiles UsernameCasePreserved and UsernameCaseMapped of RFC
8265) and are narrowed to what every dialect can write. Room names are wider: emoji and most
punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NoReturn
from unicodedata import category, normalize

import msgspec

from twisted_chat.core.values.confusables import drop_ignorable, skeleton
from twisted_chat.core.values.text import describe

if TYPE_CHECKING:
    from precis_i18n.profile import Profile

#: The most characters in a nickname, after normalization (NFC). IRC servers of today are set to 16
#: to 32; more would leave too little of an 80-column line to the text.
MAX_NICK: Final = 32

#: The most characters in a room name, after normalization (NFC) and without the "#". Fifty is the
#: length of a channel name in RFC 2812, section 1.3.
MAX_ROOM: Final = 50

#: The most combining marks in a row. Thai or pointed Hebrew needs up to three; stacks of them
#: spill over the lines above and below.
MAX_MARKS: Final = 3

# No character decomposes canonically into more than four (Unicode Annex #15), so a string longer
# than four times the limit cannot come down to it: it is refused before anything is spent on it,
# and never cached.
_MOST_DECOMPOSED: Final = 4

# Names are parsed again with every message that mentions one, so the names in use should fit. An
# entry takes about half a kilobyte, the worst that somebody can make up 2 (a nick) or 4 (a room):
# at most 25 MB when both caches are full, whatever is sent.
_CACHED: Final = 4096

# What the dialects write around a nick (MSG USER:TEXT, TEXT > NAME, <alice>, *alice*,
# nick!user@host), the prefixes of rooms and roles, the separators of lists and paths, and quotes.
_NOT_IN_NICK: Final = frozenset(" ,:*?!@#&+%~$./\\<>{}\"'")

# What can stand first besides letters: of what IRC allows there, all but ``{ } \\``. Those are on many networks the small letters
# of ``[ ] |``, and somebody could take a friend's name with them.
_FIRST_IN_NICK: Final = "_[]^`|"

# A comma separates rooms in a list; a colon ends a target (MSG USER:TEXT) or starts IRC's last
# argument.
_NOT_IN_ROOM: Final = frozenset(",:")

# What starts a command, a bang command, a help request, a JSON object or another kind of IRC
# channel.
_NOT_FIRST_IN_ROOM: Final = frozenset("#/!?{&")

# Controls, format characters (bidirectional overrides and joiners among them), surrogates, private
# use, unassigned: nobody can see them, or everybody sees something else.
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))

# The emoji and text presentation selectors. Phones add them to emoji unasked, so they are let in;
# the key and the skeleton drop them.
_SELECTORS: Final = frozenset("\ufe0e\ufe0f")

# U+2800 is a symbol to Unicode and a blank on every screen.
_BRAILLE_BLANK: Final = "\u2800"

# Letters, digits and marks; and what counts as one of them where it stands between certain others (RFC 5892, appendix A).
_IN_NICK: Final = frozenset(("Ll", "Lu", "Lo", "Lm", "Nd", "Mn", "Mc"))
_IN_CONTEXT: Final = frozenset("\u00b7\u0375\u05f3\u05f4\u200c\u200d\u30fb")

# The same rules for ASCII alone, which is nearly all there is. The tests hold them equal to the
# long way.
_ASCII_NICK: Final = re.compile(rf"[A-Za-z_\[\]^`|][-A-Za-z0-9_\[\]^`|()=;]{{0,{MAX_NICK - 1}}}")
# Everything visible, which is "!" to "~", but for the comma and the colon.
_ASCII_ROOM: Final = re.compile(rf"(?![#/!?{{&])[!-+\--9;-~]{{1,{MAX_ROOM}}}")

_COMMAND: Final = "it is a command"
_SERVER: Final = "it could be mistaken for the server"

#: Nicknames nobody gets, by key, with the reason.
RESERVED: Final = {
    "join": _COMMAND,
    "msg": _COMMAND,
    "leave": _COMMAND,
    "list": _COMMAND,
    "help": _COMMAND,
    "quit": _COMMAND,
    "server": _SERVER,
    "system": _SERVER,
    "chanserv": _SERVER,
    "nickserv": _SERVER,
    **dict.fromkeys(
        ("admin", "administrator", "operator", "moderator", "owner", "root", "sysop", "staff"),
        "it could be mistaken for an operator",
    ),
    "everyone": "it could be mistaken for everyone in the room",
    "lobby": "it is the name of a room",
}

# Verbs are written in capitals too, where QUlT (with a small L) is the one that looks alike.
_RESERVED_LOOKS: Final = {
    skeleton(written): word
    for word in RESERVED
    for written in (word, word.capitalize(), word.upper())
}


class BadName(ValueError):
    """A string that is no name. ``str()`` is one sentence in ASCII, fit to show to its sender.

    It says what is wrong and what to do, and quotes nothing of the string but single printable
    characters.
    """


class ReservedName(BadName):
    """A name that nobody gets."""


class _Name(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What a nick and a room name have in common; equal to another of its kind by key."""

    #: As its owner wrote it, normalized (NFC).
    text: str
    #: Folded: two names with one key are the same name.
    key: str
    #: What it looks like: two names with one skeleton must not both be in use.
    skeleton: str

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.key == other.key

    def __ne__(self, other: object) -> bool:
        # Struct brings a != of its own, which would compare identities whatever == says.
        return not self == other

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text


class Nick(_Name, frozen=True, eq=False):
    """A nickname, from :func:`parse_nick`."""


class RoomName(_Name, frozen=True, eq=False):
    """The name of a room, from :func:`parse_room`; ``text`` has no "#", ``str()`` has."""

    def __str__(self) -> str:
        return "#" + self.text


def parse_nick(raw: str) -> Nick:
    """Return the nickname written as ``raw``, or raise :class:`BadName`."""
    if len(raw) > MAX_NICK * _MOST_DECOMPOSED:
        _too_long("nickname", MAX_NICK)
    return _nick(raw)


def parse_room(raw: str) -> RoomName:
    """Return the room name written as ``raw``, "#" or not, or raise :class:`BadName`."""
    if len(raw) > 1 + MAX_ROOM * _MOST_DECOMPOSED:
        _too_long("room name", MAX_ROOM)
    return _room(raw[1:] if raw.startswith("#") else raw)


def guest_nick(n: int) -> Nick:
    """Return the nickname of the guest with the number ``n``, from 1."""
    return parse_nick(f"guest{n}")


def suggest(nick: Nick) -> Iterator[Nick]:
    """Yield nicknames near ``nick``, which is taken: bob2, bob3 ... bob99.

    Each is valid and looks different from ``nick``; whether it is free is for the caller to see. A
    name with Arabic digits takes no European ones (RFC 5893, section 2, rule 4): then nothing is
    yielded.
    """
    for number in range(2, 100):
        cut = MAX_NICK - len(str(number))
        while category(nick.text[cut : cut + 1] or "x").startswith("M"):
            cut -= 1  # a letter leaves with its marks
        try:
            candidate = parse_nick(f"{nick.text[:cut]}{number}")
        except BadName:
            continue
        if candidate.skeleton != nick.skeleton:
            yield candidate


def looks(name: Nick | RoomName) -> tuple[str, ...]:
    """Return what a name looks like, as its owner writes it and in small letters, as others may write it.

    The two differ by a capital I, which looks like a small L. Without the second, somebody could be "bill" with a Cyrillic
    letter while BILL is here.
    """
    if name.key == name.text:
        return (name.skeleton,)  # as most people write theirs
    folded = skeleton(name.key)
    return (name.skeleton,) if folded == name.skeleton else (name.skeleton, folded)


@lru_cache(maxsize=_CACHED)
def _nick(raw: str) -> Nick:
    # PRECIS leaves ASCII as it is but for case (RFC 8264 section 9.11 allows all of it that is
    # visible), and the library takes 10 ms to import: most servers never need it.
    if _ASCII_NICK.fullmatch(raw):
        return _unreserved(Nick(raw, raw.lower(), skeleton(raw)))
    written = normalize("NFC", raw)
    if not written:
        raise BadName("a nickname cannot be empty; write one that starts with a letter or _")
    # Twice: as sent, to name what was sent; and as PRECIS maps it: a fullwidth "#" becomes a "#".
    _check_nick_characters(written)
    text = _enforce("UsernameCasePreserved", written)
    _check_nick_characters(text)
    if len(text) > MAX_NICK:
        _too_long("nickname", MAX_NICK)
    if text[0] not in _FIRST_IN_NICK and not category(text[0]).startswith("L"):
        raise BadName(f"a nickname cannot start with {_named(text[0])}; use a letter or _ there")
    _check_marks(text)
    return _unreserved(Nick(text, _enforce("UsernameCaseMapped:CaseFold", text), skeleton(text)))


def _check_nick_characters(text: str) -> None:
    for character in text:
        if character in _NOT_IN_NICK or category(character) == "Cc":
            raise _refusal(character, "a nickname")


def _unreserved(nick: Nick) -> Nick:
    """Return ``nick``, or raise :class:`BadName` if it is, or looks like, a reserved one."""
    reason = RESERVED.get(nick.key)
    if reason is not None:
        raise ReservedName(f'"{nick.key}" is reserved because {reason}; pick another nickname')
    word = _RESERVED_LOOKS.get(nick.skeleton)
    if word is not None:
        raise ReservedName(
            f'a nickname that looks like "{word}" is reserved because {RESERVED[word]}; '
            "pick another nickname"
        )
    return nick


def _enforce(profile: str, text: str) -> str:
    """Return ``text`` as the PRECIS profile has it, or raise :class:`BadName`."""
    try:
        return _profile(profile).enforce(text)
    except UnicodeEncodeError as error:
        # For a fault of the whole string the library gives the whole as the place.
        if error.reason.endswith("bidi_rule"):
            raise BadName(
                "a nickname cannot mix writing directions like this; use letters of one script"
            ) from None
        if error.reason.endswith(("not_idempotent", "empty")):
            raise BadName("these characters do not make a valid nickname; pick another") from None
        raise _refusal(error.object[error.start], "a nickname") from None


@cache
def _profile(name: str) -> Profile:
    from precis_i18n import get_profile

    return get_profile(name)


@lru_cache(maxsize=_CACHED)
def _room(raw: str) -> RoomName:
    if _ASCII_ROOM.fullmatch(raw):
        return RoomName(raw, raw.lower(), skeleton(raw))
    text = normalize("NFC", raw)
    if not text:
        raise BadName('a room name cannot be empty; write a name after the "#"')
    for character in text:
        _check_room_character(character)
    if len(text) > MAX_ROOM:
        _too_long("room name", MAX_ROOM)
    # By compatibility, as in the key: a fullwidth "#" is a "#", Thai sara am starts with a mark.
    first = normalize("NFKC", text[0])[0]
    if first in _NOT_FIRST_IN_ROOM or category(first).startswith("M"):
        raise BadName(
            f"a room name cannot start with {_named(text[0])}; use a letter or a digit there"
        )
    _check_marks(text)
    return RoomName(text, _room_key(text), skeleton(text))


def _check_room_character(character: str) -> None:
    """Raise :class:`BadName` if ``character``, or what the key has for it, is not for rooms."""
    for part in normalize("NFKC", character):
        if part in _NOT_IN_ROOM or part.isspace() or category(part) in _UNSEEN:
            raise _refusal(character, "a room name")
    if character == _BRAILLE_BLANK:
        raise _refusal(character, "a room name")
    if not drop_ignorable(character) and character not in _SELECTORS:
        raise _refusal(character, "a room name")


def _room_key(text: str) -> str:
    """Return ``text`` folded: toNFKC_Casefold of the Unicode Standard, section 3.13."""
    text = drop_ignorable(text)
    # Folding can undo the normalization and the reverse: a second round makes the key its own key.
    for _ in range(2):
        text = normalize("NFKC", text).casefold()
    return normalize("NFKC", text)


def fold(text: str) -> str:
    """Return ``text``, which is no whole name (a mask), folded as nicknames are."""
    return normalize("NFC", normalize("NFKC", text).casefold())


def check_mask(mask: str) -> None:
    """Raise :class:`BadName` if no nickname can fit a mask that is folded."""
    literal = mask.replace("*", "")
    if len(literal) > MAX_NICK:
        _too_long("nickname", MAX_NICK)
    for character in literal.replace("?", ""):
        # What PRECIS leaves of Unicode for names, RFC 8264 section 9: letters, digits, marks, visible ASCII, some in context.
        fits = character in _IN_CONTEXT or category(character) in _IN_NICK
        if character in _NOT_IN_NICK or not (fits or "!" <= character <= "~"):
            raise BadName(f"{_named(character)} cannot be in a nickname")
    if mask[0] not in f"*?{_FIRST_IN_NICK}" and not category(mask[0]).startswith("L"):
        raise BadName(f"a nickname cannot start with {_named(mask[0])}")


def _check_marks(text: str) -> None:
    """Raise :class:`BadName` if more than MAX_MARKS combining marks stand in a row."""
    row = 0
    for character in text:
        row = row + 1 if category(character) in ("Mn", "Me") else 0
        if row > MAX_MARKS:
            raise BadName(
                f"a name cannot have more than {MAX_MARKS} combining marks in a row; leave some out"
            )


def _too_long(kind: str, limit: int) -> NoReturn:
    raise BadName(f"a {kind} can have at most {limit} characters; pick a shorter one")


def _refusal(character: str, where: str) -> BadName:
    return BadName(f"{_named(character)} cannot be in {where}; leave it out")


def _named(character: str) -> str:
    """Name one character in printable ASCII."""
    if character == " ":
        return "a space"
    if "!" <= character <= "~":
        return f'"{character}"'
    # These have no name to describe them by.
    if category(character) in ("Cs", "Co", "Cn"):
        return f"U+{ord(character):04X}"
    return describe(character).rstrip(",")


#: The room everybody can find: it always exists.
LOBBY: Final = parse_room("lobby")
