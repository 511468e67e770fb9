from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.completion import (
    MOST,
    Usage,
    Words,
    complete,
    emoji_named,
    hint,
    with_emoji,
)

COMMANDS = {
    usage.name: usage
    for usage in (
        Usage("join", "ROOM [PASSWORD]", "enter a room"),
        Usage("kick", "NICK [TEXT]", "put somebody out"),
        Usage("help", "[COMMAND]", "list the commands"),
        Usage("history", "[N]", "show what was said"),
    )
}
WORDS = Words(COMMANDS, ("carol", "bob", "Bert"), ("lobby", "dev"))


class CompletionTests(SynchronousTestCase):
    def texts(self, text: str, cursor: int | None = None) -> list[str]:
        offer = complete(text, len(text) if cursor is None else cursor, WORDS)
        return [] if offer is None else [each.text for each in offer.candidates]

    def test_commands_are_offered_with_their_help(self) -> None:
        offer = complete("/h", 2, WORDS)
        assert offer is not None
        self.assertEqual(
            [(each.shown, each.help) for each in offer.candidates],
            [("/help [COMMAND]", "list the commands"), ("/history [N]", "show what was said")],
        )
        self.assertEqual([each.text for each in offer.candidates], ["/help ", "/history "])

    def test_speakers_rooms_and_emoji_are_offered_where_they_fit(self) -> None:
        self.assertEqual(self.texts(""), ["carol: ", "bob: ", "Bert: "])
        self.assertEqual(self.texts("b"), ["bob: ", "Bert: "])
        self.assertEqual(self.texts("ask b"), ["bob ", "Bert "])
        self.assertEqual(self.texts("@ca"), ["@carol "])
        self.assertEqual(self.texts("/kick ca"), ["carol "])
        self.assertEqual(self.texts("see #d"), ["#dev "])
        self.assertEqual(self.texts("/join l"), ["#lobby "])
        self.assertEqual(self.texts("/join dev c"), ["carol "])
        self.assertEqual(self.texts("/help k"), ["kick"])
        self.assertIn("👍", self.texts("ok :thumbs"))
        self.assertEqual(self.texts("ok :"), [])
        self.assertEqual(self.texts("hi\nca"), ["carol "])
        self.assertEqual(self.texts("//h"), [])

    def test_only_the_word_before_the_cursor_counts(self) -> None:
        offer = complete("ask ca about it", 6, WORDS)
        assert offer is not None
        self.assertEqual((offer.start, offer.end), (4, 6))

    @given(st.text(max_size=20), st.integers(0, 20))
    def test_any_text_at_any_place_gives_an_offer_inside_it_or_none(
        self, text: str, at: int
    ) -> None:
        at = min(at, len(text))
        offer = complete(text, at, WORDS)
        if offer is not None:
            self.assertTrue(0 <= offer.start <= offer.end == at)
            self.assertTrue(0 < len(offer.candidates) <= MOST)


class HintTests(SynchronousTestCase):
    def test_commands_are_explained_while_they_are_typed_and_nothing_else(self) -> None:
        self.assertEqual(hint("/join de", COMMANDS), "/join ROOM [PASSWORD]: enter a room")
        self.assertEqual(hint("/h", COMMANDS), "/help  /history")
        self.assertIn("There is no command /nope", hint("/nope x", COMMANDS))
        self.assertEqual(hint("hi", COMMANDS), "")
        self.assertEqual(hint("//hi", COMMANDS), "")


class EmojiTests(SynchronousTestCase):
    def test_names_of_emoji_become_signs_and_nothing_else_does(self) -> None:
        self.assertEqual(with_emoji("hi :smile:"), "hi 😄")
        for text in ("at 12:30:45", "a::b::c", ":nosuchthing:", "http://x"):
            self.assertEqual(with_emoji(text), text)
        self.assertEqual(emoji_named("smile")[0], ("smile", "😄"))
