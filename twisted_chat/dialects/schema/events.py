"""The objects of events; see :mod:`twisted_chat.dialects.schema.base`."""

from __future__ import annotations

from msgspec import field

from twisted_chat.core.api.commands import Kind
from twisted_chat.dialects.schema.base import Placed, always


class Message(Placed, frozen=True, kw_only=True):
    """Somebody said ``lines``: in ``room``, or to ``to`` in private. Of one's own messages there is no copy.

    ``replay``: it was said earlier. ``nonce`` and ``scope`` are the sender's own id of it, and whose ids those are. ``tags`` are
    for programs; ``operators``: only operators of the room were shown it.
    """

    sender: str = field(name="from")

    @property
    def to(self) -> str | None:
        return None

    @property
    def kind(self) -> Kind:
        return "say"

    @property
    def nonce(self) -> str | None:
        return None

    @property
    def scope(self) -> str | None:
        return None

    @property
    def tags(self) -> dict[str, str] | None:
        return None

    @property
    def operators(self) -> bool:
        return False

    @property
    def replay(self) -> bool:
        return False


class RoomMessage(Message, frozen=True, kw_only=True, tag="message"):
    """A message in a room."""

    room: str | None = None
    kind: Kind = "say"
    nonce: str | None = None
    scope: str | None = None
    tags: dict[str, str] | None = None
    operators: bool = False
    replay: bool = False


class PrivateMessage(Message, frozen=True, kw_only=True, tag="private"):
    """A private message."""

    to: str | None = None
    scope: str | None = None
    kind: Kind = "say"
    tags: dict[str, str] | None = None
    replay: bool = False


class TagsSent(Placed, frozen=True, kw_only=True, tag="tags"):
    """A program said something to others by tags alone: in ``room``, or to ``to`` in private. No person is shown it."""

    sender: str = field(name="from")
    room: str | None = None
    to: str | None = None
    scope: str | None = None
    tags: dict[str, str] | None = None
    replay: bool = False


class Announcement(Placed, frozen=True, kw_only=True, tag="announcement"):
    """An operator of the server says something to everyone or, if ``wallops``, to operators and users who have turned that on."""

    sender: str = field(name="from")
    wallops: bool = False


class BotCommands(Placed, frozen=True, kw_only=True, tag="bot_commands"):
    """A bot in one of the rooms answers to these words from now on."""

    sender: str = field(name="from")
    commands: tuple[str, ...]


class Gathered(Placed, frozen=True, kw_only=True, tag="members"):
    """The users who joined and left a crowded room in the last seconds; ``count`` are there now."""

    room: str
    joined: tuple[str, ...]
    left: tuple[str, ...]
    count: int


class Joined(Placed, frozen=True, kw_only=True, tag="join"):
    """Somebody else came into a room."""

    sender: str = field(name="from")
    room: str


class Left(Placed, frozen=True, kw_only=True, tag="leave"):
    """Somebody else left a room."""

    sender: str = field(name="from")
    room: str
    reason: str = ""


class Quit(Placed, frozen=True, kw_only=True, tag="quit"):
    """Somebody left the chat."""

    sender: str = field(name="from")
    reason: str = ""


class Kicked(Placed, frozen=True, kw_only=True, tag="kick"):
    """``sender`` put ``to`` out of a room."""

    sender: str = field(name="from")
    room: str
    to: str
    reason: str = ""


class Renamed(Placed, frozen=True, kw_only=True, tag="nick"):
    """``sender``, who may be the user, is called ``nick`` now; ``account`` if they logged in to it."""

    sender: str = field(name="from")

    @property
    def nick(self) -> str:
        """The new name, which is the content."""
        return self.content


class Away(Placed, frozen=True, kw_only=True, tag="away"):
    """Somebody is ``away``, because of ``text``, or back; ``auto``: the server noticed it by itself."""

    sender: str = field(name="from")
    away: bool
    auto: bool = False


class RealName(Placed, frozen=True, kw_only=True, tag="realname"):
    """``sender``, who may be the user, has the real name ``text`` now; an empty one was cleared."""

    sender: str = field(name="from")


class SelfChanged(Placed, frozen=True, kw_only=True, tag="self"):
    """One has set these about one's own user: ``bot``, ``hidden``, ``no-ctcp``, ``wallops``."""

    sender: str = field(name="from")
    changes: dict[str, bool] = always({})


