"""What the parts of one node share, given to each of them as one value."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeAlias

from twisted.internet.interfaces import IReactorTime

from twisted_chat.auth.gate import Gate
from twisted_chat.core.bus import Bus
from twisted_chat.core.hub import Hub
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.values.ids import SessionId
from twisted_chat.seam.ports import ConnectionsPort
from twisted_chat.server.commits import Commits
from twisted_chat.server.pending import PendingReplies
from twisted_chat.server.sessions import HubSessions
from twisted_chat.store.port import Store

#: Carries out a decision for a session, under the client's own id of its command.
CarryOut: TypeAlias = Callable[[SessionId, d.Decision, str | None], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """The parts that most of the others need. ``wall`` returns the time of day."""

    hub: Hub
    bus: Bus
    store: Store
    clock: IReactorTime
    wall: Callable[[], float]
    gate: Gate
    connections: ConnectionsPort
    sessions: HubSessions
    commits: Commits
    pending: PendingReplies
