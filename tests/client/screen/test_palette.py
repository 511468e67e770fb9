from __future__ import annotations

from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.color import Color
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.screen.palette import THEMES, palette, themes


def luminance(triplet: ColorTriplet) -> float:
    """Relative luminance, as WCAG 2 defines it."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = triplet
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class PaletteTests(SynchronousTestCase):
    def test_nicknames_have_many_colours_and_each_the_same_one(self) -> None:
        colours = palette("dark")
        self.assertIs(colours.nick("Bob"), colours.nick("bOB"))
        # It is of the name, and no matter of which run of which program.
        self.assertEqual(colours.nicks.index(colours.nick("bob")), 8)
        self.assertEqual(len({str(colours.nick(f"n{n}")) for n in range(200)}), len(colours.nicks))
        self.assertEqual(tuple(theme.name for theme in themes()), THEMES)
        for theme in THEMES:
            self.assertTrue(palette(theme).nicks)

    def test_everything_can_be_read_in_every_theme(self) -> None:
        for theme in themes():
            assert theme.background is not None
            ground = Color.parse(theme.background).rich_color.triplet
            colours = palette(theme.name)
            least = 7.0 if theme.name == "contrast" else 4.5
            styles: list[Style] = [
                getattr(colours, name) for name in colours.__struct_fields__[:-1]
            ]
            for style in (*styles, *colours.nicks):
                assert style.color is not None and ground is not None
                text = style.color.triplet
                behind = style.bgcolor.triplet if style.bgcolor is not None else ground
                assert text is not None and behind is not None
                self.assertGreaterEqual(contrast(text, behind), least, (theme.name, str(style)))

    def test_everything_can_be_read_on_a_terminal_with_eight_colours(self) -> None:
        for theme in themes(few=True):
            assert theme.background is not None
            colours = palette(theme.name, few=True)
            styles = [getattr(colours, name) for name in colours.__struct_fields__[:-1]]
            for style in (*styles, *colours.nicks):
                text, behind = (
                    colour.downgrade(ColorSystem.STANDARD)
                    for colour in (
                        style.color,
                        style.bgcolor or Color.parse(theme.background).rich_color,
                    )
                )
                # Those beyond the eighth are not on every terminal.
                self.assertTrue(
                    {text.number, behind.number} < set(range(8)), (theme.name, str(style))
                )
                seen = contrast(text.get_truecolor(), behind.get_truecolor())
                self.assertGreaterEqual(seen, 3.0, (theme.name, str(style)))
