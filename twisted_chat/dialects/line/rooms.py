"""How people are told who may do what in a room."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.bans import Ban
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.room_settings import Setting

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


def happened(event: e.AnyRoomEvent, room: str) -> str:
    """Say what somebody did, to stand behind their name."""
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


def settings(reply: r.RoomSettings) -> list[str]:
    """Say how a room is set."""
    how = reply.settings
    words = [
        word
        for word, is_so in (
            ("locked with a password", reply.locked),
            ("private", how.private),
            ("invite-only", how.invite_only),
            ("moderated", how.moderated),
            (f"slow ({spell_duration(how.slow)})", how.slow),
            ("topic locked", how.topic_lock),
            ("history since one came", how.since_join),
        )
        if is_so
    ]
    whose = f"belongs to {reply.owner}" if reply.owner is not None else "belongs to nobody"
    lines = [f"-- {reply.room} {whose}; {', '.join(words) or 'open to everybody'}."]
    lines += [
        f"--   {account}: {', '.join(roles)}"
        for account, roles in reply.roles
        if account != reply.owner
    ]
    return lines


def bans(reply: r.Bans, pages: str) -> list[str]:
    """List bans and mutes; ``pages`` says how to see the next page."""
    if not reply.count:
        return [f"-- Nobody is banned from {reply.room}, and nobody is muted."]
    return [
        f"-- Banned from {reply.room}, or muted: {reply.count:,}{pages}:",
        *(f"--   {_ban(line)}" for line in reply.bans),
    ]


def _ban(line: r.BanLine) -> str:
    muted = " (muted)" if line.mute else ""
    left = f", {spell_duration(line.left)} more" if line.left is not None else ""
    reason = f": {line.reason}" if line.reason else ""
    return f"{line.target}{muted}, by {line.by}{left}{reason}"


def _terms(ban: Ban) -> str:
    time = f" for {spell_duration(ban.until - ban.time)}" if ban.until else ""
    return f"{time} ({ban.reason})" if ban.reason else time


def _some(out: tuple[tuple[object, object], ...]) -> str:
    names = ", ".join(str(nick) for _, nick in out[:10])
    return f"{names} and {len(out) - 10:,} more" if len(out) > 10 else names
