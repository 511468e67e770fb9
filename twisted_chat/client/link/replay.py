"""What is said in rooms and found in history, as it comes over one connection after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.client.link.reading import Reading
from twisted_chat.client.link.sequence import Sequences

#: Seconds before history that could not be read is asked for again.
ASK_AGAIN: Final = 5.0
#: How many messages one request for what was missed brings.
CATCH_UP: Final = 1_000


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
        """Tell whether this refuses a request of this object's own, which it has dealt with then."""
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
