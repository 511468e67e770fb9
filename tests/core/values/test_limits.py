from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.limits import Limits

FIELDS = msgspec.structs.fields(Limits)


class LimitsTests(SynchronousTestCase):
    def test_every_limit_can_be_set_and_says_what_it_counts(self) -> None:
        for field in FIELDS:
            limits = msgspec.convert({field.encode_name: 7}, Limits)
            self.assertEqual(getattr(limits, field.name), 7)
        units = "bytes|characters|days|messages|milliseconds|seconds|minutes|bans|connections|rooms|lines|members|names|ids"
        units += "|passwords|accounts"
        for field in FIELDS:
            self.assertRegex(field.type.__metadata__[0].description, rf"\b({units})\b")
        with self.assertRaises(msgspec.ValidationError):
            msgspec.convert({"max-fun": 1}, Limits)
        self.assertLessEqual(3 * Limits().max_text, Limits().max_object)

    def test_limits_of_nothing_are_refused(self) -> None:
        for field in FIELDS:
            may_be_none = {"history_lines", "linger", "keep_days", "keep_lines", "auto_away"}
            may_be_none |= {"min_free", "max_guest_day", "last_seen"}
            none = 0 if field.name in may_be_none else 1
            msgspec.convert({field.encode_name: none}, Limits)
            for wrong in (none - 1, 1.5, "1", None):
                with self.assertRaises(msgspec.ValidationError, msg=f"{field.name} = {wrong!r}"):
                    msgspec.convert({field.encode_name: wrong}, Limits)
