"""JSON lines to objects: what is valid, and the error that says what is not."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

import msgspec

from twisted_chat.core.values.text import BadText, CleanText, decode, shown
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.schema.base import Incoming

#: The longest id a client may give a message, in characters.
MAX_ID: Final = 64

# Of msgspec's errors: what ends with the path to the field.
_FIELD: Final = re.compile(r" - at `\$\.(\w+)`$")
_NUMBERS: Final = ("limit", "page")


def is_object(line: bytes) -> bool:
    """Return whether a line of another dialect is a program's object, perhaps broken: people do not type that."""
    return line.lstrip(b" \t").startswith(b"{") and b'"type"' in line


def sentence(bad: ValueError) -> str:
    """Return a reason, which is a fragment, as a sentence."""
    why = str(bad)
    return f"{why[:1].upper()}{why[1:]}."


def client_id(given: object) -> str | None:
    """Return the client's message id if it can be sent back unchanged, else None."""
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID:
        return None
    try:
        return given if CleanText(given) == given else None
    except BadText:
        return None


def decode_object(frame: bytes) -> Incoming:
    """Decode one object strictly: what JSON forbids or leaves open is refused, with an error that says what is wrong."""
    try:
        value = _DECODER.decode(decode(frame))
        if not isinstance(value, dict):
            raise BadLine('Every line must be one JSON object: {"type": …}.', "bad-json")
        return msgspec.convert(value, Incoming)
    except BadText as bad:
        raise BadLine(sentence(bad), "bad-json") from None
    except msgspec.ValidationError as bad:
        raise BadLine(_wrong_field(str(bad)), "bad-field", client_id(value.get("id"))) from None
    except RecursionError:
        raise BadLine("The object is nested too deeply.", "bad-json") from None
    except BadLine:
        raise
    except json.JSONDecodeError as bad:
        why = shown(bad.msg.removesuffix(" at"), 100)
        raise BadLine(
            f"This is not a JSON object: {why} (at character {bad.pos + 1}).", "bad-json"
        ) from None
    except ValueError:
        # The limit of sys.set_int_max_str_digits: reading a number takes time quadratic in its length.
        raise BadLine("A number in the object has too many digits.", "bad-json") from None


def _wrong_field(why: str) -> str:
    """Translate msgspec's error, which is in terms of Python, to JSON."""
    found = _FIELD.search(why)
    if "`$.values" in why:
        return '"values" must be an object of strings, or null for keys to remove.'
    for name in ("commands", "add", "remove"):
        if f"`$.{name}" in why:
            return f'"{name}" must be a list of strings.'
    if "`$.tags" in why:
        return '"tags" must be an object of strings.'
    if found is None:
        return 'Every object needs a "type".'
    if found[1] in ("literal", "operators", "bot"):
        return f'"{found[1]}" must be true or false.'
    return f'"{found[1]}" must be a {"whole number" if found[1] in _NUMBERS else "string"}.'


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLine("A key occurs twice in the object.", "bad-json")
    return found


def _no_constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is not valid in JSON.", "bad-json")


# The standard library's decoder can detect a key that occurs twice; msgspec then checks the types. The decoder is made once, as
# that takes longer than decoding an object.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
