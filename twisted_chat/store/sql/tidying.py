"""Dropping history that need not be kept any longer, a little at a time, between what is written."""

from __future__ import annotations

import functools

from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.store.recent import Recent
from twisted_chat.store.sql import upkeep
from twisted_chat.store.sql.words import Words
from twisted_chat.store.sql.writer import Writer


async def drop_old(writer: Writer, recent: Recent, index: Words, most: Keep, now: float) -> bool:
    """Delete what is over the limits of its room, or of the server (``most``); tell whether there was anything."""
    limits = await writer.ask(upkeep.limits_of, behind=True)
    limits.setdefault(LOBBY_ID, KEEP_ALL)
    deleted = False
    for room, own in limits.items():
        keep = own.within(most)
        while keep != KEEP_ALL:
            work = functools.partial(upkeep.delete_old, index=index, room=room, keep=keep, now=now)
            count, last = await writer.ask(work)
            if not count:
                break
            recent.cut(room, MessageId(last))
            deleted = True
    while most.days:
        # Of private messages only the age counts.
        days = most.days
        old = await writer.ask(
            functools.partial(upkeep.delete_old_talks, index=index, days=days, now=now)
        )
        if not old:
            break
        for talk, number in old:
            recent.cut(RoomId(talk), MessageId(number))
        deleted = True
    return deleted
