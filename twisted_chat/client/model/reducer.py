"""What each event means for the picture."""

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
from twisted_chat.client.model.state import Picture
from twisted_chat.dialects.wording import events as say
from twisted_chat.dialects.wording import replies as told
from twisted_chat.dialects.wording.words import because

# What the server says to everybody who comes, and the picture shows anyway.
_KNOWN: Final = frozenset(("greeting", "hint", "focus"))


def hear(picture: Picture, event: ev.Event, now: float) -> bool:
    """Let an event change the picture; say whether it calls for the user, who does not see it. Time is in seconds since 1970.

    What only tells something, and changes nothing, is not for here: who draws the picture tells it.
    """
    picture.revision += 1
    if not isinstance(event, ev.Message):
        picture.bound_people()
    match event:
        case ev.Message():
            return _said(picture, event)
        case ev.Page(tag=tag, messages=messages, more=more, partner=partner):
            # Who is called otherwise now is still the same person.
            between = None if partner is None else picture.private(partner)
            for message in messages:
                _said(picture, message, replay=True, where=between)
            picture.loaded(tag, more=more)
        case ev.Sending():
            where = _where(picture, event.room, event.to)
            picture.sent(event.tag, where, event.kind, "\n".join(event.lines), event.time or now)
        case ev.Ack(tag=str(tag), message=message, time=time):
            picture.acked(tag, message, time or now)
        case ev.Refused(room=str(room), code="password-needed"):
            picture.tell((told.password_needed(f"#{room}"),), now, "error")
        case ev.Refused(tag=tag):
            picture.loaded(tag, more=True)
            if not picture.refused(tag, event.text):
                picture.tell((event.text,), now, "error")
        case ev.HandedBack(tag=tag, to=to):
            if not picture.refused(tag, event.text):
                picture.tell((event.text,), now, "error", picture.private(to).key)
        case ev.Undone():
            picture.tell((event.text or f"{event.what}: the connection was lost",), now, "error")
        case ev.Announcement():
            text = say.announced(event.sender, event.text)
            picture.add(picture.shown, Line("event", text, event.time or now, id=event.id))
            return True
        case ev.Notice(code=code) if code not in _KNOWN:
            picture.tell(event.lines, now)
        case ev.Missed():
            picture.tell(event.lines, now)
        case ev.Invited(sender=sender, room=room):
            picture.tell((told.invitation(sender, f"#{room}"),), now)
            return True
        case ev.Welcome(nick=nick):
            picture.nick = nick
            picture.connected("online")
            picture.tell(event.lines, now, key=SERVER)
        case ev.Connecting():
            picture.connected("connecting")
        case ev.Offline(why=why, again=again):
            picture.connected("offline", why, again)
            _no_connection(picture, f"no connection: {why}", now, final=again is None)
        case ev.NameRefused():
            picture.connected("offline", "a nickname is needed")
        case ev.Lag(seconds=seconds):
            picture.lag = seconds
        case ev.Focus(focus=focus):
            picture.focus = None if focus is None else room_key(focus)
            if picture.focus is not None:
                picture.entered(picture.focus)
        case _:
            _changed(picture, event, now)
    return False


def _changed(picture: Picture, event: ev.Event, now: float) -> None:
    match event:
        case ev.Entered(room=room):
            conversation = picture.room(room)
            conversation.enter(event.names, event.count)
            conversation.topic = event.topic
            picture.focus = conversation.key
            picture.entered(conversation.key)
            picture.tell(told.bots_here(event.bot_commands), now, key=conversation.key)
        case ev.BotCommands():
            picture.tell(event.lines, now)
        case ev.Gone(room=room, focus=focus):
            picture.close(room_key(room))
            picture.focus = None if focus is None else room_key(focus)
        case ev.HistoryEnd(more=more):
            conversation = _where(picture, event.room or None, event.partner)
            conversation.buffer.more = more
            conversation.caught_up()
        case ev.WaitingStart():
            picture.delivers = True
        case ev.WaitingEnd():
            picture.delivers = False
        case ev.ReadUpTo(room=str(room), message=message):
            picture.read_up_to(room_key(room), message)
        case ev.ReadUpTo(partner=str(partner), message=message):
            picture.read_up_to(private_key(partner), message)
        case ev.Who():
            _people(picture, event)
        case ev.Joined() | ev.Left() | ev.Quit() | ev.Gathered() | ev.Kicked() | ev.Renamed():
            _came_or_went(picture, event, now)
        case ev.Away(sender=sender, away=away):
            picture.know_away(sender, event.text if away else None)
        case ev.Topic(room=room, sender=sender):
            conversation = picture.room(room)
            conversation.topic = event.text
            _event(picture, conversation, event, say.topic_set(sender or "", event.text))
        case ev.ShownTopic(room=room):
            picture.room(room).topic = event.text
            picture.tell((told.shown_topic(f"#{room}", event.text, event.sender),), now)
        case ev.Retention():
            picture.tell(event.lines, now)
        case ev.Forgotten(account=str(account), room=room, everywhere=everywhere):
            picture.forget(account, None if everywhere else room)
            _event(picture, _where(picture, room, None), event, event.text)
        case ev.Role(room=room, to=to, role=role, given=given):
            conversation = picture.room(room)
            conversation.give_role(to, role, given=given)
            _event(picture, conversation, event, event.text)
        case ev.Changed(room=str(room), out=out, kind=kind):
            conversation = picture.room(room)
            _event(picture, conversation, event, event.text)
            for nick in out:
                conversation.go(nick)
            if kind == "drop" or any(picture.is_me(nick) for nick in out):
                conversation.leave()
        case ev.Changed():
            picture.tell(event.lines, event.time or now, "event")
        case _:
            pass


