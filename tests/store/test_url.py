"""Which databases there are, and that no password of one is ever shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.store.url import BadDatabase, Kind, kind_of, without_password

GOOD = {
    "postgresql://": "postgresql://",
    "postgresql://host": "postgresql://host",
    "postgresql:///chat": "postgresql:///chat",
    "postgresql://chat@db.example/chat": "postgresql://chat@db.example/chat",
    "postgres://chat:s3cret@db:5432/chat": "postgres://chat@db:5432/chat",
    "postgresql://chat:s3cret%40%2F:x@[2001:db8::1]:5432/chat": "postgresql://chat@[2001:db8::1]:5432/chat",
    "postgresql://chat:@/chat": "postgresql://chat@/chat",
    "postgresql://:s3cret@db/chat": "postgresql://@db/chat",
    "postgresql://chat@/chat?host=/run/postgresql&password=s3cret&port=5433": (
        "postgresql://chat@/chat?host=/run/postgresql&port=5433"
    ),
    "postgresql:///chat?password=s3cret&sslpassword=s3cret": "postgresql:///chat",
}
#: What somebody may write who does not know that these must be encoded.
MANGLED = (
    "postgresql://chat:s3cret/x@db/chat",
    "postgresql://chat:s3cret?x@db/chat",
    "postgresql://chat:s3cret#x@db/chat",
    "postgresql://chat:12/s3cret@db/chat",
    "postgresql://chat:12?s3cret@db/chat",
    "postgresql://chat:12#s3cret@db/chat",
    "postgresql://chat:s3cret@x@db/chat",
    "postgresql://chat:s3cret[x@db/chat",
    "postgresql://chat:s3cret]x@db/chat",
    "postgresql://chat:s3cret x@db/chat",
    "postgresql://chat:s3cret\nx@db/chat",
    "postgresql://chat:s3cret",
    "postgresql://db:5432:s3cret/chat",
    "postgresql://chat@db:0/chat",
    "postgresql://chat@db:65536/chat",
    "postgresql://[::1/chat",
)


class KindTests(SynchronousTestCase):
    def reason(self, database: str) -> str:
        said = str(self.assertRaises(BadDatabase, kind_of, database))
        self.assertEqual(len(said.splitlines()), 1)
        self.assertNotIn("s3cret", said)
        return said

    def test_there_are_three(self) -> None:
        self.assertIs(kind_of(""), Kind.SQLITE)
        self.assertIs(kind_of(":memory:"), Kind.MEMORY)
        for url in GOOD:
            self.assertIs(kind_of(url), Kind.POSTGRESQL, url)

    def test_any_other_is_refused_with_what_is_possible(self) -> None:
        possible = "possible values: :memory:, or postgresql://USER@HOST/NAME; without it, SQLite in --state-dir"
        for scheme in ("mysql", "sqlite", "postgresql+psycopg", "POSTGRESQL"):
            self.assertEqual(
                self.reason(f"{scheme}://root:s3cret@db/chat"),
                f"{scheme}:// is not supported; {possible}",
            )
        for text in (
            "s3cret",
            "memory",
            "chat.sqlite",
            "/s3cret",
            "postgresql:s3cret",
            "s3cret x://y",
        ):
            self.assertEqual(self.reason(text), f"not the URL of a database; {possible}")

    def test_a_url_whose_password_cannot_be_told_is_refused_with_how_to_write_it(self) -> None:
        for url in MANGLED:
            self.assertIn("write a space as %20 and each of : / ?", self.reason(url))


class WithoutPasswordTests(SynchronousTestCase):
    def test_it_tells_the_user_and_where_the_server_is(self) -> None:
        for url, told in GOOD.items():
            self.assertEqual(without_password(url), told)

    @given(st.text(st.sampled_from("ab12:/?#@[]%&=. "), max_size=12))
    def test_a_password_is_refused_or_hidden_whatever_is_in_it(self, password: str) -> None:
        url = f"postgresql://chat:S3CRET{password}S3CRET@db/chat"
        try:
            kind_of(url)
        except BadDatabase as bad:
            self.assertNotIn("S3CRET", str(bad))
        else:
            self.assertNotIn("S3CRET", without_password(url))
