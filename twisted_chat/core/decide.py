"""Deciding what a command asks for: the first of the two steps. It reads the state and changes nothing."""

from __future__ import annotations

import itertools
from typing import Final

from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.apply import ID_REUSED, absent, content, taken
from twisted_chat.core.decide_rooms import RoomDecider
from twisted_chat.core.decide_server import ServerDecider
from twisted_chat.core.decision import (
    Decision,
    GoodBye,
    Ignoring,
    LastSeen,
    Nothing,
    Operate,
    Propose,
    Recall,
    Repeat,
    Seek,
    Survey,
    Tell,
)
from twisted_chat.core.ids import Scope
from twisted_chat.core.limits import Limits
from twisted_chat.core.lists import overview, people, profile, rooms
from twisted_chat.core.names import Nick, RoomName, guest_nick, suggest
from twisted_chat.core.refusing import check_size, too_long
from twisted_chat.core.refusing import refuse as _refuse
from twisted_chat.core.searching import query_of
from twisted_chat.core.state import Session, State, User
from twisted_chat.core.table import COMMANDS, OPERATORS, nearest
from twisted_chat.core.text import CleanText, shown

#: The most people one session can ignore; a list that nobody could read any more.
MAX_IGNORED: Final = 500

_LOG_IN_FIRST: Final = "pick a nickname first; nothing was sent"
_ONLY_HERE: Final = (
    "only operators of this server, and who connects from the machine it runs on, may see that"
)
_WHO: Final = "/who lists who is here"


