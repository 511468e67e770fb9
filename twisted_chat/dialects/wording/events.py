"""Events as sentences. Names and texts are inserted as they are given; an empty ``room`` means the room in which it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from twisted_chat.core.api import events as e
from twisted_chat.core.values.about import UserChange, UserSetting
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.dialects.wording.words import because, sentence, some

#: How a sentence goes on, after the author, for each setting: off, then on.
_SET: Final[dict[Setting, tuple[str, str]]] = {
    "topic-lock": (
        "allowed everyone to set the topic of {}",
        "allowed only operators to set the topic of {}",
    ),
    "private": ("made {} public again", "made {} private: only its members see it in lists"),
    "invite-only": ("opened {} to everyone again", "made {} invite-only"),
    "moderated": (
        "allowed everyone to speak in {} again",
        "made {} moderated: only people with a role can speak",
    ),
    "slow": (
        "turned slow mode off in {}",
        "turned slow mode on in {}: {} between two lines of one person",
    ),
    "visibility": (
        "made the whole history of {} visible to everyone",
        "made the history of {} visible to people from the time they joined",
    ),
    "limit": ("removed the member limit of {}", "limited {} to {} members"),
    "outside": (
        "allowed only members to speak in {} again",
        "allowed people to speak in {} without entering it",
    ),
    "no-ctcp": (
        "allowed requests from programs (CTCP) in {} again",
        "forbade requests from programs (CTCP) in {}",
    ),
    "accounts-only": (
        "allowed guests to enter {} again",
        "allowed only people with an account to enter {}",
    ),
    "accounts-speak": (
        "allowed guests to speak in {} again",
        "allowed only people with an account or a role to speak in {}",
    ),
}


#: What is said of each setting of one's own user: off, then on.
_ABOUT: Final[dict[UserSetting, tuple[str, str]]] = {
    "bot": ("You are not shown as a bot.", "You are shown as a bot."),
    "hidden": (
        "Everyone sees you in lists.",
        "Only people who share a room with you see you in lists.",
    ),
    "no-ctcp": (
        "Other people's programs can send requests to yours (CTCP).",
        "Other people's programs cannot send requests to yours (CTCP).",
    ),
    "wallops": (
        "You do not receive messages between server operators.",
        "You receive messages between server operators.",
    ),
}


def joined(who: str, room: str = "") -> str:
    return f"{who} joined {room}".rstrip()


def left(who: str, room: str = "") -> str:
    return f"{who} left {room}".rstrip()


def departed(who: str) -> str:
    return f"{who} left the chat"


def gathered(came: Sequence[str], went: Sequence[str], room: str) -> str:
    """Say who came to and went from a crowded room; nothing if nobody did."""
    parts = [
        f"{len(names):,} {verb} {room}: {some(names)}"
        for names, verb in ((came, "joined"), (went, "left"))
        if names
    ]
    return "; ".join(parts)


def renamed(who: str, nick: str) -> str:
    return f"{who} is now called {nick}"


def kicked(who: str, nick: str, room: str = "the room") -> str:
    return f"{who} removed {nick} from {room}"


def topic_set(who: str, topic: str, room: str = "") -> str:
    return (
        f"{who} set the topic{_of(room)}: {topic}"
        if topic
        else f"{who} cleared the topic{_of(room)}"
    )


def profile_changed(who: str, changes: Sequence[tuple[str, str | None]], room: str = "") -> str:
    """Say what somebody changed in the profile of a room or, without one, in their own."""
    of = f"the profile of {room}" if room else "their profile"
    parts = [
        f"set {key} in {of} to: {value}" if value is not None else f"removed {key} from {of}"
        for key, value in changes
    ]
    return f"{who} {'; '.join(parts)}"


def retention_set(who: str, room: str, keep: object, *, capped: bool) -> str:
    most = " (the most that this server keeps)" if capped else ""
    return sentence(f"{who} changed the retention of {room}: its history is kept {keep}{most}")


def real_name_set(name: str) -> str:
    return f"Your real name is {name} now." if name else "You have no real name now."


def user_changed(changes: Iterable[UserChange]) -> str:
    return " ".join(_ABOUT[setting][on] for setting, on in changes)


def bot_commands_set(who: str, words: Sequence[str]) -> str:
    if not words:
        return f"{who} no longer answers to any command."
    return f"{who} answers to {', '.join(words)}."


def announced(who: str, text: str) -> str:
    return f"Announcement by {who}, an operator of this server: {text}"


def invited_you(who: str, room: str) -> str:
    return f"{who} invites you to {room}. Enter it with /join {room}."


def in_room(event: e.AnyRoomEvent, who: str, room: str) -> str:
    """Say what somebody did to the settings, roles and bans of a room."""
    if isinstance(event, e.InvitedToRoom) and event.you:
        return invited_you(who, room)
    return sentence(f"{who} {_did(event, room)}")


# --- what one did oneself ---


def you_are_called(nick: str) -> str:
    return f"You are now called {nick}."


def you_are_logged_in(nick: str) -> str:
    return f"You are logged in as {nick}."


def you_are_away(reason: str | None) -> str:
    return f"You are now marked as away{because(reason)}. Type /back when you are back."


def message_deleted(who: str, whose: str, room: str, reason: str | None, *, mine: bool) -> str:
    """``room`` is empty for a private message."""
    what = "a message of their own" if mine else f"a message from {whose}"
    where = f" in {room}" if room else ""
    return sentence(f"{who} deleted {what}{where}{because(reason)}")


def you_are_back() -> str:
    return "You are no longer marked as away."


def _of(room: str) -> str:
    return f" of {room}" if room else ""


def _did(event: e.AnyRoomEvent, room: str) -> str:
    match event:
        case e.SettingsChanged(changes=changes):
            return "; ".join(
                _SET[setting][bool(value)].format(
                    room, f"{value:,}" if setting == "limit" else spell_duration(value)
                )
                for setting, value in changes
            )
        case e.RoomPasswordSet(locked=locked):
            return f"locked {room} with a password" if locked else f"removed the password of {room}"
        case e.InvitedToRoom(nick=nick):
            return f"invited {nick} to {room}"
        case e.RoleChanged(role="operator", given=given, nick=nick):
            what = f"made {nick} an operator" if given else f"removed {nick} as an operator"
            return f"{what} of {room}"
        case e.RoleChanged(given=given, nick=nick):
            return (
                f"gave {nick} voice in {room}"
                if given
                else f"removed the voice of {nick} in {room}"
            )
        case e.RoomRegistered():
            return f"registered {room} and owns it now"
        case e.RoomRenamed(name=name, reason=reason):
            return f"renamed {room} to {name}{because(reason)}"
        case e.RoomTransferred(nick=nick):
            return f"transferred {room} to {nick}, who owns it now"
        case e.Banned(ban=ban, out=out):
            gone = f"; removed: {_some(out)}" if out else ""
            return f"banned {ban.target.text} from {room}{_terms(ban)}{gone}"
        case e.Unbanned(target=target):
            return f"lifted the ban on {target.public} in {room}"
        case e.Muted(ban=ban):
            return f"muted {ban.target.text} in {room}{_terms(ban)}"
        case e.Unmuted(target=target):
            return f"unmuted {target.public} in {room}"
        case e.Excepted(exempt=exempt, ban=ban):
            return f"exempted {ban.target.text} from the {exempt} of {room}{_terms(ban)}"
        case e.ExceptionLifted(exempt=exempt, target=target):
            return f"no longer exempts {target.public} from the {exempt} of {room}"
        case e.Forgotten(everywhere=everywhere):
            return (
                "deleted all of their messages"
                if everywhere
                else f"deleted their messages in {room}"
            )
        case e.RoomDropped():  # pragma: no branch (mypy sees a missing case)
            return f"deleted {room} and everything said in it"


def _terms(ban: Ban) -> str:
    time = f" for {spell_duration(ban.until - ban.time)}" if ban.until else ""
    return f"{time}{because(ban.reason)}"


def _some(out: Sequence[tuple[object, object]]) -> str:
    names = ", ".join(str(nick) for _, nick in out[:10])
    return f"{names} and {len(out) - 10:,} more" if len(out) > 10 else names
