from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.screen.links import MOST, links


class LinksTests(SynchronousTestCase):
    def found(self, text: str) -> list[str]:
        for start, end, url in links(text):
            self.assertTrue(url.isascii() and url.isprintable() and " " not in url)
            self.assertNotIn(text[end - 1], ".,!")
            self.assertEqual(text[start : start + 4].lower(), "http")
        return [url for _, _, url in links(text)]

    def test_addresses_are_found_escaped_and_without_what_belongs_to_the_sentence(self) -> None:
        for text, urls in (
            (
                "see https://example.org/a?b=c#d, and HTTP://x.org!",
                ["https://example.org/a?b=c#d", "HTTP://x.org"],
            ),
            (
                "(https://example.org/a_(b)) <https://x.org>",
                ["https://example.org/a_(b)", "https://x.org"],
            ),
            ("[https://x.org/[1]]", ["https://x.org/[1]"]),
            ("no http:// and javascript:alert(1) xhttps://y", []),
        ):
            self.assertEqual(self.found(text), urls)
        self.assertEqual(self.found("https://x.org/ä%20b"), ["https://x.org/%C3%A4%20b"])
        self.assertEqual(links("https://x.org/" + "a" * MOST), [])