class Decider:
    """Decides commands against one state."""

    def __init__(self, state: State, limits: Limits) -> None:
        self._state = state
        self._limits = limits
        self._rooms = RoomDecider(state, limits)
        self._room_of = self._rooms.room_of
        self.server = ServerDecider(state, limits)
        self._next_guest = 1

    def decide(
        self, session: Session, command: c.Command, now: float, tag: str | None, scope: Scope
    ) -> Decision:
        """Decide a command. ``scope`` is the public scope of the token the session has or, at login, will have."""
        user = self._state.users.get(session.user) if session.user is not None else None
        match command:
            case c.Say():  # first, for nearly all commands are this one
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self._say(session, user, command, now, tag)
            case c.Help():
                return Tell(self._help(session, command))
            case c.Ping():
                return Tell(r.Pong(command.text))
            case c.Unsupported():
                return _refuse("unsupported", command.why)
            case c.Login():
                return (
                    self._login(session, command, scope, now)
                    if user is None
                    else self._login_again(user, command)
                )
            case c.Quit():
                return self._quit(command)
            case c.Pong():
                return Nothing()
            case (
                c.Deoper()
                | c.Kill()
                | c.ServerBan()
                | c.ServerUnban()
                | c.ShowServerBans()
                | c.Announce()
                | c.SetPanic()
                | c.ShowAudit()
            ):
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self.server.decide(session, user, command, now)
            case _:
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self._decide_for(session, user, command, now, tag)

    def _decide_for(
        self, session: Session, user: User, command: c.UserCommand, now: float, tag: str | None
    ) -> Decision:
        match command:
            case c.Tell():
                return self._tell(user, command.to, command.kind, command.lines, now, tag)
            case c.Answer():
                target = (
                    self._state.users.get(session.answer_to)
                    if session.answer_to is not None
                    else None
                )
                if target is None:
                    return _refuse(
                        "nobody-to-answer",
                        "there is nobody here to answer; nothing was sent; use /msg NICK TEXT",
                    )
                return self._tell(user, target.nick, "say", command.lines, now, tag)
            case c.Rename():
                return self._rename(user, command.nick)
            case c.Join():
                return self._rooms.join(user, command)
            case c.Leave():
                return self._rooms.leave(session, user, command)
            case c.Kick():
                return self._rooms.kick(session, user, command)
            case c.ShowTopic():
                return self._rooms.show_topic(session, user, command)
            case c.SetTopic():
                return self._rooms.set_topic(session, user, command)
            case c.ShowKeep():
                return self._rooms.show_keep(session, user, command)
            case c.SetKeep():
                return self._rooms.set_keep(session, user, command)
            case c.Away():
                return check_size(command.text, self._limits.max_away) or Propose(
                    e.AwaySet(command.text), claim=True
                )
            case c.Who():
                return self._who(command, now)
            case c.ListRooms():
                return Tell(rooms(self._state, command.page, self._limits.page_size))
            case c.ListAll():
                return Tell(overview(self._state, command.page, self._limits.page_size, now))
            case c.Whois():
                target = self._state.user_named(command.nick)
                if target is None:
                    return LastSeen(command.nick)
                to_operator = session.operator is not None
                return Tell(profile(self._state, target, now, to_operator=to_operator))
            case c.Ignore():
                return self._ignore(session, user, command.nick)
            case c.Unignore():
                key = command.nick.key
                if key not in session.ignored:
                    return _refuse(
                        "not-ignored",
                        f"you do not ignore {command.nick}; /ignore lists whom you do",
                    )
                done = r.Confirmed(f"you see again what {session.ignored[key]} says")
                return Tell(done, Ignoring(key, command.nick.text, hide=False))
            case c.ShowHistory():
                return self._history(session, user, command)
            case c.Search():
                return self._search(session, user, command, now)
            case c.ShowStats():
                if session.local or session.operator is not None:
                    return Survey()
                return _refuse("not-operator", _ONLY_HERE)
            case c.Oper():
                return Operate(command)

    # --- names ---

    def _login(self, session: Session, command: c.Login, scope: Scope, now: float) -> Decision:
        if refused := self.server.keep_out(session, now):
            return refused
        if command.token is not None and (ghost := self._state.user_in_scope(scope)) is not None:
            return Propose(e.Arrived(ghost.nick, scope, session.host), claim=True)
        if refused := self.server.let_in(session):
            return refused
        nick = command.nick or self._free_guest()
        if command.password is not None:
            why = f'"{nick}" is not registered, so it has no password; give the nickname alone'
            free = nick if self._state.nick_holder(nick) is None else self._free(nick)
            return Tell(r.NameRefused("no-such-account", why, free))
        holder = self._state.nick_holder(nick)
        if holder is not None:
            return Tell(r.NameRefused("nick-taken", taken(nick, holder), self._free(nick)))
        return Propose(e.Arrived(nick, scope, session.host, local=session.local), claim=True)

    def _login_again(self, user: User, command: c.Login) -> Decision:
        """A second login is a rename, as classic clients mean it."""
        if command.password is not None or command.token is not None:
            return _refuse(
                "already-logged-in",
                f"you are logged in as {user.nick} already; /nick NICK changes that name",
            )
        return self._rename(user, command.nick or self._free_guest())

    def _rename(self, user: User, nick: Nick) -> Decision:
        holder = self._state.nick_holder(nick, but=user)
        if holder is not None:
            why = taken(nick, holder)
            free = self._free(nick)
            return _refuse("nick-taken", f"{why}; try {free}" if free else why)
        if nick.text == user.nick.text:
            return _refuse("same-nick", f"you are called {nick} already; nothing was changed")
        return Propose(e.Renamed(nick), claim=True)

    def _free(self, nick: Nick) -> Nick | None:
        """Suggest a free nick like the one that is taken."""
        return next((near for near in suggest(nick) if self._state.nick_holder(near) is None), None)

    def suggestion(self, refused: r.NameRefused, nick: Nick) -> r.NameRefused:
        """Add a suggestion to a refusal that was made while applying."""
        return r.NameRefused(refused.code, refused.why, self._free(nick))

    def _free_guest(self) -> Nick:
        # Where to look first is a hint, no part of the state: a house of 5,000 guests costs one look-up, not 5,000.
        if self._next_guest > 2 * len(self._state.users) + 10:
            self._next_guest = 1
        names = ((n, guest_nick(n)) for n in itertools.count(self._next_guest))
        n, nick = next((n, nick) for n, nick in names if self._state.nick_holder(nick) is None)
        self._next_guest = n + 1
        return nick

    def _quit(self, command: c.Quit) -> Decision:
        reason = command.reason or CleanText("quit")
        return check_size(reason, self._limits.max_away) or GoodBye(reason)

    # --- talking ---

    def _say(
        self, session: Session, user: User, command: c.Say, now: float, tag: str | None
    ) -> Decision:
        if command.unless is not None and (slip := self._slip(command.unless)):
            return slip
        kind, lines = command.kind, command.lines
        room = self._room_of(session, user, command.room, to_talk=True)
        name = command.room if isinstance(room, Tell) else room.name
        # Asked first: who was cut off may send a message again before being back in its room.
        if name is not None and (before := self._sent_before(user, tag, now, name, kind, lines)):
            return before
        if isinstance(room, Tell):
            return room
        return self._bad_lines(lines) or Propose(e.Said(kind, lines), room.ref.id)

    def _slip(self, meant: Nick | RoomName) -> Tell | None:
        """Refuse what was perhaps meant for one person, if they are here, or holds the password of a locked room."""
        # By what it looks like: a letter that is no part of the name, or of another script, is one more slip.
        if isinstance(meant, Nick):
            holder = self._state.nick_holder(meant)
            if holder is None:
                return None
            what, instead = f"a private message to {holder.nick}", f"/msg {holder.nick} TEXT"
        else:
            room = self._state.room_named(meant) or self._state.lookalike(meant)
            if room is None or room.password is None:
                return None
            what, instead = f"the password of {room.name}", f"/join {room.name} PASSWORD"
        why = (
            f"that looks like {what}, mistyped; nothing was said; "
            f"write {instead}, or put // and a blank in front to say it to everybody"
        )
        return _refuse("looks-private", why)

    def _tell(
        self, user: User, to: Nick, kind: c.Kind, lines: c.Lines, now: float, tag: str | None
    ) -> Decision:
        target = self._state.user_named(to)
        # Asked first, as above: whoever was told may be gone by now.
        if before := self._sent_before(user, tag, now, to, kind, lines):
            return before
        if target is None:
            return _refuse("no-such-nick", absent(to.text))
        return self._bad_lines(lines) or Propose(e.Told(target.id, to, kind, lines))

    def _bad_lines(self, lines: c.Lines) -> Tell | None:
        size = len(lines) - 1
        for line in lines:
            size += len(line.encode("utf-8"))
        if size > self._limits.max_text:
            return _refuse("too-long", too_long(size, self._limits.max_text))
        if not any(map(str.strip, lines)):
            return _refuse("empty", "there is nothing to say; nothing was sent")
        return None

    def _sent_before(
        self,
        user: User,
        tag: str | None,
        now: float,
        to: RoomName | Nick,
        kind: c.Kind,
        lines: c.Lines,
    ) -> Repeat | Tell | None:
        """Answer a message under an id that the client used before; None if it did not."""
        if tag is None:
            return None
        sent = self._state.nonces.find(user.author.scope, tag, now)
        if sent is None:
            return None
        same = sent.digest == content(to, kind, lines)
        return Repeat(sent.message, sent.time) if same else Tell(ID_REUSED)

    # --- asking ---

    def _who(self, command: c.Who, now: float) -> Decision:
        size = self._limits.page_size
        if command.room is None:
            return Tell(people(self._state, None, command.page, size, now))
        room = self._state.room_named(command.room)
        if room is None:
            return _refuse("no-such-room", f"there is no room {command.room}; /rooms lists them")
        return Tell(people(self._state, room, command.page, size, now))

    def _ignore(self, session: Session, user: User, nick: Nick | None) -> Decision:
        if nick is None:
            return Tell(r.Ignored(tuple(session.ignored.values())))
        target = self._state.user_named(nick)
        if target is None:
            return _refuse("no-such-nick", f"{nick} is not here; {_WHO}")
        if target is user:
            return _refuse("self", "you cannot ignore yourself")
        if len(session.ignored) >= MAX_IGNORED:
            return _refuse(
                "too-many-ignored",
                f"you ignore {MAX_IGNORED} people, and that is the most; /unignore somebody first",
            )
        done = r.Confirmed(
            f"you no longer see what {target.nick} says; /unignore {target.nick} undoes that"
        )
        return Tell(done, Ignoring(target.nick.key, target.nick.text, hide=True))

    def _history(self, session: Session, user: User, command: c.ShowHistory) -> Decision:
        room = self._room_of(session, user, command.room)
        if isinstance(room, Tell):
            return room
        limit = min(command.limit or self._limits.history_lines, self._limits.max_history)
        return Recall(room.ref, command.before, command.after, limit)

    def _search(self, session: Session, user: User, command: c.Search, now: float) -> Decision:
        rooms = []
        for name in command.rooms:
            room = self._room_of(session, user, name)
            if isinstance(room, Tell):
                return room
            rooms.append(room.ref)
        if not rooms:
            rooms = [self._state.rooms[room].ref for room in user.rooms]
        if not rooms:
            why = "you are in no room, and only your rooms are searched; enter one with /join ROOM"
            return _refuse("no-room", why)
        return Seek(query_of(command, rooms, now, self._limits.max_found))

    def _help(self, session: Session, command: c.Help) -> r.Reply:
        if command.topic is None:
            specs = [
                spec
                for spec in COMMANDS.values()
                if spec.may != OPERATORS or session.operator is not None
            ]
            return r.HelpText(tuple(r.HelpLine(spec.name, spec.usage, spec.help) for spec in specs))
        name = command.topic.lstrip("/!").lower()
        spec = COMMANDS.get(name)
        if spec is None:
            near = nearest(name)
            hint = f"; did you mean {near}?" if near else "; /help lists them"
            return r.Refused("unknown-command", f'there is no command "{shown(name)}"{hint}')
        may = "" if spec.may == "anyone" else f" ({spec.may})"
        return r.HelpText((r.HelpLine(spec.name, spec.usage, spec.help + may),), one=True)
