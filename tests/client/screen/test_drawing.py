from __future__ import annotations

from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.lines import Kind, Line
from twisted_chat.client.screen.drawing import MOST, Drawer, came_and_went, links, widest
from twisted_chat.client.screen.palette import palette

NOON = 1_795_176_000.0  # 2026-11-20 12:00 UTC
COLOURS = palette("dark")


class DrawerTests(SynchronousTestCase):
    def drawer(self, width: int = 80, *, nick: str = "", found: str = "") -> Drawer:
        return Drawer(width, COLOURS, UTC, nick, found)

    def rows(self, line: Line, width: int = 80) -> list[str]:
        return [strip.text.rstrip() for strip in self.drawer(width).line(line)]

    def styles(self, line: Line, *, nick: str = "", found: str = "") -> dict[str, Style | None]:
        """Return the style of each piece of the first row."""
        strip = self.drawer(nick=nick, found=found).line(line)[0]
        return {segment.text: segment.style for segment in strip if segment.text.strip()}

    def test_times_are_of_the_zone_and_kinds_look_different(self) -> None:
        east = timezone(timedelta(hours=5, minutes=30))
        strip = Drawer(80, COLOURS, east).line(Line("say", "hi", NOON, nick="bob"))[0]
        self.assertTrue(strip.text.startswith("17:30"))
        for kind, nick, text, row in (
            ("say", "bob", "hi", "12:00          bob hi"),
            ("action", "bob", "waves", "12:00            * bob waves"),
            ("notice", "bob", "hi", "12:00        -bob- hi"),
            ("event", "", "bob set it", "12:00           -- bob set it"),
            ("info", "", "done", "12:00            · done"),
            ("error", "", "no", "12:00            ! no"),
            ("presence", "bob", "bob joined", "12:00           -- bob joined"),
        ):
            kinds: dict[str, Kind] = {"kind": kind}  # type: ignore[dict-item]
            self.assertEqual(self.rows(Line(kinds["kind"], text, NOON, nick=nick)), [row])

    def test_long_texts_go_on_below_and_names_are_cut(self) -> None:
        rows = self.rows(Line("say", "word " * 20, NOON, nick="bob"), 60)
        self.assertEqual([row.index("word") for row in rows], [19] * len(rows))
        self.assertGreater(len(rows), 1)
        rows = self.rows(Line("say", "one\n\ntwo", NOON, nick="bob"))
        self.assertEqual([row.strip() for row in rows], ["12:00          bob one", "", "two"])
        self.assertIn("aaaaaaaaaaa… hi", self.rows(Line("say", "hi", NOON, nick="a" * 32))[0])
        rows = self.rows(Line("say", "hello there you", NOON, nick="bob"), 20)
        self.assertEqual(rows, ["12:00 bob hello", "  there you"])

    def test_an_address_is_a_link_in_each_of_its_rows(self) -> None:
        url = "https://example.org/" + "a" * 60
        strips = self.drawer(60).line(Line("say", f"see {url} now", NOON, nick="bob"))
        linked = [
            segment.text
            for strip in strips
            for segment in strip
            if segment.style is not None and segment.style.link == url
        ]
        self.assertEqual("".join(linked), url)
        self.assertGreater(len(linked), 1)

    def test_the_column_is_as_wide_as_the_longest_name(self) -> None:
        line = Line("say", "hi", NOON, nick="bob")
        notice = Line("notice", "hi", NOON, nick="carol")
        event = Line("event", "hi", NOON, nick="somebody else")
        for lines, width in (
            ([], 3),
            ([line, event], 3),
            ([line, notice], 7),
            ([Line("say", "hi", NOON, nick="x" * 30)], 16),
        ):
            self.assertEqual(widest(lines), width)

    def test_what_waits_is_own_or_is_searched_for_stands_out(self) -> None:
        line = Line("say", "hi", NOON, nick="me", own=True, tag="t")
        self.assertIs(self.styles(line)["hi"], COLOURS.waiting)
        self.assertIs(self.styles(line)["me"], COLOURS.own)
        line = Line("say", "one TWO three", NOON, nick="bob")
        self.assertIs(self.styles(line, found="two")["TWO"], COLOURS.found)
        line = Line("say", "hey me, now", NOON, nick="bob", mention=True)
        self.assertIs(self.styles(line, nick="me")["me"], COLOURS.mention)
        self.assertIs(self.styles(line, nick="me")["bob"], COLOURS.mention)
        line = Line("say", "some", NOON, nick="bob")
        self.assertEqual(list(self.styles(line, nick="me")), ["12:00          ", "bob", "some"])

    def test_days_and_marks_fill_the_width_and_silent_people_share_a_line(self) -> None:
        drawer = self.drawer(40)
        for strip in (drawer.day(NOON), drawer.unread(), drawer.beginning("the beginning")):
            self.assertEqual(strip.cell_length, 40)
        self.assertIn("Friday, 20 November 2026", drawer.day(NOON).text)
        self.assertEqual(came_and_went(("a", "b", "a"), ()), "a, b joined")
        self.assertEqual(came_and_went((), ("a",)), "a left")
        many = tuple(f"n{n}" for n in range(8))
        self.assertEqual(
            came_and_went(many, ("x",)), "n0, n1, n2, n3, n4, n5 and 2 more joined; x left"
        )

    @given(
        st.sampled_from(["say", "action", "error", "info"]),
        st.text(st.sampled_from("ab 日👍🏽\n"), max_size=60),
        st.text(st.sampled_from("ab日"), min_size=1, max_size=20),
        st.integers(12, 90),
    )
    def test_every_row_is_as_wide_as_the_screen(
        self, kind: Kind, text: str, nick: str, width: int
    ) -> None:
        for strip in self.drawer(width).line(Line(kind, text, NOON, nick=nick)):
            self.assertEqual(strip.cell_length, width)


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
