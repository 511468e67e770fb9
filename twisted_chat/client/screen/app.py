"""The full screen: events change the state, the state is drawn, and what the user types is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import on
from textual.binding import Binding, BindingType

from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Link
from twisted_chat.client.model.completion import Offer, Words, complete, hint
from twisted_chat.client.model.conversation import Key, nick_key, private_key, room_key
from twisted_chat.client.model.lines import Kind
from twisted_chat.client.model.reducer import reduce
from twisted_chat.client.plain.view import PlainView
from twisted_chat.client.screen.actions import USAGES, CannotDo, Doer, secret
from twisted_chat.client.screen.entry import Entry
from twisted_chat.client.screen.help import Helping
from twisted_chat.client.screen.lists import Conversations, Members
from twisted_chat.client.screen.messages import Messages
from twisted_chat.client.screen.palette import THEMES
from twisted_chat.client.screen.preferences import Preferences
from twisted_chat.client.screen.questions import Questions
from twisted_chat.client.screen.requests import Requests
from twisted_chat.client.screen.switcher import Switcher

#: Seconds between two bells at least.
BELL: Final = 1.0
#: What somebody asked for, and is told in words.
_ANSWERS: Final = (
    *(ev.Who, ev.Listing, ev.Whois, ev.Help, ev.RoomSettings, ev.Bans),
    *(ev.Whowas, ev.Self, ev.Counts, ev.Watched, ev.ProfileValues),
    *(ev.Invitations, ev.ServerBans, ev.AccountList, ev.Audit, ev.Stats, ev.Found),
)


class ChatApp(Questions):
    """The program. ``open_link`` makes the link, given what receives its events."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "leave", priority=True),
        Binding("ctrl+k", "switch", "go to", priority=True),
        Binding("ctrl+n", "next_unread", "next unread", priority=True),
        Binding("alt+up", "neighbour(-1)", priority=True),
        Binding("alt+down", "neighbour(1)", priority=True),
        Binding("ctrl+f", "search", "search", priority=True),
        Binding("pageup", "page(1)", priority=True),
        Binding("pagedown", "page(-1)", priority=True),
        Binding("f1", "help", "help", priority=True),
        Binding("f4", "next_theme", priority=True),
        Binding("escape", "calm"),
    ]

    def __init__(
        self,
        open_link: Callable[[Callable[[ev.Event], None]], Link],
        preferences: Preferences,
        *,
        notes: Sequence[str] = (),
        keep: Callable[[str, str | bool], str] = lambda name, value: "",
        log: Callable[[str], None] = lambda line: None,
        guest: bool = False,
        zone: tzinfo | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``notes`` are shown as errors when the user is in; ``log`` gets each line that is seen. ``keep`` gets a setting
        that the user chose, for the next time, and returns why that cannot be. A ``guest`` has chosen no nickname.

        ``zone`` None is the local one; ``now`` is in seconds since 1970.
        """
        super().__init__(preferences, self._complete, self._count_waiting, zone, now)
        self.link = open_link(self.heard)
        self._doer = Doer(self.state, self.link, emoji=preferences.emoji)
        self._requests = Requests(self.state, self.link)
        self._bell = preferences.bell
        self._rang = 0.0
        self._write_down = log
        self._keep = keep
        self._notes: list[tuple[str, Kind]] = [(note, "error") for note in notes]
        self._guest = guest
        self._words = PlainView(lambda: None, lambda: self.state.nick, now, zone)
        # What is in the entry, while it is told why it was not sent.
        self._unsent: str | None = None

    def on_mount(self) -> None:
        self.link.startService()

    def _count_waiting(self) -> int:
        return self.link.waiting()

    # What is heard

    def heard(self, event: ev.Event) -> None:
        """Take in an event of the link, as soon as what was heard before is taken in.

        The link is called by the reactor, which does not know that Textual can only be used from inside of its own tasks.
        """
        self.call_later(self._hear, event)

    def _hear(self, event: ev.Event) -> None:
        now = self._now()
        asked = isinstance(event, ev.Page) and not self.state.is_expected(event.tag)
        if self._requests.is_quiet(event):
            if isinstance(event, ev.Who):
                reduce(self.state, event, now)
        else:
            if reduce(self.state, event, now):
                self._ring(event)
            words = list(self._words.lines(event))
            for line in words:
                self._write_down(line)
            if isinstance(event, _ANSWERS):
                self.state.tell((line.removeprefix("-- ") for line in words), now)
        match event:
            case ev.NameRefused():
                self._ask_name(event)
            case ev.Page() if asked:
                self._show_page(event, now)
            case ev.Welcome(nick=nick):
                self._end_asking(("nick", "password"))
                if not self.ask.display:
                    self.above.tell(hint(self.entry.text, USAGES))
                if self._guest:
                    self._notes.append(
                        (f"You are {nick}. /nick NAME gives you another name.", "info")
                    )
                    self._guest = False
            case ev.Offline(why=why, again=again):
                if cell_len(why) > self.size.width // 2:
                    # The foot has no room for it.
                    self.above.tell(f"Not connected: {why}", error=True)
                self._again_at = None if again is None else now + again
                self._requests.lost()
            case ev.Refused(room=str(room), code="password-needed" | "wrong-password"):
                self._ask_room(room, wrong=event.code == "wrong-password")
            case ev.HandedBack(to=to, said=said):
                self.give_back(self.state.private(to).key, "\n".join(said))
            case ev.Renamed(account=str()):
                self._requests.logged_in()
            case ev.Notice(tag=tag, code=code, lines=lines):
                if code == "done":
                    self._doer.answered(tag)
                if code == "certificate":
                    # Told while nobody looks: before one is in.
                    self._notes += ((line, "error") for line in lines)
            case _:
                pass
        self.soon()

    def _show_page(self, page: ev.Page, now: float) -> None:
        """Show what the user asked for, from its first line on: most of it was here already, or stands above the screen."""
        key = room_key(page.room) if page.partner is None else private_key(page.partner)
        self.state.switch(key)
        self.draw()
        if not page.messages:
            self.state.tell(("There are no earlier messages.",), now)
            return
        count = f"{len(page.messages):,} {'line' if len(page.messages) == 1 else 'lines'}"
        self.above.tell(
            f"{count} from here on. Press End, with nothing typed, to go to the last line."
        )
        first = (page.messages[0].id, 0)
        self.messages.show_from(self.state.shown.buffer.index(first))

    def _tick(self) -> None:
        now, shown = self._now(), self.state.shown
        if shown.key.sort == "room" and shown.joined and self._notes:
            # Not before: the history that comes with the entry would stand below them.
            notes, self._notes = self._notes, []
            for note, kind in notes:
                self.state.tell((note,), now, kind)
            self.soon()
        if self.messages.has_room():
            self._requests.want_last()
        self._requests.tell_read(now)
        super()._tick()

    def _ring(self, event: ev.Event) -> None:
        now = self._now()
        if now - self._rang < BELL:
            return
        self._rang = now
        if self._bell:
            self.bell()
        if self._preferences.desktop and self._driver is not None:
            # What iTerm2 began: the terminal makes a notice of the text.
            sender = getattr(event, "sender", "")
            self._driver.write(f"\x1b]9;{sender}: {event.text[:200]}\x07")

    # What is drawn

    def draw(self) -> None:
        self._requests.want_people()
        super().draw()

    def turned(self) -> None:
        super().turned()
        self._end_asking(("search",))

    # What is typed

    def enter(self, text: str) -> None:
        self._submit(Entry.Submitted(text))

    @on(Entry.Submitted)
    def _submit(self, event: Entry.Submitted) -> None:
        text = event.text.rstrip()
        if not text:
            return
        try:
            done = self._doer.do(text)
        except CannotDo as error:
            self.entry.put(event.text + self.entry.text)
            self._unsent = self.entry.text
            self.above.tell(str(error), error=True)
            return
        if not secret(text):
            self.entry.drafts.sent(text)
        self.above.tell("")
        self.messages.scroll_to_end()
        if done.asks is not None:
            now = {"theme": self.theme, "bell": "on" if self._bell else "off"}[done.asks]
            usage = USAGES[done.asks]
            text = f"{usage.name}: {now}. /{usage.name} {usage.usage} changes that."
            self.state.tell((text,), self._now())
        if done.theme is not None:
            self._choose_theme(done.theme)
        if done.bell is not None:
            self._bell = done.bell
            self._remember("bell", done.bell)
        if done.ends:
            self._leave(done.why)
        self.draw()

    def _choose_theme(self, theme: str) -> None:
        self.dress(theme)
        self._remember("theme", theme)

    def _remember(self, name: str, value: str | bool) -> None:
        """Keep a setting for the next time."""
        why = self._keep(name, value)
        if why:
            self.above.tell(f"The setting was not saved: {why}", error=True)

    @on(Entry.Changed, "#entry")
    def _typed(self) -> None:
        if self.entry.text != self._unsent:
            self._unsent = None
            self.above.tell(hint(self.entry.text, USAGES))

    @on(Entry.Offered)
    def _offered(self, event: Entry.Offered) -> None:
        self.above.offer(event.candidates, event.index)

    @on(Entry.Ended)
    def _ended(self) -> None:
        self.messages.scroll_to_end()
        self.foot.refresh()

    @on(Entry.Left)
    def _left(self) -> None:
        self.action_leave()

    def _complete(self, text: str, cursor: int) -> Offer | None:
        room = self.state.shown
        members = {key: member.nick for key, member in room.members.items()}
        if room.key.sort == "private":
            members[nick_key(room.name)] = room.name
        members.pop(nick_key(self.state.nick), None)
        recent = [members.pop(key) for key in room.speakers() if key in members]
        rooms = [each.name for each in self.state.rooms()]
        return complete(text, cursor, Words(USAGES, [*recent, *sorted(members.values())], rooms))

    # Keys and clicks

    def action_leave(self) -> None:
        self._leave(None)

    def _leave(self, why: str | None) -> None:
        self._requests.tell_read(self._now(), leaving=True)
        self.link.quit(why)
        self.exit()

    def action_next_theme(self) -> None:
        self._choose_theme(THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)])

    def action_calm(self) -> None:
        self.above.tell(hint(self.entry.text, USAGES))
        self.above.offer((), 0)

    def action_page(self, direction: int) -> None:
        self.messages.scroll_page(direction)
        self.foot.refresh()

    def action_help(self) -> None:
        _ = self.push_screen(Helping())

    def action_switch(self) -> None:
        _ = self.push_screen(Switcher(self.state.likely()), self._go)

    def _go(self, wanted: Key | str | None) -> None:
        if isinstance(wanted, Key):
            self._show(wanted)
        elif wanted is not None:
            self.enter(f"/join {wanted}")

    def action_next_unread(self) -> None:
        wanted = self.state.next_unread()
        if wanted is not None:
            self._show(wanted)

    def action_neighbour(self, step: int) -> None:
        keys = list(self.state.conversations)
        self._show(keys[(keys.index(self.state.view) + step) % len(keys)])

    def _show(self, key: Key) -> None:
        unread = self.state.conversations[key].unread if key in self.state.conversations else 0
        self.state.switch(key)
        self.draw()
        if unread:
            self.messages.show_unread()
            self.foot.refresh()

    @on(Conversations.Chosen)
    def _chosen(self, event: Conversations.Chosen) -> None:
        self._show(event.key)

    @on(Members.Chosen)
    def _write_to(self, event: Members.Chosen) -> None:
        if not self.state.is_me(event.nick):
            self._show(self.state.private(event.nick).key)

    @on(Members.More)
    def _name_more(self) -> None:
        self._requests.want_more_people()

    @on(Messages.Top)
    def _load(self) -> None:
        self._requests.want_history()

    def on_app_focus(self) -> None:
        self.state.look(True)
        self.draw()

    def on_app_blur(self) -> None:
        self.state.look(False)
        self.draw()
