"""The sessions of this node: found by id or by user, and what is said to one of them alone."""

from __future__ import annotations

import secrets

from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Envelope
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import SessionId, UserId
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.session import Session
from twisted_chat.runtime.log_sums import LogSums

log = Logger(namespace="twisted_chat.sessions")


class Sessions(dict[SessionId, Session]):
    """The sessions of this node by their ids. ``log_sums`` is for what they cause to be logged."""

    def __init__(self, hub: Hub, delivery: Delivery, log_sums: LogSums) -> None:
        super().__init__()
        self.log_sums = log_sums
        self.hub = hub
        self._delivery = delivery

    def of(self, user: UserId) -> list[Session]:
        """Return this node's sessions of a user."""
        found = self.hub.state.users.get(user)
        places = found.sessions if found is not None else ()
        return [
            self[session] for node, session in places if node == self.hub.node and session in self
        ]

    def of_account(self, account: str | None) -> list[Session]:
        """Return this node's sessions of an account, given by its key; of guests, none."""
        users = self.hub.state.users_of(account) if account is not None else ()
        return [each for user in users for each in self.of(user.id)]

    def path(self, peer: Session) -> tuple[str, ...]:
        """Return the networks that a session comes from, the widest first, and then who it is: see :mod:`.server.turns`."""
        user = self.hub.user_of(peer.id)
        networks = network_keys(self.hub.state.sessions[peer.id].address)
        return (*networks[::-1], str(user.id if user is not None else peer.id))

    def tell(self, peer: Session, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to one session."""
        self._delivery.send(peer.outbox, peer.dialect.reply(reply, tag))

    def echo(self, peer: Session, envelope: Envelope, *, acked: bool = False) -> None:
        """Send a session the author's own copy."""
        self._delivery.send(peer.outbox, peer.dialect.own(envelope, acked=acked))

    def refocus(self, peer: Session) -> None:
        """Let delivery know where the hub says that a session talks now."""
        focus = self.hub.focus_of(peer.id)
        self._delivery.focus(peer.outbox, focus.ref.id if focus is not None else None)

    def enter(self, peer: Session) -> None:
        """Let a session into the rooms where its user is, and tell it where it talks."""
        user = self.hub.user_of(peer.id)
        assert user is not None
        for room in user.rooms:
            self._delivery.enter(peer.outbox, room)
            self.tell(peer, self.hub.entered(self.hub.state.rooms[room], created=False))
        self.refocus(peer)
        peer.outbox.refresh()
        focus = self.hub.focus_of(peer.id)
        self.tell(peer, r.FocusSet(focus.name if focus is not None else None))

    def catch_up_ignorers(self) -> None:
        """Hide what was said in this turn while it can be told by the old nick: the hub will know the new one only."""
        for each in self.values():
            if each.outbox.ignored:
                self._delivery.catch_up(each.outbox)

    def failed(
        self, peer: Session | None, what: str, tag: str | None, why: Failure | None = None
    ) -> None:
        """Log an exception under an id, and show the id, nothing else, to whose session it was.

        ``why`` is the exception being handled if None.
        """
        fault = secrets.token_hex(4)
        self.log_sums.write(
            log.failure,
            "fault {fault} while handling {what}",
            address=peer.address if peer is not None else "no session",
            failure=why or Failure(),
            fault=fault,
            what=what,
        )
        if peer is not None and peer.id in self:
            text = f"something went wrong here; the server's log has it as {fault}"
            self.tell(peer, r.Refused("internal", text), tag)
