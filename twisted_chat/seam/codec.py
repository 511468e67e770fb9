"""Packs what passes the seam: MessagePack, in which an object of one of our classes is a list that begins with its name.

Nothing is packed as long as both sides are in one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from twisted_chat.core.values.text import CleanText, FormattedText, Secret

#: Classes are looked for here, and named by what follows.
_OURS: Final = "twisted_chat."
_TEXTS: Final[dict[str, type[str]]] = {
    "text": CleanText,
    "formatted": FormattedText,
    "secret": Secret,
}
_TEXT_NAMES: Final[dict[type[Any], str]] = {each: name for name, each in _TEXTS.items()}
_COLLECTIONS: Final[dict[str, type[Any]]] = {
    "tuple": tuple,
    "list": list,
    "frozenset": frozenset,
}
_COLLECTION_NAMES: Final[dict[type[Any], str]] = {each: name for name, each in _COLLECTIONS.items()}
_PLAIN: Final = (type(None), bool, int, float, str, bytes)

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_structs: dict[str, type[msgspec.Struct]] = {}


class NotPlain(TypeError):
    """A value that cannot pass the seam."""


def encode(value: object) -> bytes:
    """Return a value as bytes. Raises :class:`NotPlain` for what is not plain data."""
    return _pack(_taken_apart(value))


def decode(data: bytes) -> Any:
    """Return the value packed in these bytes."""
    return _put_together(_unpack(data))


def _taken_apart(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in _TEXT_NAMES:
        return [_TEXT_NAMES[kind], str(value)]
    if kind in _COLLECTION_NAMES:
        return [_COLLECTION_NAMES[kind], *map(_taken_apart, value)]
    if kind is dict:
        return ["dict", *(_taken_apart(item) for item in value.items())]
    if isinstance(value, msgspec.Struct) and kind.__module__.startswith(_OURS):
        return [
            _name(kind),
            *(_taken_apart(getattr(value, each)) for each in kind.__struct_fields__),
        ]
    raise NotPlain(f"{kind.__module__}.{kind.__qualname__} is not plain data")


def _put_together(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    name, *parts = value
    if name in _TEXTS:
        return _TEXTS[name](parts[0])
    parts = [_put_together(each) for each in parts]
    if name in _COLLECTIONS:
        return _COLLECTIONS[name](parts)
    if name == "dict":
        return dict(parts)
    struct = _struct(name)
    return struct(**dict(zip(struct.__struct_fields__, parts, strict=True)))


def _name(struct: type[msgspec.Struct]) -> str:
    return f"{struct.__module__.removeprefix(_OURS)}:{struct.__qualname__}"


def _struct(name: str) -> type[msgspec.Struct]:
    if name not in _structs:
        # Commands may be added later, each as a class of its own.
        _structs.update((_name(each), each) for each in _below(msgspec.Struct))
    return _structs[name]


def _below(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in base.__subclasses__():
        if each.__module__.startswith(_OURS):
            yield each
        yield from _below(each)
