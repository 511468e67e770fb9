"""What happened, as sentences. Names and texts are put in as they are given; a ``room`` that is empty is where it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted_chat.core.api import events as e
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.dialects.wording.words import because, some

#: What each setting is called in a sentence behind who changed it: off, then on.
_SET: Final[dict[Setting, tuple[str, str]]] = {
    "topic-lock": ("lets everybody set the topic of {}", "lets only operators set the topic of {}"),
    "private": ("shows {} in lists again", "hides {} from the lists of those who are not in it"),
    "invite-only": ("lets everybody into {} again", "lets only those into {} who are invited"),
    "moderated": ("lets everybody speak in {} again", "lets only those speak in {} who have voice"),
    "slow": ("made {} as quick as before", "made {} slow: {} between two lines of one person"),
    "visibility": (
        "shows everybody all the history of {}",
        "shows people the history of {} since they came",
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


def kicked(who: str, nick: str, room: str = "") -> str:
    return f"{who} put {nick} out{_of(room)}"


def topic_set(who: str, topic: str, room: str = "") -> str:
    return (
        f"{who} set the topic{_of(room)}: {topic}"
        if topic
        else f"{who} cleared the topic{_of(room)}"
    )


def retention_set(who: str, room: str, keep: object, *, capped: bool) -> str:
    most = " (this server keeps no more)" if capped else ""
    return f"{who} set: history of {room} is kept {keep}{most}"


def bot_commands_set(who: str, words: Sequence[str]) -> str:
    if not words:
        return f"{who} answers to no command any more."
    return f"{who} answers to {', '.join(words)}."


def announced(who: str, text: str) -> str:
    return f"Announcement by {who}, an operator of this server: {text}"


def in_room(event: e.AnyRoomEvent, who: str, room: str) -> str:
    """Say what somebody did to the settings, roles and bans of a room."""
    return f"{who} {_did(event, room)}"


# --- what one did oneself ---


def you_are_called(nick: str) -> str:
    return f"You are now called {nick}."


def you_are_logged_in(nick: str) -> str:
    return f"You are logged in as {nick}."


def you_are_away(reason: str | None) -> str:
    return f"You are marked as away{because(reason)}; /back undoes that."


def you_are_back() -> str:
    return "You are no longer marked as away."


def _of(room: str) -> str:
    return f" of {room}" if room else ""


def _did(event: e.AnyRoomEvent, room: str) -> str:
    match event:
        case e.SettingChanged(setting=setting, value=value):
            return _SET[setting][bool(value)].format(room, spell_duration(value))
        case e.RoomPasswordSet(locked=locked):
            return f"locked {room} with a password" if locked else f"unlocked {room}"
        case e.InvitedToRoom(nick=nick):
            return f"invited {nick} to {room}"
        case e.RoleChanged(role="operator", given=given, nick=nick):
            what = f"made {nick} operator" if given else f"made {nick} no longer operator"
            return f"{what} of {room}"
        case e.RoleChanged(given=given, nick=nick):
            return f"gave {nick} voice in {room}" if given else f"took voice from {nick} in {room}"
        case e.RoomRegistered():
            return f"registered {room}, and owns it"
        case e.RoomTransferred(nick=nick):
            return f"gave {room} to {nick}, who owns it now"
        case e.Banned(ban=ban, out=out):
            gone = f"; out: {_some(out)}" if out else ""
            return f"banned {ban.target.text} from {room}{_terms(ban)}{gone}"
        case e.Unbanned(target=target):
            whom = "an address" if target.kind == "net" else target.text
            return f"lifted the ban of {whom} from {room}"
        case e.Muted(ban=ban):
            return f"muted {ban.target.text} in {room}{_terms(ban)}"
        case e.Unmuted(target=target):
            return f"lets {target.text} speak in {room} again"
        case e.Forgotten(everywhere=everywhere):
            return f"deleted what they had said {'everywhere' if everywhere else f'in {room}'}"
        case e.RoomDropped():  # pragma: no branch (mypy sees a missing case)
            return f"deleted {room}, and all that was said there"


def _terms(ban: Ban) -> str:
    time = f" for {spell_duration(ban.until - ban.time)}" if ban.until else ""
    return f"{time}{because(ban.reason)}"


def _some(out: Sequence[tuple[object, object]]) -> str:
    names = ", ".join(str(nick) for _, nick in out[:10])
    return f"{names} and {len(out) - 10:,} more" if len(out) > 10 else names
