"""A first line that could be a nickname and a password, or a message from a client that knows no nicknames."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import may_be_login
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.dialects.framing import Frame
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.seam.ports import HubPort

_NO: Final = "/no"


class FirstLine:
    """Holds the first line of one session until the next one shows whether it is to be said.

    ``held`` is that line, at most one, within the limit of a line. It is never said by itself.
    """

    def __init__(self, sessions: Sessions, hub: HubPort, peer: Session, line: LineDialect) -> None:
        self._sessions = sessions
        self._hub = hub
        self._peer = peer
        self._line = line
        self.held: CleanText | None = None

    def read(self, login: c.Login) -> c.Login:
        """Hold the line that a login was read from, if it may be a message; return the login to submit."""
        if login.said is not None and login.password is not None:
            # If another service checks passwords, any name may be known there, and passwords may contain blanks.
            tried = self._hub.asks_others
            login = replace(login, said=None) if tried else c.Login(login.nick, said=login.said)
        self.held = login.said
        return login

    def tell(self) -> None:
        """If a line is held, say so once its sender has logged in."""
        if self.held is None:
            return
        identity = self._hub.identity(self._peer.id)
        you_are = f"You are {identity.nick}. " if identity is not None else ""
        why = (
            f"{you_are}Your first line has not been sent yet, because it could be a name and a password. "
            f"Send another line to send both, or {_NO} to discard it."
        )
        self._sessions.tell(self._peer, r.Notice("first-line", why))

    def settle(self, frame: Frame) -> bool:
        """Say the held line if the next one is a message too, otherwise discard it; return whether to handle the next one."""
        line = frame if isinstance(frame, bytes) else None
        held = self.held
        if held is None or (line is not None and not line.strip()):
            return True
        self.held = None
        talk = line is not None and self._is_talk(line)
        login = line is not None and talk and self._is_login(line)
        if talk and not login:
            self._sessions.submit(self._peer, Request(c.Say((CleanText(held),))))
            return True
        self._sessions.tell(self._peer, r.Notice("first-line", "Your first line was discarded."))
        if login:
            why = 'That looks like a login. It was not sent. Type /login NICK PASSWORD (to say it as it is, put "// " in front).'
            self._sessions.refuse(self._peer, BadLine(why, "looks-private"))
            return False
        return line is None or line.strip().lower() != _NO.encode()

    def _is_talk(self, frame: bytes) -> bool:
        """Return whether a line is a public message: not a command, and not a private form, correct or mistyped."""
        try:
            request = self._line.parse(frame, logged_in=True)
        except BadLine:
            return False
        said = request.command if request is not None else None
        return isinstance(said, c.Say) and said.kind == "say" and not said.unless

    def _is_login(self, frame: bytes) -> bool:
        """Return whether a line may be a login without its command: a registered name or a login word, followed by something."""
        name, *rest = frame.decode("utf-8", "replace").split(None, 1)
        if not rest:
            return False
        if may_be_login(name):
            return True
        try:
            nick = parse_nick(name)
        except BadName:
            return False
        return self._hub.reserved_for(nick) == nick.key
