"""What each event means for the state."""

from __future__ import annotations

from typing import Final

from twisted_chat.client import events as ev
from twisted_chat.client.model.conversation import (
    SERVER,
    Conversation,
    Member,
    nick_key,
    private_key,
    room_key,
)
from twisted_chat.client.model.lines import Line
from twisted_chat.client.model.state import ClientState
from twisted_chat.dialects.wording import events as say
from twisted_chat.dialects.wording import replies as told
from twisted_chat.dialects.wording.words import because

# What the server says to everyone at login, and the state shows anyway.
_KNOWN: Final = frozenset(("greeting", "hint", "focus"))


def reduce(state: ClientState, event: ev.Event, now: float) -> bool:
    """Change the state by an event; return whether to alert the user, who does not see it. Time is in seconds since 1970.

    Events that change nothing are not handled here, but where the state is drawn.
    """
    state.revision += 1
    if not isinstance(event, ev.Message):
        state.bound_people()
    match event:
        case ev.Message():
            return _said(state, event)
        case ev.Page(tag=tag, messages=messages, more=more, partner=partner):
            # A person with a new nick is still the same person.
            between = None if partner is None else state.private(partner)
            for message in messages:
                _said(state, message, replay=True, where=between)
            state.loaded(tag, more=more)
        case ev.Sending():
            where = _where(state, event.room, event.to)
            state.sent(event.tag, where, event.kind, "\n".join(event.lines), event.time or now)
        case ev.Ack(tag=str(tag), message=message, time=time):
            state.acked(tag, message, time or now)
        case ev.Refused(room=str(room), code="password-needed"):
            state.tell((told.password_needed(f"#{room}"),), now, "error")
        case ev.Refused(tag=tag):
            state.loaded(tag, more=True)
            if not state.refused(tag, event.text):
                state.tell((event.text,), now, "error")
        case ev.HandedBack(tag=tag, to=to):
            if not state.refused(tag, event.text):
                state.tell((event.text,), now, "error", state.private(to).key)
        case ev.Undone():
            lost = f"{event.what}: the connection was lost before the answer; it may or may not have been done."
            state.tell((event.text or lost,), now, "error")
        case ev.Announcement():
            text = say.announced(event.sender, event.text)
            state.add(state.shown, Line("event", text, event.time or now, id=event.id))
            return True
        case ev.Notice(code=code) if code not in _KNOWN:
            state.tell(event.lines, now)
        case ev.Missed():
            state.tell(event.lines, now)
        case ev.Invited(sender=sender, room=room):
            state.tell((say.invited_you(sender, f"#{room}"),), now)
            return True
        case ev.Welcome(nick=nick):
            state.nick = nick
            state.connected("online")
            state.tell(event.lines, now, key=SERVER)
        case ev.Connecting():
            state.connected("connecting")
        case ev.Offline(why=why, again=again):
            state.connected("offline", why, again)
            _no_connection(state, f"Not connected: {why}", now, final=again is None)
        case ev.NameRefused():
            state.connected("offline", "a nickname is needed")
        case ev.Lag(seconds=seconds):
            state.lag = seconds
        case ev.Focus(focus=focus):
            state.focus = None if focus is None else room_key(focus)
            if state.focus is not None:
                state.entered(state.focus)
        case _:
            _changed(state, event, now)
    return False


def _changed(state: ClientState, event: ev.Event, now: float) -> None:
    match event:
        case ev.Entered(room=room):
            conversation = state.room(room)
            conversation.enter(event.names, event.count)
            conversation.topic = event.topic
            state.focus = conversation.key
            state.entered(conversation.key)
            state.tell(told.bots_here(event.bot_commands), now, key=conversation.key)
        case ev.BotCommands():
            state.tell(event.lines, now)
        case ev.Gone(room=room, focus=focus):
            state.close(room_key(room))
            state.focus = None if focus is None else room_key(focus)
        case ev.HistoryEnd(more=more):
            conversation = _where(state, event.room or None, event.partner)
            conversation.buffer.more = more
            conversation.caught_up()
        case ev.WaitingStart():
            state.delivers = True
        case ev.WaitingEnd():
            state.delivers = False
        case ev.ReadUpTo(room=str(room), message=message):
            state.read_up_to(room_key(room), message)
        case ev.ReadUpTo(partner=str(partner), message=message):
            state.read_up_to(private_key(partner), message)
        case ev.Who():
            _people(state, event)
        case ev.Joined() | ev.Left() | ev.Quit() | ev.Gathered() | ev.Kicked() | ev.Renamed():
            _came_or_went(state, event, now)
        case ev.RealName(sender=sender):
            if state.is_me(sender):
                state.tell((say.real_name_set(event.text),), now)
        case ev.SelfChanged():
            state.tell(event.lines, now)
        case ev.Away(sender=sender, away=away):
            state.know_away(sender, event.text if away else None)
        case ev.Topic(room=room, sender=sender):
            conversation = state.room(room)
            conversation.topic = event.text
            _event(state, conversation, event, say.topic_set(sender or "", event.text))
        case ev.ShownTopic(room=room):
            state.room(room).topic = event.text
            state.tell((told.shown_topic(f"#{room}", event.text, event.sender),), now)
        case ev.Retention():
            state.tell(event.lines, now)
        case ev.Forgotten(account=str(account), room=room, everywhere=everywhere):
            state.forget(account, None if everywhere else room)
            _event(state, _where(state, room, None), event, event.text)
        case ev.MessageDeleted(message=message, room=room, to=to, sender=sender):
            where = _where(state, room, None if room else sender if state.is_me(to or "") else to)
            where.forget(lambda line: line.id == message)
            _event(state, where, event, event.text)
        case ev.Role(room=room, to=to, role=role, given=given):
            conversation = state.room(room)
            conversation.give_role(to, role, given=given)
            _event(state, conversation, event, event.text)
        case ev.RoomRenamed(room=str(room), name=name):
            _event(state, state.rename_room(room, name) or state.room(name), event, event.text)
        case ev.Changed(room=str(room), out=out, kind=kind):
            conversation = state.room(room)
            _event(state, conversation, event, event.text)
            for nick in out:
                conversation.go(nick)
            if kind == "drop" or any(state.is_me(nick) for nick in out):
                conversation.leave()
        case ev.Changed():
            state.tell(event.lines, event.time or now, "event")
        case _:
            pass


