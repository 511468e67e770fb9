"""Server operators: how a session becomes one, what their commands do outside the hub, and the audit log."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec
from twisted.internet.task import deferLater
from twisted.logger import Logger

from twisted_chat.auth.gate import GOOD_FOR, Code, new_code
from twisted_chat.auth.operators import Operators
from twisted_chat.auth.passwords import BusyError, Who
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules.effects import Audit
from twisted_chat.core.rules.listings import cut_page
from twisted_chat.core.rules.server import NOT_OPERATOR, PANIC, is_banned
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.core.values.masks import MAX_MASK, fits, shortened
from twisted_chat.core.values.names import fold
from twisted_chat.core.values.ratelimit import Throttle
from twisted_chat.core.values.text import CleanText, shown
from twisted_chat.server.disk import Disk
from twisted_chat.server.services import CarryOut, Services

log = Logger(namespace="twisted_chat.admin")

#: How often one may try to become an operator, and in how many seconds that many times more.
TRIES: Final = (3, 60.0)
#: The longest line of the audit log, in characters. Announcements may be longer.
_LONGEST: Final = 400
#: The most characters that are shown of what a database said, which may be a page.
_LONGEST_ERROR: Final = 200
#: What is stored within so many seconds needs no word that it is not stored yet.
_SOON: Final = 1.0
_WRONG: Final = r.Refused(
    "wrong-password", "There is no operator with that name and password. Nothing was changed."
)


class Admin:
    """Server operators on one node."""

    def __init__(self, services: Services, disk: Disk, accounts: AccountAdmin) -> None:
        """``end`` ends a session, given what it is told and what others see."""
        self._hub = services.hub
        self._sessions = services.sessions
        self._store = services.store
        self._commits = services.commits
        self._bus = services.bus
        self._clock = services.clock
        self._wall = services.wall
        self._pending = services.pending
        self._passwords = services.gate.passwords
        self._disk = disk
        self._accounts = accounts
        self._throttle = Throttle(*TRIES)
        #: What operators did that was not stored at once: the event, whose session, what it typed, when. Each is one of the
        #: replies that a session may wait for, so there are never many.
        self._unstored: deque[tuple[MessageId, SessionId, str, float]] = deque()
        self._operators = Operators()
        #: Passwords of operators may come over connections that others could listen to.
        self.in_clear = False

    def load(self, operators: Operators) -> None:
        """Set the operators. Sessions of operators who were removed, or have a new password, lose their rights."""
        old, self._operators = self._operators, operators
        for session, entry in self._hub.state.sessions.items():
            name = entry.operator
            if name is not None and old.hash_of(name) != operators.hash_of(name):
                self._record(session, name, "is no longer an operator: the list was changed")
                self._make_operator(session, None)
                self._sessions.tell(
                    session, r.Notice("deoper", "You are no longer a server operator.")
                )

    def _make_operator(self, session: SessionId, name: str | None) -> None:
        self._bus.publish(self._hub.make_operator(session, name, self._wall()))

    # --- what operators ask for ---

    def answer(
        self,
        session: SessionId,
        command: c.Oper
        | c.Deoper
        | c.ShowServerBans
        | c.ShowAudit
        | c.ShowAccounts
        | c.ResetPassword,
        tag: str | None,
    ) -> None:
        """Carry out a command that was permitted; anyone may try ``Oper``."""
        entry = self._hub.state.sessions[session]
        match command:
            case c.Oper():
                refused = self._may_try(session)
                if refused is not None:
                    self._sessions.tell(session, refused, tag)
                else:
                    self._pending.start(session, tag, self._oper(session, command), "/oper")
            case c.Deoper():
                self._record(session, entry.operator, "is no longer an operator")
                self._make_operator(session, None)
                self._sessions.tell(
                    session, r.Confirmed("You are no longer a server operator."), tag
                )
            case c.ShowServerBans():
                self._record(session, entry.operator, "looked at the server bans")
                bans = self._hub.server_bans(command.page, self._wall())
                self._sessions.tell(session, bans, tag)
            case c.ShowAccounts():
                self._record(session, entry.operator, "looked at the accounts")
                self._accounts.answer(session, command, tag)
            case c.ResetPassword():
                self._accounts.answer(session, command, tag)
            case c.ShowAudit():  # pragma: no branch (mypy sees a missing case)
                self._record(session, entry.operator, "looked at the audit log")
                self._pending.start(session, tag, self._audit(command.page), "/audit")

    def tell_stats(self, session: SessionId, tag: str | None) -> None:
        """Answer a session that may see the statistics, which need not be an operator's."""
        self.note(session, "looked at the stats")
        self._sessions.tell(session, self.stats(), tag)

    def note(self, session: SessionId, what: str) -> None:
        """Add to the audit log what others may do as well, if the session is an operator's."""
        operator = self._hub.state.sessions[session].operator
        if operator is not None:
            self._record(session, operator, what)

    def stats(self) -> r.Stats:
        """Return the statistics of the server and its store."""
        state, health = self._hub.state, msgspec.structs.asdict(self._store.health())
        if health["error"] is not None:
            health["error"] = shown(health["error"], _LONGEST_ERROR)
        store = r.StoreHealth(**health)
        growth = self._disk.growth()
        counts = (len(state.sessions), len(state.users), len(state.rooms))
        return r.Stats(*counts, store, *growth, counts=self._hub.counts())

    def _may_try(self, session: SessionId) -> r.Refused | None:
        """Refuse a try if there were too many; otherwise count it."""
        if not len(self._operators):
            return r.Refused(
                "no-operators",
                "This server has no operators (none are set with --operators). Nothing was changed.",
            )
        if not (self.in_clear or self._hub.state.sessions[session].private):
            return r.Refused(
                "in-clear",
                "This connection is not encrypted, so the password was not checked. Others may have read it: change it, "
                "and use TLS or the server's own machine.",
            )
        now, keys = self._clock.seconds(), self._keys(session)
        wait = max(self._throttle.wait(key, now) for key in keys)
        if wait:
            why = f"Too many tries. Nothing was changed. Try again in {int(wait) + 1} seconds."
            return r.Refused("too-many-tries", why)
        for key in keys:
            self._throttle.count(key, now)
        return None

    def _keys(self, session: SessionId) -> list[str]:
        """Return the key under which tries are counted. Many share the server's machine, so there each session has its own."""
        keys = [f"session {session}"]
        return [*keys, *network_keys(self._hub.state.sessions[session].address)[:1]]

    async def _oper(self, session: SessionId, command: c.Oper) -> r.Reply:
        stored = self._operators.hash_of(command.name)
        try:
            # An unknown name is checked all the same, which takes as long.
            matches = await self._passwords.verify(
                stored or self._operators.decoy(),
                command.password,
                Who(network_keys(self._hub.state.sessions[session].address)),
            )
        except BusyError as busy:
            return r.Refused("busy", str(busy))
        if session not in self._hub.state.sessions:
            return _WRONG  # gone meanwhile: nobody is told
        name = shown(command.name, 40)
        # The file may have been read again meanwhile.
        if not matches or stored is None or stored != self._operators.hash_of(command.name):
            self._sessions.log_sums.write(
                log.warn,
                "session {session} from {address} failed to become the operator {name}",
                session=session,
                address=self._sessions.address(session),
                name=name,
            )
            return _WRONG
        self._make_operator(session, command.name)
        now = self._clock.seconds()
        for key in self._keys(session):
            self._throttle.forgive(key, now)
        self._record(session, command.name, "became an operator")
        told = f"You are now the server operator {name}. Type /help server to list what you can do."
        # It outlives the server and the operator's session; otherwise nobody could find out why people stay away.
        panic = self._hub.state.panic
        return r.Confirmed(f"{told} {PANIC[panic]}" if panic else told)

    async def _audit(self, page: int) -> r.Reply:
        size = self._hub.limits.page_size
        records, count = await self._pending.in_time(self._store.audit(page, size))
        pages = max(1, -(-count // size))
        if page > pages:
            page = pages
            records, count = await self._pending.in_time(self._store.audit(page, size))
        return r.Audit(records, count, page, pages)

    # --- what operators did ---

    def audit(self, it: Audit, envelope: e.Envelope, session: SessionId | None) -> None:
        """Add to the audit log what an operator did; ``session`` is the session of this node that did it."""
        assert envelope.author is not None
        address = "gone" if session is None else self._sessions.address(session)
        self._write(it.operator, envelope.author.nick.text, address, it.what)

    def code_of(self, digest: str) -> str:
        """Return the code that was made to replace a password, once."""
        return self._accounts.code_of(digest)

    def confirm(
        self, session: SessionId, envelope: e.Envelope, text: str, stored: str | None
    ) -> None:
        """Confirm what an operator did; with ``stored``, the name of the command, once it is stored."""
        if stored is None:
            self._sessions.tell(session, r.Confirmed(text), envelope.tag)
            return
        self._commits.promise(session, envelope.id, r.Confirmed(text), envelope.tag)
        if self._store.kept < envelope.id:
            self._unstored.append((envelope.id, session, stored, self._clock.seconds()))
            entry = self._hub.state.sessions[session]
            if self._store.health().error is not None or is_banned(
                self._hub.state, entry, self._wall()
            ):
                self._tell_unstored(0.0)

    def tick(self) -> None:
        """Tell operators which of their actions are not stored yet; called every few seconds."""
        self._tell_unstored(_SOON)

    def _tell_unstored(self, after: float) -> None:
        since = self._clock.seconds() - after
        while self._unstored and (
            self._store.kept >= self._unstored[0][0] or self._unstored[0][3] <= since
        ):
            message, session, command, _ = self._unstored.popleft()
            if self._store.kept < message and self._sessions.here(session):
                why = (
                    f"Your {command} is in force, but it is not stored yet: it would be lost if the server stopped now. "
                    "You will get a confirmation once it is stored."
                )
                self._sessions.tell(session, r.Notice("pending", why))

    # --- the audit log ---

    def _record(self, session: SessionId, operator: str | None, what: str) -> None:
        user = self._hub.user_of(session)
        nick = user.nick.text if user is not None else ""
        self._write(operator or "", nick, self._sessions.address(session), what)

    def _write(self, operator: str, nick: str, address: str, what: str) -> None:
        """Add a record to the audit log, and a line to the log."""
        text = shown(what, _LONGEST)
        log.info(
            "operator {operator} ({nick}, {address}) {what}",
            operator=operator,
            nick=nick,
            address=address,
            what=text,
        )
        self._store.record(AuditRecord(self._wall(), operator, nick, address, CleanText(text)))


#: How many accounts are held against a mask in one turn: some take 5 µs.
_SLICE: Final = 200


class AccountAdmin:
    """Answers operators' questions about accounts, on one node."""

    def __init__(self, services: Services, carry_out: CarryOut) -> None:
        self._hub = services.hub
        self._store = services.store
        self._clock = services.clock
        self._wall = services.wall
        self._pending = services.pending
        self._passwords = services.gate.passwords
        self._carry_out = carry_out
        #: The codes that are on their way to be stored, by their digests.
        self._codes: dict[str, str] = {}

    def answer(
        self, session: SessionId, command: c.ShowAccounts | c.ResetPassword, tag: str | None
    ) -> None:
        """Carry out a command that was permitted."""
        if isinstance(command, c.ShowAccounts):
            self._pending.start(session, tag, self._list(command), "/accounts")
        else:
            self._pending.start(session, tag, self._reset(session, command, tag), "/reset-password")

    def code_of(self, digest: str) -> str:
        """Return the code that was made for this, once."""
        return self._codes.pop(digest, "")

    async def _list(self, asked: c.ShowAccounts) -> r.Reply:
        mask = shortened(fold(asked.mask)) if asked.mask is not None else "*"
        if len(mask) > MAX_MASK:
            return r.Refused("bad-arguments", f"A mask can have at most {MAX_MASK} characters.")
        state, found = self._hub.state, []
        for n, key in enumerate(sorted(state.accounts), 1):
            if fits(mask, key):
                found.append(key)
            if n % _SLICE == 0:
                await deferLater(self._clock, 0, lambda: None)
        found = [key for key in found if key in state.accounts]
        keys, page, pages = cut_page(found, asked.page, self._hub.limits.page_size)
        lines = []
        for key in keys:
            here = bool(state.users_of(key))
            seen = None if here else await self._pending.in_time(self._store.last_seen(key))
            account = state.accounts.get(key)
            if account is not None:
                lines.append(r.AccountLine(account.name, account.created, here, seen))
        return r.AccountList(tuple(lines), len(found), page, pages, asked.mask)

    async def _reset(
        self, session: SessionId, command: c.ResetPassword, tag: str | None
    ) -> r.Reply | None:
        code = new_code()
        address = self._hub.state.sessions[session].address
        try:
            hashed = await self._passwords.hash(code, Who(network_keys(address), known=True))
        except BusyError as busy:
            return r.Refused("try-later", str(busy))
        entry = self._hub.state.sessions.get(session)
        if entry is None or entry.operator is None:
            return NOT_OPERATOR  # any more
        digest = digest_of(code)
        self._codes = {digest: code}  # one at a time, for what is not applied at once is void
        stored = Code(hashed, self._wall() + GOOD_FOR).spell()
        event = e.PasswordReset(entry.operator, command.account.key, digest, stored)
        self._carry_out(session, d.Propose(event), tag)
        return None
