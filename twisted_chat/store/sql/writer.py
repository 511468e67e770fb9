"""The writer: groups of changes, blocks of ids, and background work between them.

It lives on the reactor's thread, and lets the thread that writes do one thing after the other. What cannot be written now
is tried again until it can; nothing is dropped while the process lives.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twisted_chat.core.values.ids import MessageId
from twisted_chat.runtime import tasks
from twisted_chat.runtime.clock import wall_of
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import upkeep
from twisted_chat.store.sql.database import Database, explain
from twisted_chat.store.sql.threads import Threads
from twisted_chat.store.sql.words import index_of
from twisted_chat.store.sql.writing import Batch

log = Logger(namespace="twisted_chat.store")

P = ParamSpec("P")
T = TypeVar("T")

#: What comes within this time goes into one commit: each costs 0.15 ms of a core however small, and the disk a write.
GROUP: Final = 0.05
#: After a silence a change waits only so long: for the others of its reactor turn, and of the next.
QUIET: Final = 0.005
#: A group of so many changes waits no longer; and no group is larger than a few of these.
MANY: Final = 2_000
#: How long a failed commit is left alone before it is tried again: from, to, in seconds.
_AGAIN: Final = (0.1, 5.0)
#: How long what waits may take when the server stops, in seconds; then it is given up, unacknowledged.
_LAST: Final = 2.0
#: While messages come, no more than this many steps a second are done in the background; see also :data:`upkeep.STEP`.
_STEPS: Final = 4
#: When so few messages came that a step would be a small one, it waits so long for others, in seconds.
_SMALL_STEP: Final = 2.0
#: What failed in the background is tried again after so many seconds.
_LATER: Final = 60.0


class _GivenUp(Exception):
    """The server stops, and what waits cannot be written."""


class Writer:
    """Commits changes. They are put into :attr:`batch`, then :meth:`changed` is called."""

    def __init__(
        self, database: Database, threads: Threads, clock: IReactorTime, limit: int
    ) -> None:
        """``limit``: when so many changes wait, :attr:`full` is set."""
        self._database = database
        self._threads = threads
        self._clock = clock
        self._wall = wall_of(clock)
        self.limit = limit
        self._index = index_of(database.kind)
        self._stored: Callable[[MessageId], None] = lambda message: None
        self._roomy: Callable[[], None] = lambda: None
        self.batch = Batch()
        self._flying = 0
        self.given = MessageId(0)
        self.full = False
        self._jobs: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._asleep: Deferred[None] | None = None
        self._gather: IDelayedCall | None = None
        self._due = False
        self._busy = False  # there was a commit within the last GROUP seconds
        self._rest: IDelayedCall | None = None
        self._background: IDelayedCall | None = None
        self._step_due = True
        self._hurried = False
        self._all_done: list[Deferred[None]] = []
        self._new = 0  # messages stored since the last step
        self._checking = False
        self._stopping = False
        self._last_call: IDelayedCall | None = None
        #: The end came before all was done. The thread may hang: nothing more should be asked of it.
        self.given_up = False
        self._pausing: IDelayedCall | None = None
        self._ended: Deferred[None] = Deferred()
        self._tried = 0.0  # when the last try began
        self.commits = 0
        self.messages = 0
        self.unindexed = 0
        self.last = self.slowest = 0.0
        self.error: str | None = None
        self.since: float | None = None

    @property
    def waiting(self) -> int:
        """How many changes are not committed yet."""
        return self._flying + self.batch.size

    def start(self, stored: Callable[[MessageId], None], roomy: Callable[[], None]) -> None:
        """Begin to write. The database is open."""
        self._stored, self._roomy = stored, roomy
        tasks.start(self._run(), "writing to the database")

    async def stop(self) -> int:
        """Commit what waits, if that can be done within :data:`_LAST` seconds; return how many changes were given up."""
        self._stopping = True
        self._last_call = self._clock.callLater(_LAST, self._give_up)
        if self._pausing is not None and self._pausing.active():
            self._pausing.reset(0)  # what stood in the way may be gone, and there is no later
        self._wake()
        await self._ended
        for timer in (self._gather, self._rest, self._background, self._last_call):
            if timer is not None and timer.active():
                timer.cancel()
        return self.waiting

    def _give_up(self) -> None:
        self.given_up = True
        self._wake()
        if not self._ended.called:
            self._ended.callback(None)

    def changed(self, message: MessageId) -> None:
        """Note that a change was put into the batch. ``message`` is reported when it is stored."""
        self.given = self.batch.up_to = message
        self.touched()

    def touched(self) -> None:
        """Note that a change was put into the batch that nobody waits for."""
        batch = self.batch
        batch.size += 1
        if batch.size == 1:
            wait = GROUP if self._busy else QUIET
            self._gather = self._clock.callLater(wait, self._gathered)
        elif batch.size == MANY:
            self._gathered()
        if self._flying + batch.size >= self.limit:
            self.full = True

    def _gathered(self) -> None:
        self._due = True
        self._wake()

    def ask(
        self, work: Callable[[Connection], T], *, durable: bool = False, behind: bool = False
    ) -> Deferred[T]:
        """Run ``work`` in a transaction of its own, as soon as what is being written now is; tried until it succeeds.

        ``durable``: it is on the disk when it is done, whatever the policy is. ``behind``: the changes that wait now are
        committed before.
        """
        answer: Deferred[T] = Deferred()

        async def job() -> None:
            if behind and self.batch.size:
                await self._commit()
            answer.callback(await self._insist(work, durable))

        self._jobs.append(job)
        self._wake()
        return answer

    def check(self) -> None:
        """Begin a transaction that does nothing: what keeps others from being stored, or found again, is noticed by that."""
        if self._asleep is not None and not self._checking:
            self._checking = True
            _ = self.ask(lambda connection: None).addCallback(self._checked)

    def _checked(self, result: None) -> None:
        self._checking = False

    def all_done(self) -> Deferred[None]:
        """Fire when everything that is stored is indexed, and everything that is forgotten is deleted."""
        done: Deferred[None] = Deferred()
        if self._step_due or (self._background is not None and self._background.active()):
            self._all_done.append(done)
        else:
            done.callback(None)
        return done

    # --- the loop ---

    async def _run(self) -> None:
        try:
            while True:
                if self.batch.size and (self._due or self._stopping):
                    await self._commit()
                elif self._jobs:
                    await self._jobs.popleft()()
                elif self._stopping:
                    break
                elif self._step_due:
                    await self._step()
                else:
                    self._asleep = Deferred()
                    await self._asleep
        except _GivenUp:
            pass  # stop() says what is lost
        if not self._ended.called:
            self._ended.callback(None)

    def _wake(self) -> None:
        if self._asleep is not None:
            asleep, self._asleep = self._asleep, None
            asleep.callback(None)

    async def _commit(self) -> None:
        batch, self.batch = self.batch, Batch()
        self._due = False
        if self._gather is not None and self._gather.active():
            self._gather.cancel()
        self._flying = batch.size
        await self._insist(functools.partial(self._write, batch), False)
        self.last = time.perf_counter() - self._tried
        self.slowest = max(self.slowest, self.last)
        self.commits += 1
        self.messages += batch.messages
        self._new += batch.messages
        self.unindexed += batch.messages
        self._flying = 0
        self._calm_down()
        self._schedule_step(forgot=bool(batch.forgotten or batch.erased))
        if batch.up_to:
            self._tell(lambda: self._stored(batch.up_to))
        if self.full and self.batch.size <= self.limit // 2:
            self.full = False
            self._tell(self._roomy)

    def _write(self, batch: Batch, connection: Connection) -> None:
        """Bring a batch into the database. Runs in the thread."""
        batch.write(connection)
        if batch.deleted:
            upkeep.delete_messages(connection, self._index, batch.deleted)

    def _tell(self, told: Callable[[], None]) -> None:
        """Call those that wait for the store; an error there must not end all writing."""
        try:
            told()
        except Exception:
            log.failure("reporting what is stored failed")

    def _calm_down(self) -> None:
        """Let what comes within the next :data:`GROUP` seconds wait for each other."""
        self._busy = True
        if self._rest is not None and self._rest.active():
            self._rest.reset(GROUP)
        elif not self._stopping:  # a commit that came too late must leave no timer behind
            self._rest = self._clock.callLater(GROUP, self._rested)

    def _rested(self) -> None:
        self._busy = False

    async def _insist(self, work: Callable[[Connection], T], durable: bool) -> T:
        """Run ``work`` in a transaction until that succeeds and will be found again, or it is time to give up."""
        result, kept = await self._until_done(self._transact, work, durable)
        if not kept:
            await self._until_done(self._database.keep_journal)
        if self._database.saved_journal:
            self._database.saved_journal = False
            log.error(
                "the -wal or -shm file of the database was removed while the server was running; its contents are saved and "
                "a new file was made; do not touch the files next to the database"
            )
        return result

    async def _until_done(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread that writes until it succeeds, or it is time to give up."""
        wait, most = _AGAIN
        while not self.given_up:
            self._tried = time.perf_counter()
            try:
                result: T = await self._threads.write(work, *args, **kwargs)
            except (SQLAlchemyError, StoreError, OSError) as error:
                self._failed(explain(error))
            except Exception:
                log.failure("writing to the database failed with an unexpected error")
                self._failed("an internal error; see the server's log")
            else:
                self._recovered()
                return result
            await self._pause(_AGAIN[0] if self._stopping else wait)
            wait = min(2 * wait, most)
        raise _GivenUp

    async def _pause(self, seconds: float) -> None:
        """Wait; in vain if the server is about to give up."""
        pause = self._pausing = self._clock.callLater(seconds, self._wake)
        # New changes wake the loop: that is no reason to try again sooner, but the server's end is.
        while pause.active() and not self.given_up:
            self._asleep = Deferred()
            await self._asleep
        if pause.active():
            pause.cancel()

    def _transact(self, work: Callable[[Connection], T], durable: bool) -> tuple[T, bool]:
        """Do something in a transaction; return whether that will be found again. Runs in the thread that writes."""
        try:
            connection = self._database.writer()
            if durable:
                with self._database.durable(connection):
                    result = work(connection)
            else:
                with connection.begin():
                    result = work(connection)
            return result, self._database.is_kept
        except BaseException:
            self._database.broke()
            raise

    def _failed(self, why: str) -> None:
        if self.error is None:
            self.since = self._wall()
            log.error(
                "cannot store anything now: {why}; retrying; nothing is acknowledged until it works",
                why=why,
            )
        self.error = why

    def _recovered(self) -> None:
        if self.error is not None:
            log.info("storing works again")
            self.error = self.since = None

    # --- in the background ---

    async def _step(self) -> None:
        """Do a little of what is to be done in the background."""
        self._step_due = self._hurried = False
        self._new = 0
        began = time.perf_counter()
        try:
            (indexed, left), _ = await self._threads.write(self._transact, self._do_some, False)
        except Exception as error:
            log.error(
                "indexing or deleting failed: {why}; trying again in {seconds:.0f} seconds",
                why=explain(error),
                seconds=_LATER,
            )
            self._sleep_until_step(_LATER, hurried=True)
            return
        self.unindexed -= indexed
        if indexed == upkeep.STEP or left:
            # No more than half of the time of this thread.
            rest = 1 / _STEPS if self._busy else time.perf_counter() - began
            self._sleep_until_step(rest, hurried=True)
        elif self._new:
            self._schedule_step()
        else:
            all_done, self._all_done = self._all_done, []
            for done in all_done:
                done.callback(None)

    def _do_some(self, connection: Connection) -> tuple[int, bool]:
        """Do a step; return how many messages were indexed, and whether there is more to delete. Runs in the thread."""
        indexed = upkeep.index_some(connection, self._index)
        if indexed == upkeep.STEP:
            return indexed, False
        left = upkeep.delete_erased(connection, self._index)
        left = left or upkeep.delete_forgotten(connection, self._index)
        left = left or self._index.shrink(connection)
        return indexed, left or upkeep.give_back(connection)

    def _schedule_step(self, *, forgot: bool = False) -> None:
        hurry = forgot or self._new >= upkeep.STEP
        if self._background is None or not self._background.active():
            self._sleep_until_step(1 / _STEPS if hurry else _SMALL_STEP, hurried=hurry)
        elif hurry and not self._hurried:
            self._hurried = True
            self._background.reset(1 / _STEPS)

    def _sleep_until_step(self, seconds: float, *, hurried: bool) -> None:
        if self._stopping:
            return  # no step is done any more
        self._hurried = hurried
        if self._background is not None and self._background.active():
            self._background.cancel()
        self._background = self._clock.callLater(seconds, self._step_is_due)

    def _step_is_due(self) -> None:
        self._step_due = True
        self._wake()
