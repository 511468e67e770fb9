"""How programs are told who may do what in a room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.bans import Ban, Target
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick

#: How many who were put out are named: a page, as of lists.
_NAMED: Final = 50


def happened(event: e.AnyRoomEvent) -> tuple[str, dict[str, Any]]:
    """Return type and fields of what somebody did."""
    match event:
        case e.SettingChanged(setting="visibility", value=value):
            return "setting", {"setting": "visibility", "value": "join" if value else "all"}
        case e.SettingChanged(setting="slow", value=value):
            return "setting", {"setting": "slow", "value": value}
        case e.SettingChanged(setting=setting, value=value):
            return "setting", {"setting": setting, "value": bool(value)}
        case e.RoomPasswordSet(locked=locked):
            return "setting", {"setting": "lock", "value": locked}
        case e.InvitedToRoom(nick=nick):
            return "invite", {"to": nick.text}
        case e.RoleChanged(role=role, given=given, nick=nick):
            return "role", {"to": nick.text, "role": role, "given": given}
        case e.RoomRegistered():
            return "owner", {}
        case e.RoomTransferred(nick=nick):
            return "owner", {"to": nick.text}
        case e.Banned(ban=ban, out=out):
            return "ban", _ban(ban) | _out(out)
        case e.Unbanned(target=target):
            return "unban", {"target": _shown(target)}
        case e.Muted(ban=ban):
            return "mute", _ban(ban)
        case e.Unmuted(target=target):
            return "unmute", {"target": _shown(target)}
        case e.Forgotten(everywhere=everywhere):
            return "forget", {"everywhere": everywhere}
        case e.RoomDropped(out=out):  # pragma: no branch (mypy sees a missing case)
            return "drop", _out(out)


def settings(reply: r.RoomSettings) -> tuple[str, str, dict[str, Any]]:
    """Return type, content and fields of how a room is set."""
    how = reply.settings
    return (
        "settings",
        str(reply.room),
        {
            "room": reply.room.text,
            "owner": reply.owner,
            "lock": reply.locked,
            "private": how.private,
            "invite-only": how.invite_only,
            "moderated": how.moderated,
            "slow": how.slow,
            "topic-lock": how.topic_lock,
            "visibility": "join" if how.since_join else "all",
            "roles": {account: list(roles) for account, roles in reply.roles},
        },
    )


def bans(reply: r.Bans) -> tuple[str, str, dict[str, Any]]:
    """Return type, content and fields of a list of bans and mutes."""
    lines = [
        {
            "mute": line.mute,
            "target": line.target,
            "by": line.by,
            "time": _time(line.time),
            "left": None if line.left is None else round(line.left),
            "reason": line.reason,
        }
        for line in reply.bans
    ]
    return (
        "bans",
        f"{reply.count:,} banned or muted",
        {
            "room": reply.room.text,
            "bans": lines,
            "count": reply.count,
            "page": reply.page,
            "pages": reply.pages,
        },
    )


def _out(out: tuple[tuple[UserId, Nick], ...]) -> dict[str, Any]:
    """Name the first who were put out, and count all: a crowd fits into no object that everybody is sent."""
    return {"out": [nick.text for _, nick in out[:_NAMED]], "out_count": len(out)}


def _ban(ban: Ban) -> dict[str, Any]:
    until = _time(ban.until) if ban.until else None
    return {"target": ban.target.text, "until": until, "reason": ban.reason}


def _shown(target: Target) -> str:
    return "an address" if target.kind == "net" else target.text


def _time(time: float) -> str:
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
