"""Messages in rooms, and the words that bots answer to."""

from __future__ import annotations

import re
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Sent
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, Propose, Repeat, SendReply
from twisted_chat.core.rules.outcomes import (
    NOT_IN_ROOM,
    Applied,
    Duplicate,
    InRoom,
    Near,
    Outcome,
    Rejected,
)
from twisted_chat.core.rules.permissions import OPERATORS, heard_in, may_say
from twisted_chat.core.rules.refusals import refuse, too_long
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic, room_of
from twisted_chat.core.state.bot_commands import MAX_BOTS
from twisted_chat.core.state.dedup import digest
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick, RoomName

_ID_REUSED: Final = Refused(
    "id-reused",
    "This id was already used for another message. The message was not sent. Give each message its own id.",
)
_TOO_MANY_BOTS: Final = Refused(
    "too-many-bots",
    f"There are already {MAX_BOTS} bots with commands of their own, which is the maximum. Nothing was changed.",
)

# "join ROOM PASSWORD", behind any mark: a blank is in none of the three, and what may part them is in neither of the first two.
_PARTED: Final = r"\s,:\uff0c\uff1a\ufe50\ufe55"
_WORDS: Final = re.compile(
    rf"\W*\w[^{_PARTED}]*[{_PARTED}]+[^{_PARTED}]+[{_PARTED}]+[^{_PARTED}]\S*\s*"
)

#: What follows from nearly all lines, made once.
_LINE: Final[f.Effects] = (f.ShowLine(),)


class Messages(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.Say: self._say,
            c.AskBot: self.ask_bot,
            c.SetBotCommands: self.set_bot_commands,
        }
        self.events = {
            e.Said: Rule(self._said),
            e.BotCommandsSet: Rule(self.bot_commands_set, self.check_bot_commands_set),
        }

    # --- saying something ---

    def _say(self, asked: Asked, command: c.Say) -> Decision:
        return self.say(asked.session, asked.user, command, asked.now, asked.tag)

    def say(
        self, session: SessionState, user: User, command: c.Say, now: float, tag: str | None
    ) -> Decision:
        """Decide the most frequent command: the hub calls this directly, without the usual arguments."""
        if command.unless:
            for meant in command.unless:
                if typo := _refuse_typo(self.state, user, meant, command):
                    return typo
        kind, lines = command.kind, command.lines
        room = room_of(self.state, session, user, command.room, to_talk=True)
        if tag is not None:
            # Asked first: a client that lost its connection may send a message again before it is back in the room.
            name = command.room if isinstance(room, SendReply) else room.name
            before = sent_before(self.state, session, tag, name, kind, lines, command.extras)
            if before is not None:
                return before
        if isinstance(room, SendReply):
            return room
        if room.strict and (refused := may_say(kind, user, room, now)):
            return SendReply(refused)
        return bad_lines(self.state, lines, command.extras) or Propose(
            e.Said(kind, lines, command.extras), room.ref.id
        )

    def _said(self, it: Ordered, event: e.Said) -> Outcome:
        return self.said(it.message, it.proposal, it.user, event)

    def said(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Said) -> Outcome:
        """Apply the most frequent event, called in the same way."""
        room = self.state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or (user.id not in room.members and not room.settings.outside):
            return Rejected(proposal, NOT_IN_ROOM)
        origin = proposal.origin
        if room.strict and (refused := self._strictly(proposal, user, room, event.kind)):
            return refused
        author = user.sessions[origin.node, origin.session]
        effects = _LINE
        if origin.tag is not None or user.idled or event.kind != "say" or event.extras is not None:
            sent = remember(self.state, message, proposal, author, room.name, event)
            if isinstance(sent, Rejected):
                return sent
            effects = _follow(room, user, event, sent)
        user.spoke = proposal.time
        if room.strict and room.settings.slow:
            _note_spoken(room, user, proposal.time)
        return Applied(
            e.Envelope(message, proposal.time, event, origin, author, room.ref),
            InRoom(room.ref.id),
            effects=effects,
        )

    def _strictly(
        self, proposal: e.Proposal, user: User, room: Room, kind: c.Kind
    ) -> Rejected | None:
        """Reject what a user may not say now. A message that was said before under the same id is not checked."""
        tag = proposal.origin.tag
        if tag is not None and self.state.client_ids.find(user.scope, tag) is not None:
            return None
        why = may_say(kind, user, room, proposal.time)
        return Rejected(proposal, why) if why is not None else None

    # --- bots ---

    def ask_bot(self, asked: Asked, command: c.AskBot) -> Decision:
        session, user, tag = asked.session, asked.user, asked.tag
        room = room_of(self.state, session, user, command.room, to_talk=True)
        lines = (command.line,)
        if (
            not isinstance(room, SendReply)
            and not self.state.bots.answer(room, command.word)
            # The bot may be gone since the line was sent for the first time.
            and not sent_before(self.state, session, tag, room.name, "say", lines)
        ):
            return refuse("unknown-command", command.why)
        return self.say(session, user, c.Say(lines, command.room), asked.now, tag)

    def set_bot_commands(self, asked: Asked, command: c.SetBotCommands) -> Decision:
        words = command.words
        if self.state.bots.get(asked.user.id, frozenset()) == frozenset(words):
            return SendReply(r.Confirmed("You already answer to these words."))
        return self.propose(asked, e.BotCommandsSet(words))

    def check_bot_commands_set(self, case: Case, event: e.BotCommandsSet) -> Refused | None:
        bots = self.state.bots
        full = event.words and case.user.id not in bots and len(bots) >= MAX_BOTS
        return _TOO_MANY_BOTS if full else None

    def bot_commands_set(self, it: Ordered, event: e.BotCommandsSet) -> Outcome:
        if event.words:
            self.state.bots[it.user.id] = frozenset(event.words)
        else:
            self.state.bots.pop(it.user.id, None)
        return it.applied(Near(heard_in(self.state, it.user, it.now), author=True))


