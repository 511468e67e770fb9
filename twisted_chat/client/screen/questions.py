"""What the screen asks the user, in the place of the entry: a nickname, a password, what to search for, whether to paste."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from textual import on
from textual.widgets import Input

from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Identity, Link
from twisted_chat.client.model.completion import Offer, hint
from twisted_chat.client.model.finding import find
from twisted_chat.client.screen.actions import USAGES
from twisted_chat.client.screen.dialogs import Ask, Purpose
from twisted_chat.client.screen.entry import Entry
from twisted_chat.client.screen.preferences import Preferences
from twisted_chat.client.screen.redraw import Shown
from twisted_chat.dialects.json.fields import MAX_LINES

_ENTER_A_NAME: Final = "Type a nickname, or press Enter for a guest name."


class Questions(Shown):
    """Asks, and does what is answered. ``link`` is for the subclass to make."""

    link: Link

    def __init__(
        self,
        preferences: Preferences,
        complete: Callable[[str, int], Offer | None],
        waiting: Callable[[], int],
        zone: tzinfo | None,
        now: Callable[[], float],
    ) -> None:
        super().__init__(preferences, complete, waiting, zone, now)
        #: The user has chosen no nickname.
        self._guest = False
        self._refused_nick = self._refused_room = ""
        self._found = -1  # where what is searched for was found
        self._pasted_text = ""

    @abstractmethod
    def enter(self, text: str) -> None:
        """Do what the user wants, as if it had been typed."""

    def _ask(self, purpose: Purpose, text: str = "") -> None:
        if self.ask.display and self.ask.purpose == "paste" and purpose != "paste":
            self.entry.drafts.sent(self._pasted_text)
        self.entry.display = False
        self.ask.ask(purpose, text)

    def _end_asking(self, purposes: Sequence[str]) -> None:
        if self.ask.display and self.ask.purpose in purposes:
            self.ask.display = False
            self.entry.display = True
            self._searched = ""
            self.above.tell(hint(self.entry.text, USAGES))
            self.entry.focus()
            self.messages.renew()

    def _ask_name(self, refused: ev.NameRefused) -> None:
        self._refused_nick = refused.nick
        why = refused.text.rstrip(".")
        if refused.code == "password-needed":
            why = f"{refused.nick} is registered"  # the server's words are about JSON
        if refused.code in ("password-needed", "wrong-password"):
            self.above.tell(
                f"{why}. Type its password, or press Escape for another nickname.", error=True
            )
            self._ask("password")
        else:
            self.above.tell(f"{why}. {_ENTER_A_NAME}", error=True)
            self._ask("nick", refused.suggestion or "")

    def _ask_room(self, room: str, *, wrong: bool) -> None:
        self._refused_room = room
        what = f"That is not the password of #{room}" if wrong else f"#{room} is locked"
        self.above.tell(f"{what}. Type its password, or press Escape to stay out.", error=wrong)
        self._ask("room")

    @on(Ask.Answered)
    def _answered(self, event: Ask.Answered) -> None:
        match event.purpose:
            case "nick":
                self._end_asking(("nick",))
                self._guest = not event.text.strip()
                self.link.use(Identity(nick=event.text.strip()))
            case "password":
                self._end_asking(("password",))
                self.link.use(Identity(nick=self._refused_nick, password=event.text or None))
            case "room":
                self._end_asking(("room",))
                if event.text:
                    self.enter(f"/join {self._refused_room} {event.text}")
            case "search":
                self._find(-1)
            case "paste":
                self._end_asking(("paste",))
                if event.text == "y":
                    self.entry.insert_pasted(self._pasted_text)
                else:
                    self._keep_pasted()

    @on(Ask.Gave)
    def _gave(self, event: Ask.Gave) -> None:
        match event.purpose, event.key:
            case "search", "up" | "down":
                self._find(-1 if event.key == "up" else 1)
            case "paste", "escape":
                self._end_asking(("paste",))
                self._keep_pasted()
            case "search" | "room", "escape":
                self._end_asking(("search", "room"))
            case "password", "escape":
                self.above.tell(_ENTER_A_NAME)
                self._ask("nick")
            case _:
                pass

    @on(Input.Changed, "#ask")
    def _looked_for(self) -> None:
        if self.ask.purpose == "search" and self.ask.display:
            self._searched = self.ask.value
            self._found = len(self.state.shown.buffer)
            self._find(-1)

    def _find(self, step: int) -> None:
        lines = self.state.shown.buffer.lines
        found = find(lines, self._searched, self._found + step, step)
        if found is not None:
            self._found = found
            self.messages.scroll_to_line(found)
            self.above.tell("Up and Down move between matches. Escape closes the search.")
        elif self._searched:
            self.above.tell(
                "No more matches here. /search TEXT asks the server. Escape closes the search."
            )
        else:
            self.above.tell("Type what to search for. Escape closes the search.")
        self.messages.renew()
        self.foot.refresh()

    def action_search(self) -> None:
        self._found = len(self.state.shown.buffer)
        self.above.tell("Type what to search for. Escape closes the search.")
        self._ask("search")

    @on(Entry.Pasted)
    def _pasted(self, event: Entry.Pasted) -> None:
        count = event.text.count("\n") + 1
        if count > MAX_LINES:
            self.above.tell(
                f"{count:,} lines are too many; a message has at most {MAX_LINES}", error=True
            )
            return
        self._pasted_text = event.text
        self.above.tell(f"Put {count} lines into the message? Press y or n.")
        self._ask("paste")

    def _keep_pasted(self) -> None:
        """Do not put in what was pasted, but do not lose it either: it may be the only copy."""
        self.entry.drafts.sent(self._pasted_text)
        self.above.tell("The pasted text was discarded. Press Up to get it back.")