def _no_connection(picture: Picture, text: str, now: float, *, final: bool) -> None:
    """Tell why, once for all tries that end alike; in sight of the user, if there is no further one."""
    before = picture.conversations[SERVER].buffer.lines
    if not before or before[-1].text != text:
        picture.tell((text,), now, "error", SERVER)
        if final and picture.view != SERVER:
            picture.tell((text,), now, "error")


def _said(
    picture: Picture,
    event: ev.Message,
    *,
    replay: bool = False,
    where: Conversation | None = None,
) -> bool:
    own = picture.is_me(event.sender)
    other = event.to if own else event.sender
    where = where or _where(picture, event.room, None if event.room else other)
    text = "\n".join(event.lines)
    line = Line(
        event.kind,
        text,
        event.time,
        id=event.id,
        nick=event.sender,
        own=own,
        mention=not own and picture.mentions(text),
        tag=(event.nonce or "") if own else "",
    )
    # What waited for the account was said earlier too, but it comes now for the first time.
    replay = replay or (event.replay and not picture.delivers)
    return picture.add(where, line, replay=replay) and not replay


def _where(picture: Picture, room: str | None, to: str | None) -> Conversation:
    if room is not None:
        return picture.room(room)
    return picture.private(to) if to is not None else picture.shown


def _came_or_went(picture: Picture, event: ev.Event, now: float) -> None:
    match event:
        case ev.Joined(sender=sender, room=room, id=message, time=time):
            conversation = picture.room(room)
            if conversation.come(sender):
                _presence(
                    picture, conversation, sender, say.joined(sender), message, time, came=True
                )
        case ev.Left(sender=sender, room=room, id=message, time=time, reason=reason):
            conversation = picture.room(room)
            if conversation.go(sender):
                text = f"{say.left(sender)}{because(reason)}"
                _presence(picture, conversation, sender, text, message, time)
        case ev.Quit(sender=sender, id=message, time=time, reason=reason):
            picture.away.pop(nick_key(sender), None)
            text = f"{say.departed(sender)}{because(reason)}"
            for conversation in list(picture.conversations.values()):
                if nick_key(sender) in conversation.members:
                    conversation.go(sender)
                    _presence(picture, conversation, sender, text, message, time)
        case ev.Gathered(room=room, joined=joined, left=left, count=count):
            conversation = picture.room(room)
            for nick in joined:
                conversation.come(nick)
            for nick in left:
                conversation.go(nick)
            conversation.name_members((), count)
            if joined or left:
                picture.add(
                    conversation, Line("presence", "", now, came=tuple(joined), went=tuple(left))
                )
        case ev.Kicked(sender=sender, to=to, room=room, reason=reason):
            conversation = picture.room(room)
            conversation.go(to)
            _event(picture, conversation, event, f"{say.kicked(sender, to)}{because(reason)}")
            if picture.is_me(to):
                conversation.leave()
        case ev.Renamed(sender=sender, nick=nick, id=message, time=time, account=account):
            whose = picture.accounts.get(nick_key(sender)) if account is None else account
            picture.know_account(sender, None)
            picture.know_account(nick, whose)
            _renamed(picture, sender, nick, message, time)
        case _:  # pragma: no cover (the caller names the cases)
            raise AssertionError(event)


def _presence(
    picture: Picture,
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
    picture.add(conversation, line)


def _renamed(picture: Picture, before: str, after: str, message: str, time: float) -> None:
    if picture.is_me(before):
        picture.nick = after
    if nick_key(before) in picture.away:
        picture.away[nick_key(after)] = picture.away.pop(nick_key(before))
    private = picture.rename_private(before, after)
    if before == after:
        return  # they logged in to their account, and are called what they were
    for conversation in list(picture.conversations.values()):
        if conversation.rename(before, after) or conversation is private:
            line = Line("presence", say.renamed(before, after), time, id=message, nick=after)
            picture.add(conversation, line)


def _people(picture: Picture, event: ev.Who) -> None:
    for person in event.users:
        picture.know_account(person.nick, person.account)
        picture.know_away(person.nick, person.away)
    if event.room is not None:
        conversation = picture.room(event.room)
        conversation.name_members(
            (Member(person.nick, person.roles) for person in event.users), event.count
        )


def _event(picture: Picture, conversation: Conversation, event: ev.Placed, text: str) -> None:
    picture.add(conversation, Line("event", text, event.time, id=event.id))
