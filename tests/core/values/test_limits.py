"""Tests for twisted_chat.core.values.limits."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.limits import REMEMBERED, Limits

FIELDS = msgspec.structs.fields(Limits)


class LimitsTests(SynchronousTestCase):
    def test_defaults_are_those_promised(self) -> None:
        self.assertEqual(
            msgspec.to_builtins(Limits()),
            {
                "max-text": 4096,
                "max-object": 16384,
                "max-endless": 1048576,
                "login-time": 60,
                "max-per-address": 64,
                "max-rooms": 100,
                "max-owned": 15,
                "max-bans": 500,
                "max-waiting": 500,
                "max-waiting-from": 50,
                "max-topic": 390,
                "max-away": 390,
                "flood-burst": 20,
                "flood-rate": 10,
                "byte-rate": 262144,
                "send-buffer": 131072,
                "batch-size": 65536,
                "max-queue": 262144,
                "max-backlog": 268435456,
                "linger": 7,
                "ping-after": 120,
                "ping-wait": 30,
                "crowd-size": 100,
                "crowd-time": 5,
                "history-lines": 20,
                "max-history": 10_000,
                "max-found": 50,
                "keep-days": 0,
                "keep-lines": 0,
                "min-free": 268435456,
                "max-guest-day": 16777216,
                "login-tries": 3,
                "registrations": 5,
                "auto-away": 0,
                "last-seen": 365,
                "page-size": 50,
                "max-ids": 20000,
            },
        )
        self.assertEqual(REMEMBERED, 86400)

    def test_longest_text_fits_into_an_object_however_it_is_escaped(self) -> None:
        # A two-byte character is six as \uXXXX, which is the worst.
        self.assertLessEqual(3 * Limits().max_text, Limits().max_object)

    def test_every_limit_can_be_set(self) -> None:
        for field in FIELDS:
            limits = msgspec.convert({field.encode_name: 7}, Limits)
            self.assertEqual(getattr(limits, field.name), 7)

    def test_every_limit_says_what_it_counts(self) -> None:
        units = "bytes|days|messages|milliseconds|seconds|minutes|bans|connections|rooms|lines|members|names|ids"
        units += "|passwords|accounts"
        for field in FIELDS:
            self.assertRegex(field.type.__metadata__[0].description, rf"\b({units})\b")

    def test_limits_of_nothing_are_refused(self) -> None:
        for field in FIELDS:
            may_be_none = {"history_lines", "linger", "keep_days", "keep_lines", "auto_away"}
            may_be_none |= {"min_free", "max_guest_day", "last_seen"}
            none = 0 if field.name in may_be_none else 1
            msgspec.convert({field.encode_name: none}, Limits)
            for wrong in (none - 1, 1.5, "1", None):
                with self.assertRaises(msgspec.ValidationError, msg=f"{field.name} = {wrong!r}"):
                    msgspec.convert({field.encode_name: wrong}, Limits)

    def test_unknown_limit_is_refused(self) -> None:
        with self.assertRaises(msgspec.ValidationError):
            msgspec.convert({"max-fun": 1}, Limits)

    def test_limits_do_not_change(self) -> None:
        with self.assertRaises(AttributeError):
            Limits().max_text = 1  # type: ignore[misc]
