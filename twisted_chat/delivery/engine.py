"""The engine: from what happened to one write per session per reactor turn."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.core.api.events import Author, Envelope, Gathered, RoomRef, Said
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.batch import RoomBatch, shown
from twisted_chat.delivery.outbox import Backlog, Outbox, Sink, Slot
from twisted_chat.dialects.base import Variant
from twisted_chat.runtime.clock import wall_of

#: The most names one gathered line carries, joined and left together, so that a line for programs stays a line.
MAX_NAMES: Final = 200


class _Crowd(msgspec.Struct):
    """The users who joined and left one crowded room since the last line about it."""

    room: RoomRef
    timer: IDelayedCall
    members: int = 0
    joined: dict[str, Author] = {}
    left: dict[str, Author] = {}
    departed: set[UserId] = set()
    #: How many came and went.
    notes: int = 0
    #: Sessions that entered meanwhile, behind how many notes, and the last that happened to each name since the first of them
    #: did, in that order. What cancels out for the others may not for these: somebody who came and left again may stand in the
    #: list they were shown.
    newcomers: dict[Outbox, int] = {}
    since: dict[str, tuple[int, Author, bool]] = {}

    def note(self, author: Author, *, joined: bool, departed: bool) -> None:
        """Record that a user joined or left; a join and a leave of the same user cancel out."""
        key = author.nick.key
        here, there = (self.joined, self.left) if joined else (self.left, self.joined)
        if there.pop(key, None) is None:
            here[key] = author
        if departed:
            self.departed.add(author.user)
        self.notes += 1
        # This goes on when the first newcomer is gone again: there may be others by then.
        if self.newcomers or self.since:
            self.since.pop(key, None)
            self.since[key] = self.notes, author, joined

    def told(self, now: float) -> list[Envelope]:
        """Return what to tell, in lines of at most :data:`MAX_NAMES` names."""
        return self._lines(now, list(self.joined.values()), list(self.left.values()))

    def told_newcomers(self, now: float) -> list[Envelope]:
        """Return what to tell the users who entered meanwhile."""
        joined = [author for _, author, came in self.since.values() if came]
        left = [author for _, author, came in self.since.values() if not came]
        return self._lines(now, joined, left)

    def told_singly(self, now: float) -> tuple[list[int], list[Envelope]]:
        """Return the same, each by itself, with the number of its note."""
        envelopes = [
            each
            for _, author, came in self.since.values()
            for each in self._lines(now, [author] if came else [], [] if came else [author])
        ]
        return [note for note, _, _ in self.since.values()], envelopes

    def _lines(self, now: float, joined: list[Author], left: list[Author]) -> list[Envelope]:
        envelopes = []
        while joined or left:
            came = tuple(joined[:MAX_NAMES])
            went = tuple(left[: MAX_NAMES - len(came)])
            del joined[: len(came)], left[: len(went)]
            departed = frozenset(author.user for author in went) & self.departed
            part = Gathered(came, went, self.members, departed)
            envelopes.append(Envelope(MessageId(0), now, part, None, None, self.room))
        return envelopes


class Delivery:
    """Carries events to the sessions of this node. Three ways in, all through a session's one outbox:

    :meth:`say` for a room's batch, :meth:`send` for a reply or the author's own copy, :meth:`show` for a chosen audience.
    """

    def __init__(self, clock: IReactorTime, limits: Limits) -> None:
        self._clock = clock
        self._wall = wall_of(clock)
        self._limits = limits
        self._channels: dict[RoomId, RoomBatch] = {}
        # Rooms with something in their batch: for the end of this turn, or for when the lingering is over.
        self._active: dict[RoomBatch, None] = {}
        self._lingering: dict[RoomBatch, None] = {}
        self._dirty: list[Outbox] = []
        self._soon: IDelayedCall | None = None
        self._later: IDelayedCall | None = None
        self._crowds: dict[RoomId, _Crowd] = {}
        self.backlog = Backlog(limits.max_backlog)

    def limit(self, limits: Limits) -> None:
        """Let other limits count from now on; a session keeps the queue, and a busy room the delay, that it has."""
        self._limits = limits
        self.backlog.limit = limits.max_backlog

    def outbox(self, sink: Sink, here: Variant, elsewhere: Variant) -> Outbox:
        """Make the outbox of a session."""
        return Outbox(sink, here, elsewhere, self._limits.max_queue, self.backlog)

    # --- who hears what ---

    def enter(self, outbox: Outbox, room: RoomId) -> None:
        """Let a session hear a room from now on."""
        channel = self._channels.get(room)
        if channel is None:
            channel = self._channels[room] = RoomBatch(room, self._limits.linger / 1000)
        channel.enter(outbox)
        outbox.rooms[room] = None
        if room in self._crowds:
            self._crowds[room].newcomers[outbox] = self._crowds[room].notes

    def leave(self, outbox: Outbox, room: RoomId) -> None:
        """Let a session no longer hear a room; it gets what was said there until now."""
        if room not in outbox.rooms:
            return
        channel = self._channels[room]
        self.catch_up(outbox)
        del outbox.rooms[room]
        channel.leave(outbox)
        if room in self._crowds:
            self._crowds[room].newcomers.pop(outbox, None)
        if not len(channel):
            del self._channels[room]
            self._active.pop(channel, None)
            self._lingering.pop(channel, None)
            crowd = self._crowds.pop(room, None)
            if crowd is not None:
                crowd.timer.cancel()

    def focus(self, outbox: Outbox, room: RoomId | None) -> None:
        """Let a session talk in ``room``: lines from there look different from now on."""
        old = outbox.focus
        if old == room:
            return
        self.catch_up(outbox)
        changed = [self._channels[each] for each in (old, room) if each in outbox.rooms]
        for channel in changed:
            channel.leave(outbox)
        outbox.focus = room
        for channel in changed:
            channel.enter(outbox)

    def look(self, outbox: Outbox, here: Variant, elsewhere: Variant) -> None:
        """Let a session see everything as these variants do from now on."""
        self.catch_up(outbox)
        channels = [self._channels[room] for room in outbox.rooms]
        for channel in channels:
            channel.leave(outbox)
        outbox.here, outbox.elsewhere = here, elsewhere
        for channel in channels:
            channel.enter(outbox)

    def close(self, outbox: Outbox) -> None:
        """Take a session out of every room, and hand over at once what was for it until now."""
        for room in list(outbox.rooms):
            self.leave(outbox, room)
        outbox.flush()

    def catch_up(self, outbox: Outbox) -> None:
        """Hand a session what was said in its rooms until now; needed before anything changes how it sees that."""
        if self._active or self._lingering:
            for room in outbox.rooms:
                channel = self._channels[room]
                if channel.entries:
                    self._mark(outbox, channel.catch_up(outbox))

    # --- three ways ---

    def say(self, room: RoomId, envelope: Envelope, *, skip: Outbox | None = None) -> None:
        """Add to a room's batch; ``skip`` is the session that must not see it."""
        if not isinstance(envelope.event, Said):
            self.settle(room)
        channel = self._channels.get(room)
        if channel is not None:
            self._add(channel, envelope, skip)

    def _add(self, channel: RoomBatch, envelope: Envelope, skip: Outbox | None) -> None:
        channel.add(envelope, skip)
        if channel.pace.wait:
            self._lingering[channel] = None
            if self._later is None:
                self._later = self._clock.callLater(channel.pace.wait, self.flush)
        else:
            self._active[channel] = None
            self._schedule()
        if channel.size >= self._limits.batch_size:
            self.flush()

    def send(self, outbox: Outbox, data: bytes) -> None:
        """Add to one session's bytes, behind all that was said in its rooms until now."""
        if data:
            self.catch_up(outbox)
            outbox.pending.append(data)
            self._mark(outbox, True)

    def show(self, outboxes: Iterable[Outbox], envelope: Envelope) -> None:
        """Show an event once to each of these sessions."""
        rendered: dict[Variant, bytes] = {}
        for outbox in outboxes:
            data = rendered.get(outbox.here)
            if data is None:
                data = rendered[outbox.here] = shown(outbox.here, envelope)
            self.send(outbox, data)

    def near(self, rooms: Iterable[RoomId]) -> dict[Outbox, None]:
        """Return the sessions that are in one of these rooms, once each."""
        found: dict[Outbox, None] = {}
        for room in rooms:
            if room in self._channels:
                self.settle(room)
                found.update(dict.fromkeys(self._channels[room].outboxes()))
        return found

    def slot(self, outbox: Outbox, done: Callable[[], None] | None = None) -> Slot:
        """Keep a place in a session's order for an answer that comes later."""
        self.catch_up(outbox)
        return outbox.slot(done)

    def fill(
        self, slot: Slot, pieces: Iterable[bytes], more: Callable[[], None] | None = None
    ) -> None:
        """Give the answer that a slot was kept for; or its next part, and ``more`` is called when that is taken."""
        slot.pieces = iter(pieces)
        slot.more = more
        self._mark(slot.outbox, True)

    # --- crowds ---

    def gather(
        self,
        room: RoomRef,
        author: Author,
        members: int,
        *,
        joined: bool,
        departed: bool = False,
    ) -> None:
        """Record that a user joined or left a crowded room; one line about all of them follows a little later."""
        if room.id not in self._channels:
            return  # nobody here to tell
        crowd = self._crowds.get(room.id)
        if crowd is None:
            timer = self._clock.callLater(self._limits.crowd_time, self.settle, room.id)
            crowd = self._crowds[room.id] = _Crowd(room, timer)
        crowd.members = members
        crowd.note(author, joined=joined, departed=departed)

    def settle(self, room: RoomId) -> None:
        """Show the joins and leaves of a crowded room now, so that what follows comes after them."""
        crowd = self._crowds.pop(room, None)
        if crowd is None:
            return
        if crowd.timer.active():
            crowd.timer.cancel()
        channel = self._channels[room]  # a crowd is dropped with its channel, see leave()
        now = self._wall()
        for outbox in crowd.newcomers:
            self.catch_up(outbox)
        for envelope in crowd.told(now):
            self._add(channel, envelope, None)
        if crowd.newcomers:
            self._tell_newcomers(crowd, channel, now)

    def _tell_newcomers(self, crowd: _Crowd, channel: RoomBatch, now: float) -> None:
        """Tell the users who entered meanwhile, for whom some of it is not new."""
        own = crowd.told_newcomers(now)
        rendered: dict[Variant, bytes] = {}
        singly: dict[Variant, list[bytes]] = {}
        notes, each = (
            ([], []) if all(it.here.sums for it in crowd.newcomers) else crowd.told_singly(now)
        )
        for outbox, before in crowd.newcomers.items():
            channel.move_on(outbox)
            view = outbox.here
            if view.sums:
                if view not in rendered:
                    rendered[view] = b"".join([view.own(envelope, acked=False) for envelope in own])
                self.send(outbox, rendered[view])
            else:
                if view not in singly:
                    singly[view] = [view.own(envelope, acked=False) for envelope in each]
                self.send(outbox, b"".join(singly[view][bisect.bisect_right(notes, before) :]))

    def settle_all(self) -> None:
        """Tell of all crowds now, and leave no timer of theirs behind."""
        for room in list(self._crowds):
            self.settle(room)

    # --- the end of the turn ---

    def _mark(self, outbox: Outbox, added: bool) -> None:
        if added:
            outbox.mark(self._dirty)
            self._schedule()

    def _schedule(self) -> None:
        if self._soon is None:
            # Twisted runs this after all sockets that were ready in this turn have been read.
            self._soon = self._clock.callLater(0, self._hand_out)

    def flush(self) -> None:
        """Hand over everything, lingering or not."""
        if self._later is not None:
            if self._later.active():
                self._later.cancel()
            self._later = None
        self._active |= self._lingering
        self._lingering.clear()
        self._hand_out()

    def _hand_out(self) -> None:
        """Hand over each room's batch, and what each session has besides, as one write to each session."""
        if self._soon is not None:
            if self._soon.active():
                self._soon.cancel()
            self._soon = None
        active, self._active = self._active, {}
        dirty, self._dirty = self._dirty, []
        now = self._clock.seconds()
        for channel in active:
            channel.spill(dirty, now, alone=len(active) == 1)
        for outbox in dirty:
            outbox.flush()
