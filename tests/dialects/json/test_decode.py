from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.json.decode import decode_object


class DecodeTests(SynchronousTestCase):
    def refused(self, frame: bytes | dict[str, object], code: str) -> BadLine:
        """Return the error that a frame is, after checking its code."""
        raw = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        bad: BadLine = self.assertRaises(BadLine, decode_object, raw)
        self.assertEqual(bad.code, code, f"{raw!r}: {bad}")
        return bad

    def test_what_is_no_object_is_refused_with_what_and_where(self) -> None:
        for frame in (
            b"",
            b" ",
            b"hi",
            b"5",
            b"[]",
            b'"x"',
            b"null",
            b"{",
            b'{"type":"who"',
            b"{}{}",
        ):
            self.refused(frame, "bad-json")
        self.assertEqual(
            str(self.refused(b'{"type":"who",}', "bad-json")),
            "This is not a JSON object: Expecting property name enclosed in double quotes (at character 15).",
        )
        self.assertEqual(
            str(self.refused(b'{"type":"a\x01b"}', "bad-json")),
            "This is not a JSON object: Invalid control character (at character 11).",
        )
        self.assertIn("must be one JSON object", str(self.refused(b"[]", "bad-json")))
        self.refused(b'\xef\xbb\xbf{"type":"who"}', "bad-json")
        bad = self.refused(b'{"type":"\xff"}', "bad-json")
        self.assertIn("Byte 0xFF (byte 10) is not UTF-8", str(bad))
        self.refused(b'{"type":"\xed\xa0\x80"}', "bad-json")

    def test_duplicate_keys_are_refused_and_an_escaped_pair_is_one_character(self) -> None:
        for frame in (
            b'{"type":"who","type":"quit"}',
            b'{"type":"who","x":{"a":1,"a":1}}',
            b'{"type":"who","\\u0074ype":"quit"}',
        ):
            self.assertIn("occurs twice", str(self.refused(frame, "bad-json")))
        said = decode_object(b'{"type":"message","content":"\\ud83d\\ude00"}')
        self.assertEqual(said.content, "\U0001f600")

    def test_odd_numbers_and_deep_nesting_are_refused(self) -> None:
        for constant in (b"NaN", b"Infinity", b"-Infinity"):
            bad = self.refused(b'{"type":"who","x":' + constant + b"}", "bad-json")
            self.assertEqual(str(bad), f"{constant.decode()} is not valid in JSON.")
        bad = self.refused(b'{"type":"who","x":' + b"9" * 16_000 + b"}", "bad-json")
        self.assertEqual(str(bad), "A number in the object has too many digits.")
        self.refused(b'{"type":"who","page":1e999999999}', "bad-field")
        for bracket in (b"[", b'{"a":'):
            frame = (b'{"type":"who","x":' + bracket * 16_000)[: 16 * 1024]
            self.assertIn("nested too deeply", str(self.refused(frame, "bad-json")))

    def test_wrong_types_name_the_field_and_what_it_must_be(self) -> None:
        text = '"{}" must be a string'
        for field in [
            "type",
            "content",
            "id",
            "room",
            "to",
            "kind",
            "password",
            "session",
            "before",
            "after",
        ]:
            bad = self.refused({"type": "message", field: 5}, "bad-field")
            self.assertEqual(str(bad), f"{text.format(field)}.")
        for field in ("limit", "page"):
            values: list[object] = ["5", 1.5, True, [1], {}]
            for value in values:
                bad = self.refused({"type": "history", field: value}, "bad-field")
                self.assertEqual(str(bad), f'"{field}" must be a whole number.')
