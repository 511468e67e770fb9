"""Everything the client knows at one moment: conversations, people who are away, the connection, what the user looks at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from twisted_chat.client.model.conversation import (
    MOST_NAMED,
    SERVER,
    Conversation,
    Key,
    nick_key,
    private_key,
    room_key,
)
from twisted_chat.client.model.lines import SPOKEN, Kind, Line

#: How many lines are remembered in all, some 30 MB: what is dropped can be loaded from the server's history.
MOST_LINES: Final = 50_000
#: And how many bytes they take at most: twice what is usual.
MOST_BYTES: Final = 64 * 1024 * 1024
#: How many people are remembered in all rooms together, some 20 MB.
MOST_PEOPLE: Final = 50_000
#: How much of why somebody is away is remembered: what has room at the head of the screen.
MOST_AWAY: Final = 500
#: The most conversations; what belongs to further ones is shown with what the server says. A server of ours lets a user be in
#: 100 rooms.
MOST_CONVERSATIONS: Final = 500

Connection = Literal["connecting", "online", "offline"]


class ClientState:
    """What the client knows. :func:`twisted_chat.client.model.reducer.hear` changes it by events, the user by these methods.

    ``revision`` grows with every change, so that drawing code sees whether there is anything new.
    """

    def __init__(self, *, most: int = MOST_LINES) -> None:
        self.nick = ""
        self.connection: Connection = "connecting"
        #: Why there is no connection, and in how many seconds the next try is.
        self.why = ""
        self.again: float | None = None
        #: How long the server took to answer, in seconds.
        self.lag: float | None = None
        #: In the order in which they are listed: the server's, rooms, private ones; each by when they were opened.
        self.conversations: dict[Key, Conversation] = {SERVER: Conversation(SERVER, "server")}
        #: The conversation on the screen.
        self.view: Key = SERVER
        #: The room in which the server takes this session to talk.
        self.focus: Key | None = None
        #: People who are away, by key of the nickname, and why.
        self.away: dict[str, str] = {}
        #: Which account each person is logged in to, as far as known: keys of nicknames and of accounts.
        self.accounts: dict[str, str] = {}
        #: What comes now waited for the account while it was away.
        self.delivers = False
        self.revision = 0
        self._most = most
        self._looking = True
        self._ignored: set[str] = set()
        self._before: list[Key] = []  # what was on the screen before, the latest last
        self._sent: dict[str, Key] = {}
        self._loading: dict[str, Key] = {}
        self._wanted: Key | None = None
        self._mention: tuple[str, re.Pattern[str]] = ("", re.compile(r"(?!)"))

    # What the user looks at

    @property
    def shown(self) -> Conversation:
        """The conversation on the screen."""
        return self.conversations[self.view]

    def switch(self, key: Key) -> None:
        """Look at another conversation; nothing happens if there is none like that."""
        if key not in self.conversations or key == self.view:
            return
        if self._looking:
            self.shown.looked_away()
        self._before = [*(each for each in self._before if each != key), self.view]
        self.view = key
        if self._looking:
            self.shown.looked_at()
        self._changed()

    def look(self, looking: bool) -> None:
        """The user turned to the screen, or away from it: what comes meanwhile is not read."""
        if looking == self._looking:
            return
        self._looking = looking
        if looking:
            self.shown.looked_at()
        else:
            self.shown.looked_away()
        self._changed()

    def sees(self, key: Key) -> bool:
        """Whether the user sees what comes into a conversation."""
        return self._looking and key == self.view

    def want(self, key: Key) -> None:
        """The user asked to enter this room: it is shown as soon as that is so."""
        self._wanted = key
        self.entered(key, anew=False)

    def entered(self, key: Key, *, anew: bool = True) -> None:
        """This client is in the room, or is known to be. Show it if the user asked for it, or sees nothing better."""
        conversation = self.conversations.get(key)
        if conversation is None or not conversation.joined:
            return
        if key == self._wanted:
            self._wanted = None
            self.switch(key)
        elif anew and self.view == SERVER and not self._before:
            self.switch(key)

    def next_unread(self) -> Key | None:
        """Return the next conversation where the user is mentioned, or else one with something unread."""
        keys = list(self.conversations)
        at = keys.index(self.view) + 1
        around = [self.conversations[key] for key in keys[at:] + keys[:at]]
        for wanted in ("mentions", "unread"):
            for conversation in around:
                if getattr(conversation, wanted):
                    return conversation.key
        return None

    def likely(self) -> list[Conversation]:
        """Return the conversations, first where the user will want to go: what calls, what was shown last."""
        shown = {key: number for number, key in enumerate(self._before, 1)}
        return sorted(
            self.conversations.values(),
            key=lambda each: (
                each.key == self.view,
                not each.mentions,
                not each.unread,
                -shown.get(each.key, 0),
            ),
        )

    # Conversations

    def room(self, name: str) -> Conversation:
        """Return a room, made if it is new."""
        return self._conversation(room_key(name), name)

    def private(self, nick: str) -> Conversation:
        """Return the private conversation with somebody, made if it is new."""
        return self._conversation(private_key(nick), nick)

    def close(self, key: Key) -> None:
        """Forget a conversation; the one before is shown."""
        if key == SERVER or key not in self.conversations:
            return
        if key == self.view:
            rest = [each for each in self.conversations if each not in (key, SERVER)]
            before = [each for each in self._before if each in rest]
            self.switch(before[-1] if before else rest[0] if rest else SERVER)
        self._before = [each for each in self._before if each != key]
        del self.conversations[key]
        self._changed()

    def rooms(self) -> Iterator[Conversation]:
        """The rooms this client is in, or was in and did not close."""
        return (each for each in self.conversations.values() if each.key.sort == "room")

    def rename_private(self, before: str, after: str) -> Conversation | None:
        """Let the private conversation with somebody go on under the new name; return it if there is one."""
        return self._rename(private_key(before), private_key(after), after)

    def rename_room(self, before: str, after: str) -> Conversation | None:
        """Let a room go on under its new name; return it if it is known."""
        return self._rename(room_key(before), room_key(after), after)

    def _rename(self, old: Key, new: Key, name: str) -> Conversation | None:
        conversation = self.conversations.get(old)
        if conversation is None or (old != new and new in self.conversations):
            return None
        conversation.key, conversation.name = new, name
        self.conversations = {each.key: each for each in self.conversations.values()}
        self._before = [new if each == old else each for each in self._before]
        if self.view == old:
            self.view = new
        for keys in (self._sent, self._loading):
            keys.update({tag: new for tag, key in keys.items() if key == old})
        return conversation

    # Lines

    def add(self, conversation: Conversation, line: Line, *, replay: bool = False) -> bool:
        """Add a line to a conversation; return whether it is new and the user should be alerted, because they do not see it."""
        if line.kind in SPOKEN and nick_key(line.nick) in self._ignored:
            return False
        seen = self.sees(conversation.key)
        before = conversation.mentions
        if not conversation.add(line, seen=seen, replay=replay):
            return False
        self._bound()
        self._changed()
        return conversation.mentions > before

    def tell(
        self, lines: Iterable[str], time: float, kind: Kind = "info", key: Key | None = None
    ) -> None:
        """Show something to the user, where they look or in the conversation of ``key``."""
        text = "\n".join(lines)
        if text:
            conversation = self.conversations.get(self.view if key is None else key, self.shown)
            self.add(conversation, Line(kind, text, time))

    def sent(
        self, tag: str, conversation: Conversation, kind: Kind, text: str, time: float
    ) -> None:
        """This client sent something; it waits for its acknowledgement."""
        if tag not in self._sent:
            self._sent[tag] = conversation.key
            self.add(conversation, Line(kind, text, time, nick=self.nick, own=True, tag=tag))

    def acked(self, tag: str, message: str, time: float) -> None:
        """What was sent is stored."""
        conversation = self.conversations.get(self._sent.pop(tag, SERVER))
        if conversation is not None:
            conversation.buffer.settle(tag, message, time)
            self._changed()

    def refused(self, tag: str | None, why: str) -> bool:
        """What was sent is refused; say whether it was a message that is on the screen."""
        conversation = self.conversations.get(self._sent.pop(tag or "", SERVER))
        self._changed()
        return conversation is not None and conversation.buffer.refuse(tag or "", why) is not None

    def loading(self, tag: str, key: Key) -> None:
        """Older lines of a conversation were asked for."""
        self._loading[tag] = key

    def is_expected(self, tag: str) -> bool:
        """Whether this client itself asked for older lines as ``tag``."""
        return tag in self._loading

    def is_loading(self, key: Key) -> bool:
        """Whether older lines are on their way."""
        return key in self._loading.values()

    def loaded(self, tag: str | None, *, more: bool) -> None:
        """The older lines that were asked for as ``tag`` are here; there may be ``more``."""
        conversation = self.conversations.get(self._loading.pop(tag or "", SERVER))
        if conversation is not None:
            conversation.buffer.more = more
        self._changed()

    def can_load(self, key: Key) -> bool:
        """Whether older lines can be asked for: there are some, and there is room for them."""
        conversation = self.conversations[key]
        return (
            conversation.key.sort != "server"
            and conversation.joined
            and conversation.buffer.more
            and self.connection == "online"
            and not self.is_loading(key)
            and len(conversation.buffer) < self._most
        )

    def ignore(self, nick: str) -> None:
        """Show nothing that somebody says, also not what they said."""
        key = nick_key(nick)
        self._ignored.add(key)
        for conversation in self.conversations.values():
            conversation.forget(
                lambda line: line.kind in SPOKEN and not line.own and nick_key(line.nick) == key
            )
        self._changed()

    def unignore(self, nick: str) -> None:
        """Show again what somebody says."""
        self._ignored.discard(nick_key(nick))

    def read_up_to(self, key: Key, message: str) -> None:
        """The user has read a conversation up to that id, elsewhere; one that is not here stays closed."""
        conversation = self.conversations.get(key)
        if conversation is not None:
            conversation.read_up_to(message)
            self._changed()

    def forget(self, account: str, room: str | None) -> None:
        """What an account said is deleted, in a room or (None) everywhere: under its name, and under the one it has now."""
        names = {nick_key(account)}
        names.update(nick for nick, whose in self.accounts.items() if whose in names)
        for conversation in self.conversations.values():
            if room is None or conversation.key == room_key(room):
                conversation.forget(
                    lambda line: (
                        line.kind in SPOKEN and bool(line.id) and nick_key(line.nick) in names
                    )
                )
        self._changed()

    def know_away(self, nick: str, why: str | None) -> None:
        """Take why somebody is away; None: they are not."""
        self.away.pop(nick_key(nick), None)
        if why is not None and len(self.away) < MOST_NAMED:
            self.away[nick_key(nick)] = why[:MOST_AWAY]

    def know_account(self, nick: str, account: str | None) -> None:
        """Record which account a person is logged in to; None: they are a guest."""
        self.accounts.pop(nick_key(nick), None)
        if account is not None and len(self.accounts) < MOST_NAMED:
            self.accounts[nick_key(nick)] = nick_key(account)

    # Oneself

    def is_me(self, nick: str) -> bool:
        """Whether that is this client's own nickname."""
        return nick_key(nick) == nick_key(self.nick)

    def mentions(self, text: str) -> bool:
        """Whether a text has this client's nickname, as a word of its own."""
        if not self.nick:
            return False
        if self._mention[0] != self.nick:
            word = re.compile(rf"(?<![\w-]){re.escape(self.nick)}(?![\w-])", re.IGNORECASE)
            self._mention = (self.nick, word)
        return self._mention[1].search(text) is not None

    def connected(self, state: Connection, why: str = "", again: float | None = None) -> None:
        """Take how the connection is."""
        self.connection, self.why, self.again = state, why, again
        if state != "online":
            self.lag = None
            self.delivers = False
            self._loading.clear()
        self._changed()

    def _conversation(self, key: Key, name: str) -> Conversation:
        conversation = self.conversations.get(key)
        if conversation is None:
            if len(self.conversations) >= MOST_CONVERSATIONS:
                return self.conversations[SERVER]
            conversation = Conversation(key, name)
            opened = {**self.conversations, key: conversation}
            self.conversations = {each: opened[each] for each in sorted(opened, key=_rank)}
            self._changed()
        return conversation

    def _bound(self) -> None:
        total = heavy = 0
        for each in self.conversations.values():
            total += len(each.buffer.lines)
            heavy += each.buffer.weight
        if total > self._most:
            longest = max(self.conversations.values(), key=lambda each: len(each.buffer))
            longest.buffer.drop(total - self._most + self._most // 100)
        elif heavy > MOST_BYTES:
            heaviest = max(self.conversations.values(), key=lambda each: each.buffer.weight)
            heaviest.buffer.drop(0, heavy - MOST_BYTES + MOST_BYTES // 100)

    def bound_people(self) -> None:
        """Keep only the number of people in the fullest room, if there are too many names in all."""
        rooms = self.conversations.values()
        if sum(len(each.members) for each in rooms) > MOST_PEOPLE:
            max(rooms, key=lambda each: len(each.members)).forget_names()

    def _changed(self) -> None:
        self.revision += 1


def _rank(key: Key) -> int:
    return ("server", "room", "private").index(key.sort)