def _no_connection(state: ClientState, text: str, now: float, *, final: bool) -> None:
    """Tell why, once for all tries that end alike; in sight of the user, if there is no further one."""
    before = state.conversations[SERVER].buffer.lines
    if not before or before[-1].text != text:
        state.tell((text,), now, "error", SERVER)
        if final and state.view != SERVER:
            state.tell((text,), now, "error")


def _said(
    state: ClientState,
    event: ev.Message,
    *,
    replay: bool = False,
    where: Conversation | None = None,
) -> bool:
    own = state.is_me(event.sender)
    other = event.to if own else event.sender
    where = where or _where(state, event.room, None if event.room else other)
    text = "\n".join(event.lines)
    if event.operators:
        text = f"(operators) {text}"
    line = Line(
        event.kind,
        text,
        event.time,
        id=event.id,
        nick=event.sender,
        own=own,
        mention=not own and state.mentions(text),
        tag=(event.nonce or "") if own else "",
    )
    # What waited for the account was said earlier too, but it comes now for the first time.
    replay = replay or (event.replay and not state.delivers)
    return state.add(where, line, replay=replay) and not replay


def _where(state: ClientState, room: str | None, to: str | None) -> Conversation:
    if room is not None:
        return state.room(room)
    return state.private(to) if to is not None else state.shown


def _came_or_went(state: ClientState, event: ev.Event, now: float) -> None:
    match event:
        case ev.Joined(sender=sender, room=room, id=message, time=time):
            conversation = state.room(room)
            if conversation.come(sender):
                _presence(state, conversation, sender, say.joined(sender), message, time, came=True)
        case ev.Left(sender=sender, room=room, id=message, time=time, reason=reason):
            conversation = state.room(room)
            if conversation.go(sender):
                text = f"{say.left(sender)}{because(reason)}"
                _presence(state, conversation, sender, text, message, time)
        case ev.Quit(sender=sender, id=message, time=time, reason=reason):
            state.away.pop(nick_key(sender), None)
            text = f"{say.departed(sender)}{because(reason)}"
            for conversation in list(state.conversations.values()):
                if nick_key(sender) in conversation.members:
                    conversation.go(sender)
                    _presence(state, conversation, sender, text, message, time)
        case ev.Gathered(room=room, joined=joined, left=left, count=count):
            conversation = state.room(room)
            for nick in joined:
                conversation.come(nick)
            for nick in left:
                conversation.go(nick)
            conversation.name_members((), count)
            if joined or left:
                state.add(
                    conversation, Line("presence", "", now, came=tuple(joined), went=tuple(left))
                )
        case ev.Kicked(sender=sender, to=to, room=room, reason=reason):
            conversation = state.room(room)
            conversation.go(to)
            _event(state, conversation, event, f"{say.kicked(sender, to)}{because(reason)}")
            if state.is_me(to):
                conversation.leave()
        case ev.Renamed(sender=sender, nick=nick, id=message, time=time, account=account):
            whose = state.accounts.get(nick_key(sender)) if account is None else account
            state.know_account(sender, None)
            state.know_account(nick, whose)
            _renamed(state, sender, nick, message, time)
        case _:  # pragma: no cover (the caller names the cases)
            raise AssertionError(event)


def _presence(
    state: ClientState,
    conversation: Conversation,
    nick: str,
    text: str,
    message: str,
    time: float,
    *,
    came: bool = False,
) -> None:
    """Show that somebody came or went; folded, if they were silent."""
    line = Line("presence", text, time, id=message, nick=nick)
    if conversation.is_silent(nick, time):
        who = (nick,)
        line = Line(
            "presence",
            "",
            time,
            id=message,
            nick=nick,
            came=who if came else (),
            went=() if came else who,
        )
    state.add(conversation, line)


def _renamed(state: ClientState, before: str, after: str, message: str, time: float) -> None:
    if state.is_me(before):
        state.nick = after
    if nick_key(before) in state.away:
        state.away[nick_key(after)] = state.away.pop(nick_key(before))
    private = state.rename_private(before, after)
    if before == after:
        return  # they logged in to their account, and are called what they were
    for conversation in list(state.conversations.values()):
        if conversation.rename(before, after) or conversation is private:
            line = Line("presence", say.renamed(before, after), time, id=message, nick=after)
            state.add(conversation, line)


def _people(state: ClientState, event: ev.Who) -> None:
    for person in event.users:
        state.know_account(person.nick, person.account)
        state.know_away(person.nick, person.away)
    if event.room is not None:
        conversation = state.room(event.room)
        conversation.name_members(
            (Member(person.nick, person.roles) for person in event.users), event.count
        )


def _event(state: ClientState, conversation: Conversation, event: ev.Placed, text: str) -> None:
    state.add(conversation, Line("event", text, event.time, id=event.id))
