"""Invitations: good once and for a while, and no more of them than are needed."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW
from twisted_chat.core.state import invites
from twisted_chat.core.state.invites import Invites, digest_of


class InvitesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.invites = Invites()
        self.digest = digest_of("code")

    def test_a_code_is_kept_as_its_digest_and_found_with_what_was_copied_along(self) -> None:
        self.assertNotIn("code", self.digest)
        for copied in (" code ", "code.", "code. "):
            self.assertEqual(digest_of(copied), self.digest)

    def test_a_code_is_good_until_it_is_used_or_its_time_is_over(self) -> None:
        self.invites.put(self.digest, NOW + 10, NOW)
        self.assertTrue(self.invites.good(self.digest, NOW))
        self.assertFalse(self.invites.good(self.digest, NOW + 10))
        self.assertFalse(self.invites.good(None, NOW))
        self.assertFalse(self.invites.good(digest_of("another"), NOW))
        self.invites.use(self.digest)
        self.assertFalse(self.invites.good(self.digest, NOW))
        self.assertEqual(self.invites.altered, {self.digest: None})

    def test_too_many_are_refused_until_old_ones_end(self) -> None:
        self.patch(invites, "MAX_INVITES", 2)
        for code in ("a", "b"):
            self.assertFalse(self.invites.full(NOW))
            self.invites.put(digest_of(code), NOW + 10, NOW)
        self.assertTrue(self.invites.full(NOW + 9))
        self.assertFalse(self.invites.full(NOW + 10))
        self.invites.put(digest_of("c"), NOW + 20, NOW + 10)
        self.assertEqual(list(self.invites), [digest_of("c")])