def bad_lines(state: State, lines: c.Lines, extras: Extras | None) -> SendReply | None:
    """Refuse a message that is too long, or empty."""
    if extras is not None and not lines and extras.tags:
        return None
    size = len(lines) - 1
    for line in lines if extras is None else extras.formatted or lines:
        size += len(line.encode("utf-8"))
    if size > state.limits.max_text:
        return refuse(
            "too-long", f"{too_long(size, state.limits.max_text)} The message was not sent."
        )
    if not any(map(str.strip, lines)):
        return refuse("empty", "The message is empty, so it was not sent.")
    return None


def sent_before(
    state: State,
    session: SessionState,
    tag: str | None,
    to: RoomName | Nick | None,
    kind: c.Kind,
    lines: c.Lines,
    extras: Extras | None = None,
) -> Repeat | SendReply | None:
    """Acknowledge again a message whose id the client used before; return None if it is new."""
    if tag is None or to is None:
        return None
    sent = state.client_ids.find(session.scope, tag)
    if sent is None:
        return None
    same = sent.digest == content(to, kind, lines, extras)
    return Repeat(sent.message, sent.time) if same else SendReply(_ID_REUSED)


def remember(
    state: State,
    message: MessageId,
    proposal: e.Proposal,
    author: e.Author,
    to: Nick | RoomName,
    event: e.Said | e.Told,
) -> Rejected | Sent | None:
    """Reject a message whose id the client used before; otherwise remember the id, if any, and return what is remembered."""
    tag = proposal.origin.tag
    if tag is None:
        return None
    client_ids, scope = state.client_ids, author.scope
    mark = content(to, event.kind, event.lines, event.extras)
    sent = client_ids.find(scope, tag)
    if sent is not None:
        return Rejected(
            proposal, Duplicate(sent.message, sent.time) if sent.digest == mark else _ID_REUSED
        )
    sent = Sent(mark, message, proposal.time)
    client_ids.remember(scope, tag, sent)
    return sent


def content(
    to: Nick | RoomName, kind: c.Kind, lines: c.Lines, extras: Extras | None = None
) -> bytes:
    """Digest what a client said, and to whom; by name, so that a message sent again after a lost connection has the same digest.

    The room may have been deleted and created again in the meantime, and the recipient may have left and come back.
    """
    rest = () if extras is None else (repr(extras),)
    return digest(type(to).__name__, to.key, kind, *lines, *rest)


def _follow(room: Room, user: User, event: e.Said, sent: Sent | None) -> f.Effects:
    """Return the effects of a message that is not an ordinary line."""
    only = None
    if event.extras is not None and event.extras.operators:
        members = room.members.items()
        only = tuple(each for each, roles in members if roles & OPERATORS or each == user.id)
    return f.ShowLine(sent, only is None and is_kept(event), only), *come_back(user)


def come_back(user: User) -> f.Effects:
    """Return the effects of a message from a user whom the server had marked as away."""
    return (f.ComeBack(user.id),) if user.idled else ()


def is_kept(event: e.Said | e.Told) -> bool:
    """Return whether a message belongs in the history; requests between programs do not, and tags only if they last."""
    if event.kind == "tags":
        return event.extras is not None and event.extras.lasts
    return event.kind not in c.BETWEEN_PROGRAMS


def _note_spoken(room: Room, user: User, time: float) -> None:
    """Note that a user spoke in a slow room, and forget those for whom it no longer matters."""
    room.spoke.pop(user.invitation, None)
    room.spoke[user.invitation] = time
    # The user who spoke longest ago is first. However many there are, each is looked at once.
    while (first := next(iter(room.spoke.items())))[1] + room.settings.slow <= time:
        del room.spoke[first[0]]


def _refuse_typo(
    state: State, user: User, meant: Nick | RoomName, command: c.Say
) -> SendReply | None:
    """Refuse a message that was perhaps meant for one person, or that may contain the password of a locked room."""
    # By what it looks like: a letter that is no part of the name, or of another script, is one more slip.
    if isinstance(meant, Nick):
        holder = state.in_the_way(meant)
        if holder is None:
            return None
        who = holder.nick if isinstance(holder, User) else holder.name
        what, instead = f"private message to {who}", f"/msg {who} TEXT"
    else:
        room = state.room_named(meant) or state.lookalike(meant)
        if room is None or (room.settings.private and user.id not in room.members):
            # Whether it is there is not for everybody to know: what can be a password is none of a room that is not, either.
            if _WORDS.fullmatch(" ".join(command.lines)) is None:
                return None
            name = meant
        elif room.password is None:
            return None
        else:
            name = room.name
        what, instead = f"command with the password of {name}", f"/join {name} PASSWORD"
    way = (
        c.SAY_LITERALLY
        if command.program
        else f"Type {instead}, or put // and a space in front to say it to everyone."
    )
    return refuse("looks-private", f"That looks like a mistyped {what}. It was not sent. {way}")