class ProfileChanged(Placed, frozen=True, kw_only=True, tag="profile"):
    """``sender`` changed these ``values`` of their profile or, with ``room``, of that of the room; None: it was taken out."""

    sender: str = field(name="from")
    values: dict[str, str | None] = always({})


class Topic(Placed, frozen=True, kw_only=True, tag="topic"):
    """``sender`` has set the topic of a room, which is ``text``."""

    room: str


class Role(Placed, frozen=True, kw_only=True, tag="role"):
    """``to`` has a role (``operator``, ``voice``) in a room, or has it no longer."""

    sender: str = field(name="from")
    room: str
    to: str
    role: str
    given: bool


class Changed(Placed, frozen=True, kw_only=True):
    """Something else about a room was changed by ``sender``; ``text`` says what, and ``kind`` is the type of the object.

    ``out`` are the users who were removed by it, at most fifty of ``out_count``. ``forget`` deletes what the ``account`` said
    in the room, or ``everywhere``.
    """

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    @property
    def to(self) -> str | None:
        return None

    @property
    def out(self) -> tuple[str, ...]:
        return ()

    @property
    def out_count(self) -> int:
        return 0

    @property
    def everywhere(self) -> bool:
        return False


class SettingChanged(Changed, frozen=True, kw_only=True, tag="setting"):
    """``setting`` has this ``value`` now; ``changes`` are all settings that were changed at once, if there are others."""

    setting: str = always("")
    value: bool | int | str = always("")
    changes: dict[str, bool | int | str] | None = None


class OwnerChanged(Changed, frozen=True, kw_only=True, tag="owner"):
    """The room was registered by ``sender``, or given to ``to``."""

    to: str | None = None


class RoomRenamed(Changed, frozen=True, kw_only=True, tag="rename"):
    """The room, which is ``room`` here as it was called before, is called ``name`` now."""

    name: str = always("")
    reason: str | None = always(None)


class Invited(Placed, frozen=True, kw_only=True, tag="invite"):
    """``sender`` invites this session's user to a room."""

    sender: str = field(name="from")
    room: str
    you: bool = always(True)


class InviteSent(Changed, frozen=True, kw_only=True, tag="invite"):
    to: str | None = None


class BanSet(Changed, frozen=True, kw_only=True, tag="ban"):
    target: str = always("")
    until: float | None = always(None)
    reason: str | None = always(None)
    out: tuple[str, ...] = always(())
    out_count: int = always(0)


class BanLifted(Changed, frozen=True, kw_only=True, tag="unban"):
    target: str = always("")


class MuteSet(Changed, frozen=True, kw_only=True, tag="mute"):
    target: str = always("")
    until: float | None = always(None)
    reason: str | None = always(None)


class MuteLifted(Changed, frozen=True, kw_only=True, tag="unmute"):
    target: str = always("")


class ExceptionSet(Changed, frozen=True, kw_only=True, tag="except"):
    """``target`` is exempt from ``bans``, ``mutes`` or ``invites`` of the room."""

    exempt: str = always("")
    target: str = always("")
    until: float | None = always(None)
    reason: str | None = always(None)


class ExceptionLifted(Changed, frozen=True, kw_only=True, tag="unexcept"):
    exempt: str = always("")
    target: str = always("")


class MessageDeleted(Placed, frozen=True, kw_only=True, tag="redact"):
    """``sender`` deleted ``message``, in ``room``, or of what was written in private to ``to``."""

    sender: str = field(name="from")
    room: str | None = None
    to: str | None = None
    message: str
    reason: str = ""


class Forgotten(Changed, frozen=True, kw_only=True, tag="forget"):
    everywhere: bool = always(False)


class RoomDropped(Changed, frozen=True, kw_only=True, tag="drop"):
    out: tuple[str, ...] = always(())
    out_count: int = always(0)


class RetentionSet(Changed, frozen=True, kw_only=True, tag="keep"):
    """How much of the history is kept; None: there is no limit. ``capped``: more was asked for than the server keeps."""

    days: int | None = always(None)
    max_lines: int | None = field(name="lines", default_factory=lambda: None)
    capped: bool = always(False)
