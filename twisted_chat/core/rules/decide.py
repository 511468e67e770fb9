"""Deciding what a command asks for: the first of the two steps. It reads the state and changes nothing."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.help import explain
from twisted_chat.core.grammar.search import query_of
from twisted_chat.core.rules import private
from twisted_chat.core.rules.apply import ID_REUSED, absent_target, content
from twisted_chat.core.rules.apply_private import absent
from twisted_chat.core.rules.checks import weigh
from twisted_chat.core.rules.decide_accounts import AccountDecider
from twisted_chat.core.rules.decide_private import PrivateDecider
from twisted_chat.core.rules.decide_rooms import RoomDecider
from twisted_chat.core.rules.decide_server import ServerDecider
from twisted_chat.core.rules.decide_slips import refuse_slip
from twisted_chat.core.rules.decide_standing import StandingDecider
from twisted_chat.core.rules.decisions import (
    AdminAction,
    Decision,
    GoodBye,
    Ignoring,
    LastSeen,
    Nothing,
    Ponder,
    Propose,
    Recall,
    Repeat,
    RunSearch,
    SendReply,
    ServerStats,
)
from twisted_chat.core.rules.listings import overview, people, profile, rooms
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.refusals import check_size, hidden, shown_again, too_long
from twisted_chat.core.rules.refusals import refuse as _refuse
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.matcher import Effort
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText

#: The most people one session can ignore; a list that nobody could read any more.
MAX_IGNORED: Final = 500

#: The most turns for one command: a hundred rooms with full lists that nobody was held against take 2,500. Only if others come
#: and go meanwhile so fast that the lists forget is it decided without.
MOST_PONDERED: Final = 4000

_LOG_IN_FIRST: Final = "pick a nickname first; nothing was sent"
_ONLY_HERE: Final = (
    "only operators of this server, and who connects from the machine it runs on, may see that"
)


class Decider:
    """Decides commands against one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rooms = RoomDecider(state)
        self._room_of = self._rooms.room_of
        self.server = ServerDecider(state)
        self.accounts = AccountDecider(state, self.server)
        self.floor = self._rooms.floor
        self._private = PrivateDecider(state, self._rooms)
        self._standing = StandingDecider(state, self._rooms)

    def decide(
        self, session: SessionState, command: c.Command, now: float, tag: str | None, scope: Scope
    ) -> Decision:
        """Decide a command. ``scope`` is the public scope of the token the session has or, at login, will have."""
        user = self._state.users.get(session.user) if session.user is not None else None
        match command:
            case c.Say():  # first, for nearly all commands are this one
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self._say(session, user, command, now, tag)
            case c.Help():
                operator, new = session.operator is not None, session.user is None
                return SendReply(explain(command.topic, server_operator=operator, before_login=new))
            case c.Ping():
                return SendReply(r.Pong(command.text))
            case c.Login():
                return (
                    self.accounts.login(session, command, scope, now)
                    if user is None
                    else self._pondering(session, user, command)
                    or self.accounts.login_again(session, user, command, now)
                )
            case c.Quit():
                return self._quit(command)
            case c.Pong():
                return Nothing()
            case (
                c.Deoper()
                | c.Kill()
                | c.PutServerBan()
                | c.LiftServerBan()
                | c.ShowServerBans()
                | c.Announce()
                | c.SetPanic()
                | c.ShowAudit()
                | c.ShowAccounts()
                | c.ResetPassword()
                | c.RemoveAccount()
            ):
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self.server.decide(session, user, command, now)
            case _:
                if user is None:
                    return _refuse("not-logged-in", _LOG_IN_FIRST)
                return self._decide_for(session, user, command, now, tag)

    def _decide_for(
        self, session: SessionState, user: User, command: c.UserCommand, now: float, tag: str | None
    ) -> Decision:
        match command:
            case c.PrivateMessage():
                return self._tell(session, user, command, now, tag)
            case c.ReplyPrivately():
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
                return self._tell(
                    session, user, c.PrivateMessage(target.nick, command.lines), now, tag
                )
            case c.AskBot():
                return self._ask_bot(session, user, command, now, tag)
            case c.SetBotCommands(words=words):
                if self._state.bots.get(user.id, frozenset()) == frozenset(words):
                    return SendReply(r.Confirmed("You answer to these words already."))
                return Propose(e.BotCommandsSet(words), claim=True)
            case c.RoomCommand():
                return self._standing.decide(session, user, command, now)
            case c.Rename():
                return self._pondering(session, user, command) or self.accounts.rename(
                    user, command.nick, now
                )
            case c.Register():
                return self.accounts.register(session, user, command, now)
            case c.ChangePassword():
                return self.accounts.change_password(user, command)
            case c.DropAccount():
                return self.accounts.drop(user, command)
            case c.MakeInviteCode():
                return self.accounts.invite(session)
            case c.SetPrivacy():
                return self.accounts.privacy(user, command)
            case c.Join():
                return self._pondering(session, user, command) or self._rooms.join(
                    session, user, command, now
                )
            case c.Leave():
                return self._rooms.leave(session, user, command)
            case c.Kick():
                return self._rooms.kick(session, user, command, now)
            case c.ShowTopic():
                return self._rooms.show_topic(session, user, command)
            case c.SetTopic():
                return self._rooms.set_topic(session, user, command, now)
            case c.ShowKeep():
                return self._rooms.show_keep(session, user, command)
            case c.SetKeep():
                return self._rooms.set_keep(session, user, command, now)
            case c.Away():
                return check_size(command.text, self._state.limits.max_away) or Propose(
                    e.AwaySet(command.text), claim=True
                )
            case c.Who():
                return self._who(user, command, now)
            case c.ListRooms():
                return SendReply(
                    rooms(self._state, user, command.page, self._state.limits.page_size)
                )
            case c.ListAll():
                return SendReply(
                    overview(self._state, user, command.page, self._state.limits.page_size, now)
                )
            case c.Whois():
                target = self._state.user_named(command.nick)
                if target is None:
                    known = user.account is not None and self._state.limits.last_seen
                    return (
                        LastSeen(command.nick) if known else SendReply(absent_target(command.nick))
                    )
                to_operator = session.operator is not None
                return SendReply(profile(self._state, user, target, now, to_operator=to_operator))
            case c.Ignore():
                return self._ignore(session, user, command.nick)
            case c.Unignore():
                key = command.nick.key
                if key not in session.ignored:
                    return _refuse(
                        "not-ignored",
                        f"you do not ignore {command.nick}; /ignore lists whom you do",
                    )
                name = session.ignored[key]
                if user.account is not None:
                    return Propose(e.IgnoreSet(key, name, hide=False), claim=True)
                done = r.Confirmed(shown_again(name))
                return SendReply(done, Ignoring(key, command.nick.text, hide=False))
            case c.ShowHistory():
                return self._history(session, user, command, now)
            case c.MarkRead():
                return self._private.mark_read(session, user, command)
            case c.Search():
                return self._search(session, user, command, now)
            case c.ShowStats():
                if session.local or session.operator is not None:
                    return ServerStats()
                return _refuse("not-operator", _ONLY_HERE)
            case c.Oper():
                return AdminAction(command)

    def _pondering(self, session: SessionState, user: User, command: c.Command) -> Ponder | None:
        """Let a session wait while there is more to look at than one turn has time for."""
        if session.pondered < MOST_PONDERED and not weigh(self._state, user, command, Effort()):
            session.pondered += 1
            return Ponder(command)
        session.pondered = 0
        return None

    def _quit(self, command: c.Quit) -> Decision:
        reason = command.reason or CleanText("quit")
        return check_size(reason, self._state.limits.max_away) or GoodBye(reason)

    # --- talking ---

    def _say(
        self, session: SessionState, user: User, command: c.Say, now: float, tag: str | None
    ) -> Decision:
        if command.unless:
            for meant in command.unless:
                if slip := refuse_slip(self._state, user, meant, command):
                    return slip
        kind, lines = command.kind, command.lines
        room = self._room_of(session, user, command.room, to_talk=True)
        name = command.room if isinstance(room, SendReply) else room.name
        # Asked first: who was cut off may send a message again before being back in its room.
        if name is not None and (before := self._sent_before(session, tag, name, kind, lines)):
            return before
        if isinstance(room, SendReply):
            return room
        if room.strict and (refused := may("speak", user, room, now)):
            return SendReply(refused)
        return self._bad_lines(lines) or Propose(e.Said(kind, lines), room.ref.id)

    def _ask_bot(
        self, session: SessionState, user: User, command: c.AskBot, now: float, tag: str | None
    ) -> Decision:
        room = self._room_of(session, user, command.room, to_talk=True)
        lines = (command.line,)
        if (
            not isinstance(room, SendReply)
            and not self._state.bots.answer(room, command.word)
            # The bot may be gone since the line was sent for the first time.
            and not self._sent_before(session, tag, room.name, "say", lines)
        ):
            return _refuse("unknown-command", command.why)
        return self._say(session, user, c.Say(lines, command.room), now, tag)

    def _tell(
        self,
        session: SessionState,
        user: User,
        command: c.PrivateMessage,
        now: float,
        tag: str | None,
    ) -> Decision:
        to, kind, lines = command.to, command.kind, command.lines
        target = private.addressee(self._state, to, kind)
        # Asked first, as above: whoever was told may be gone by now.
        if before := self._sent_before(session, tag, to, kind, lines):
            return before
        if target is None:
            return SendReply(absent(to.text))
        if command.scope is not None and not private.is_meant(to, target, command.scope):
            return SendReply(private.somebody_else(to, command.scope))
        refused = private.refusal(self._state, user, target)
        if refused is not None:
            return SendReply(refused)
        number = target.id if isinstance(target, User) else private.NOT_HERE
        return self._bad_lines(lines) or Propose(e.Told(number, to, kind, lines))

    def _bad_lines(self, lines: c.Lines) -> SendReply | None:
        size = len(lines) - 1
        for line in lines:
            size += len(line.encode("utf-8"))
        if size > self._state.limits.max_text:
            return _refuse(
                "too-long", f"{too_long(size, self._state.limits.max_text)}; nothing was sent"
            )
        if not any(map(str.strip, lines)):
            return _refuse("empty", "there is nothing to say; nothing was sent")
        return None

    def _sent_before(
        self,
        session: SessionState,
        tag: str | None,
        to: RoomName | Nick,
        kind: c.Kind,
        lines: c.Lines,
    ) -> Repeat | SendReply | None:
        """Answer a message under an id that the client used before; None if it did not."""
        if tag is None:
            return None
        sent = self._state.nonces.find(session.scope, tag)
        if sent is None:
            return None
        same = sent.digest == content(to, kind, lines)
        return Repeat(sent.message, sent.time) if same else SendReply(ID_REUSED)

    # --- asking ---

    def _who(self, user: User, command: c.Who, now: float) -> Decision:
        size = self._state.limits.page_size
        if command.room is None:
            return SendReply(people(self._state, None, command.page, size, now))
        room = self._state.room_named(command.room)
        outside = room is not None and user.id not in room.members
        if room is None or (outside and room.settings.private):
            return _refuse("no-such-room", f"there is no room {command.room}; /rooms lists them")
        if outside and room.closed:
            return _refuse("not-in-room", f"who is in {room.name} is for those who are in it")
        return SendReply(people(self._state, room, command.page, size, now))

    def _ignore(self, session: SessionState, user: User, nick: Nick | None) -> Decision:
        if nick is None:
            return SendReply(r.Ignored(tuple(session.ignored.values())))
        target = self._state.user_named(nick)
        if target is None:
            return SendReply(absent_target(nick))
        if target is user:
            return _refuse("self", "you cannot ignore yourself")
        if len(session.ignored) >= MAX_IGNORED:
            return _refuse(
                "too-many-ignored",
                f"you ignore {MAX_IGNORED} people, and that is the most; /unignore somebody first",
            )
        if user.account is not None:
            return Propose(e.IgnoreSet(target.nick.key, target.nick.text, hide=True), claim=True)
        done = r.Confirmed(hidden(target.nick.text))
        return SendReply(done, Ignoring(target.nick.key, target.nick.text, hide=True))

    def _history(
        self, session: SessionState, user: User, command: c.ShowHistory, now: float
    ) -> Decision:
        limit = min(
            command.limit or self._state.limits.history_lines, self._state.limits.max_history
        )
        if command.partner is not None:
            return self._private.history(user, command.partner, command, limit)
        room = self._room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        floor = self._rooms.floor(user, room, now)
        return Recall(room.ref, command.before, command.after, limit, floor)

    def _search(self, session: SessionState, user: User, command: c.Search, now: float) -> Decision:
        rooms = []
        for name in command.rooms:
            room = self._room_of(session, user, name)
            if isinstance(room, SendReply):
                return room
            rooms.append(room)
        if not rooms:
            rooms = [self._state.rooms[room] for room in user.rooms]
        if not rooms:
            why = "you are in no room, and only your rooms are searched; enter one with /join ROOM"
            return _refuse("no-room", why)
        floors = [(room.ref.id, self._rooms.floor(user, room, now)) for room in rooms]
        query = query_of(command, [room.ref for room in rooms], now, self._state.limits.max_found)
        return RunSearch(replace(query, floors=tuple(each for each in floors if each[1])))
