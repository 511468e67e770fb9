from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.hub import NO_SCOPE
from twisted_chat.core.values.tokens import Tokens

ANY_TEXT = st.text(st.characters(exclude_categories=()))


class ScopeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.tokens = Tokens(b"secret")

    @given(ANY_TEXT)
    def test_any_token_has_a_public_name_of_128_bits(self, token: str) -> None:
        self.assertRegex(Tokens(b"secret").scope_of(token), "^[0-9a-f]{32}$")

    def test_tokens_have_scopes_that_cannot_be_found_without_the_key(self) -> None:
        scopes = {self.tokens.scope_of(f"token {n}") for n in range(1000)}
        self.assertEqual(len(scopes), 1000)
        self.assertNotIn(NO_SCOPE, scopes)
        same, other = Tokens(b"secret"), Tokens(b"another")
        self.assertEqual(self.tokens.scope_of("token"), same.scope_of("token"))
        self.assertNotEqual(self.tokens.scope_of("token"), other.scope_of("token"))


class TokenTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.tokens = Tokens(b"secret")

    @given(ANY_TEXT)
    def test_token_that_was_made_up_is_not(self, token: str) -> None:
        self.assertFalse(Tokens(b"secret").genuine(token))

    def test_token_changed_anywhere_or_of_another_server_is_not_genuine(self) -> None:
        token = self.tokens.issue("abc")
        for place, sign in enumerate(token):
            changed = token[:place] + ("x" if sign != "x" else "y") + token[place + 1 :]
            self.assertFalse(self.tokens.genuine(changed))
        for other in (token[:-1], token + "0", token.upper(), "." + token, token.replace(".", "")):
            self.assertFalse(self.tokens.genuine(other))
        self.assertFalse(self.tokens.genuine(f"abc.{self.tokens.scope_of('abc')}"))
        self.assertFalse(self.tokens.genuine(Tokens(b"another").issue("abc")))
        self.assertTrue(Tokens(b"secret").genuine(self.tokens.issue("abc.def")))

    def test_proof_is_compared_in_constant_time(self) -> None:
        compared: list[tuple[bytes, bytes]] = []

        def compare(a: bytes, b: bytes) -> bool:
            compared.append((a, b))
            return False

        self.patch(hmac, "compare_digest", compare)
        self.assertFalse(self.tokens.genuine(self.tokens.issue("abc")))
        self.assertEqual(len(compared), 1)
