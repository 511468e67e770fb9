"""Prompts for the password of a nick, or of a room if the client can hide what is typed (telnet)."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import BadText, Secret, decode
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.dialects.line.typos import nick_or_none
from twisted_chat.doors.line.telnet import TelnetFilter
from twisted_chat.seam.ports import HubPort

#: Prompts in a row. After a wrong password people try again at once, and without another prompt that line would be said in
#: public. login and ssh ask three times, too.
MAX_QUESTIONS: Final = 3


class PasswordPrompt:
    """Asks one session for a password: the next line is the answer, whatever it is.

    ``asked`` counts the prompts in a row; it is 0 when the last line was not an answer. ``missed`` is the nick that the session
    asked for and may not have got, so that :meth:`again` must look at the next line.
    """

    def __init__(self, sessions: Sessions, hub: HubPort, telnet: TelnetFilter) -> None:
        self._sessions = sessions
        self._hub = hub
        self._telnet = telnet
        self._of: RoomName | Nick | None = None
        self.missed: Nick | None = None
        self._gave_password = False
        self.asked = 0

    def ask(self, peer: Session, name: RoomName | Nick, *, wrong: bool) -> bool:
        """Ask for the password of ``name``, again if ``wrong``; return whether it was asked for.

        The password of a nick is asked for once. That of a room is asked for only if it can be hidden (the /join command takes it
        as well), and not more than :data:`MAX_QUESTIONS` times.
        """
        if isinstance(name, Nick):
            hidden = "it will not be shown" if self._telnet.can_hide else "your screen may show it"
            why = f"{name} is registered. Type its password ({hidden}), or press Enter to come in as a guest."
            if self._hub.identity(peer.id) is not None:
                why = f"{name} is registered. Type its password ({hidden}), or press Enter to stay as you are."
            self._ask(peer, name, r.Notice("password", why))
            return True
        room = name
        if not self._telnet.can_hide or self.asked == MAX_QUESTIONS:
            return False
        if wrong:
            why = f"Wrong password for {room}. Type it again (it will not be shown), or press Enter to give up."
            self._ask(peer, room, r.Refused("wrong-password", why))
        else:
            why = f"Type the password of {room} (it will not be shown), or press Enter to give up."
            self._ask(peer, room, r.Notice("password", why))
        return True

    def _ask(self, peer: Session, name: RoomName | Nick, text: r.Reply) -> None:
        self.asked += 1
        self._of = name
        self._sessions.tell(peer, text)
        self._sessions.send(peer, self._telnet.hide())

    def take(self, peer: Session) -> RoomName | Nick | None:
        """End the prompt, if there is one, because a line came; return the name that the password is for."""
        name, self._of = self._of, None
        if name is None:
            self.asked = 0
        elif self._telnet.can_hide:
            # The client did not echo the Enter key either.
            self._sessions.send(peer, self._telnet.show() + b"\r\n")
        return name

    def answer(self, peer: Session, name: RoomName | Nick, frame: bytes) -> None:
        """Join or log in with the password in ``frame``, or give up."""
        try:
            password = Secret(decode(frame).strip(" "))
        except BadText as bad:
            self.refuse(peer, name, BadLine(str(bad), "bad-text"))
            return
        inside = self._hub.identity(peer.id) is not None
        if not password and inside:
            self._give_up(peer, name)
        elif isinstance(name, Nick):
            login = c.Login(name, password, or_guest=not inside) if password else c.Login()
            self.expect(login.nick, password=login.password is not None)
            self._sessions.submit(peer, Request(login))
        else:
            self._sessions.submit(peer, Request(c.Join(name, password)))

    def _give_up(self, peer: Session, name: RoomName | Nick) -> None:
        why = f"You did not {'log in as' if isinstance(name, Nick) else 'enter'} {name}."
        self._sessions.tell(peer, r.Notice("password", why))

    def expect(self, nick: Nick | None, *, password: bool) -> None:
        """Note that a session asks for a nick, with a password or without: if refused, its user may type the password next."""
        self.missed, self._gave_password = nick, password

    def again(self, peer: Session, frame: bytes) -> BadLine | None:
        """Refuse a line that seems to be the password of a nick that was just refused.

        It is one if it is the nick followed by anything, and the nick is registered; or, after a wrong password, a single word as
        long as passwords are. Any other line ends this.
        """
        nick, identity = self.missed, self._hub.identity(peer.id)
        if nick is None:
            return None
        word, *more = frame.decode("utf-8", "replace").split(None, 1) or [""]
        if identity is None or identity.nick.key == nick.key:
            seems = False
        elif more:
            named = nick_or_none(word)
            seems = named is not None and named.key == nick.key
            seems = seems and (self._gave_password or self._hub.reserved_for(nick) is not None)
        else:
            seems = (
                self._gave_password
                and len(word) >= self._sessions.limits.min_password
                and word[0] not in "/!"
            )
        if not seems:
            self.missed = None
            return None
        why = (
            f"That looks like the password of {nick}. The line was not sent. Type /login {nick} PASSWORD to try it "
            '(to say it as it is, put "// " in front).'
        )
        return BadLine(why, "looks-private")

    def refuse(self, peer: Session, name: RoomName | Nick, bad: BadLine) -> None:
        """Say why the answer cannot be a password, and ask again; before login, the session comes in as a guest."""
        if isinstance(name, Nick) and self._hub.identity(peer.id) is None:
            why = f"That cannot be a password: {bad}. You are now a guest. Type /login {name} PASSWORD to try again."
            self._sessions.tell(peer, r.Refused(bad.code, why))
            self._sessions.submit(peer, Request(c.Login()))
            return
        self._sessions.refuse(peer, bad)
        if isinstance(name, Nick) or not self.ask(peer, name, wrong=False):
            self._give_up(peer, name)
