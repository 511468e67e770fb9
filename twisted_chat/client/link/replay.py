"""What is said in rooms and found in history, as it comes over one connection after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.client.link.sequence import Sequences
from twisted_chat.client.link.weight import MOST_HELD, weight

#: Seconds before history that could not be read is asked for again.
ASK_AGAIN: Final = 5.0
#: How many messages one request for what was missed brings.
CATCH_UP: Final = 1_000
#: The most messages in one page: a longer answer, such as an export of all there is, comes as several.
MAX_COLLECTED: Final = 1_000


class Inbound:
    """Hands out messages, each once and in order, and asks for those that were missed.

    ``own`` tells whether a message is one's own; ``tell`` is called with what is to be handed out; ``send`` sends to the
    server, ``new_tag`` makes an id for a request.
    """

    def __init__(
        self,
        clock: IReactorTime,
        own: Callable[[ev.Message], bool],
        tell: Callable[[ev.Event], None],
        send: Callable[[bytes], None],
        new_tag: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._send = send
        self._new_tag = new_tag
        self._sequences = Sequences(own)
        self._reading = Reading()
        #: When what was missed in a room is asked for again.
        self._asking: dict[str, IDelayedCall] = {}

    def note(self, message_id: str) -> None:
        """Note the id of anything that happened."""
        self._sequences.note(message_id)

    def entered(self, room: str) -> None:
        """The server let one into a room."""
        self._sequences.entered(room)
        self._ask(room)

    def renamed(self, room: str, name: str) -> None:
        """A room is called otherwise now."""
        self._sequences.renamed(room, name)

    def lost(self) -> None:
        """The connection is lost: all that comes over the next one may have a gap before it."""
        for call in self._asking.values():
            call.cancel()
        self._asking.clear()
        self._reading.clear()
        self._sequences.lose()

    def message(self, message: ev.Message) -> None:
        """Take in a message of a room, or what stands in an answer."""
        if not message.replay:
            self._tell_all(self._sequences.live(message))
        elif self._reading.collects:
            page = self._reading.collect(message)
            if page is not None:
                self._tell(page)
        elif self._reading.at_entry and self._sequences.behind(message.room or "") is not None:
            pass  # it ends what was missed, and its turn comes with that
        else:
            self._tell_all(self._sequences.replayed(message))

    def read(self, event: ev.HistoryStart | ev.HistoryEnd | ev.SearchStart | ev.SearchEnd) -> None:
        """Take in where an answer begins and ends."""
        match event:
            case ev.HistoryStart():
                self._reading.start(event)
                if self._reading.at_entry and self._sequences.behind(event.room) is None:
                    self._tell(event)
            case ev.SearchStart():
                self._reading.start_search()
            case ev.SearchEnd():
                self._tell(self._reading.found(event))
            case ev.HistoryEnd():  # pragma: no branch (mypy sees a missing case)
                missed, at_entry = self._reading.missed, self._reading.at_entry
                page = self._reading.end(event)
                if page is not None:
                    self._tell(page)
                elif missed is not None:
                    messages, after = self._sequences.caught_up(missed, event.more, event.next)
                    self._tell_all(messages)
                    if after is not None:
                        self._ask(missed)
                elif at_entry and self._sequences.behind(event.room) is None:
                    self._tell(event)

    def refused(self, refused: ev.Refused) -> bool:
        """Return whether this refuses a request of this object's own, which it has dealt with then."""
        missed = self._reading.refused(refused.tag)
        if missed is None:
            return False
        if refused.code == "history-unavailable":
            self._asking[missed] = self._clock.callLater(ASK_AGAIN, self._ask, missed)
        else:
            self._tell_all(self._sequences.give_up(missed))
        return True

    def _ask(self, room: str) -> None:
        """Ask for what was missed in a room, if anything may have been."""
        self._asking.pop(room, None)
        after = self._sequences.behind(room)
        if after is None or self._reading.catches_up(room):
            return
        tag = self._new_tag()
        self._reading.expect_missed(tag, room)
        self._send(wire.history(room, tag, after=after, limit=CATCH_UP))

    def _tell_all(self, messages: list[ev.Message]) -> None:
        for message in messages:
            self._tell(message)


class Reading:
    """Which answer the replayed messages that come belong to: those that are expected, and the one that is being read.

    The server gives one answer after the other: what stands between the start and the end of one is of that one. History that
    was asked for bears the tag of the request; what comes with the entry to a room has none.
    """

    def __init__(self) -> None:
        #: What was missed in which room, by the tag of the request.
        self._missed: dict[str, str] = {}
        #: Of the answer that is being read: the tag, and of which room or with whom it is.
        self._tag: str | None = None
        self._room = ""
        self._partner: str | None = None
        #: Its messages are to be collected, for a page or for what a search finds.
        self.collects = False
        #: Its messages are those that come with the entry to a room.
        self.at_entry = False
        #: Its messages are what was missed in this room.
        self.missed: str | None = None
        self._collected: list[ev.Message] = []
        #: How many bytes these take.
        self._weight = 0

    def clear(self) -> None:
        """The connection is lost: nothing more comes of what was asked for."""
        self._missed.clear()
        self._close()

    def expect_missed(self, tag: str, room: str) -> None:
        """What was missed in a room was asked for."""
        self._missed[tag] = room

    def catches_up(self, room: str) -> bool:
        """Return whether what was missed in a room is already on its way."""
        return room in self._missed.values()

    def start(self, start: ev.HistoryStart) -> None:
        """History begins."""
        self._close()
        self._tag, self._room, self._partner = start.tag, start.room, start.partner
        self.at_entry = start.tag is None
        self.missed = self._missed.get(start.tag) if start.tag is not None else None
        self.collects = start.tag is not None and self.missed is None

    def start_search(self) -> None:
        """What a search found begins."""
        self._close()
        self.collects = True

    def collect(self, message: ev.Message) -> ev.Page | None:
        """Keep a message for the answer in which it stands. Return a page, if that is full."""
        page = None
        heavy = weight(message)
        if len(self._collected) >= MAX_COLLECTED or self._weight + heavy > MOST_HELD:
            if self._tag is None:
                return None  # a search, which should not bring so many
            page = self._page(self._tag, more=True)
        self._collected.append(message)
        self._weight += heavy
        return page

    def end(self, end: ev.HistoryEnd) -> ev.Page | None:
        """History is over: return the page, if that was asked for."""
        page = self._page(self._tag, more=end.more) if self.collects and self._tag else None
        if end.tag is not None:
            self._missed.pop(end.tag, None)
        self._close()
        return page

    def found(self, end: ev.SearchEnd) -> ev.Found:
        """The search is over: return what it found."""
        found = ev.Found(
            content=end.content,
            tag=end.tag,
            messages=tuple(self._collected),
            more=end.more,
            whole=end.whole,
        )
        self._close()
        return found

    def refused(self, tag: str | None) -> str | None:
        """An answer is refused. Return the room, if it was what was missed there."""
        if tag is None:
            return None
        if tag == self._tag:
            self._close()
        return self._missed.pop(tag, None)

    def _page(self, tag: str, *, more: bool) -> ev.Page:
        messages = tuple(self._collected)
        self._collected, self._weight = [], 0
        return ev.Page(
            tag=tag, room=self._room, partner=self._partner, messages=messages, more=more
        )

    def _close(self) -> None:
        """No answer is being read."""
        self._tag = self._partner = self.missed = None
        self._room = ""
        self.collects = self.at_entry = False
        self._collected, self._weight = [], 0
