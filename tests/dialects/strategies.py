"""What the tests of the dialects share: bytes that try to break a parser, and everything there is to render."""

from __future__ import annotations

import json
import re as regex
import unicodedata
from typing import Any, get_args

from hypothesis import strategies as st

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.about import UserSetting
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.bans import EXEMPT, Ban, read_target
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Setting, Settings
from twisted_chat.core.values.server_ban import Ban as ServerBan
from twisted_chat.core.values.text import BadText, CleanText, shown

# --- bytes that come in ---

#: Pieces of the line grammar, with what people and attackers put between them.
LINE_TOKENS = [
    *b"/ // ! ? > : :// # , { } MSG msg JOIN LEAVE LIST HELP QUIT who me".split(),
    *b"topic away kick nick rooms logout".split(),
    *b" |  |\t| > |MSG |msg |JOIN |// |bob|dev|7".split(b"|"),
    *b"\r|\n|\0|\x1b[2J|\x03|\x0312,4|\x02|\x7f|\xff|\xc3|\x85".split(b"|"),
    *map(
        str.encode,
        "\u00a0\u3000\u200b\u200d\u202e\u2028\u0301\ufeff\uff0f\uff01\uff1a\uff1e\u0130\u00df\U0001f600",
    ),
    *("\u0301".encode() * 9, b"a" * 60),
]

#: Pieces of JSON, and of what is nearly JSON.
JSON_TOKENS = [
    *b'{ } [ ] " : , \\ null true NaN -Infinity 1e999 -1 0.5 "\\ud800" "\\u0000" "\\ud83d\\ude00"'.split(),
    *b'"type" "content" "id" "room" "limit" "page" "who" {"type":"who"} {"type":"x","type":"y"}'.split(),
    *(b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"\xef\xbb\xbf", b"\xff", b" ", b"\n", b"\0"),
]

_TYPES = [
    *(
        "nick",
        "register",
        "join",
        "leave",
        "message",
        "msg",
        "private",
        "history",
        "list",
        "who",
        "read",
    ),
    *("topic", "ping", "pong", "command", "help", "quit", "nope"),
]
_FIELDS = [
    *(
        "content",
        "id",
        "room",
        "to",
        "kind",
        "password",
        "session",
        "before",
        "after",
        "limit",
        "page",
    ),
    "else",
]

#: Any string, lone surrogates too, and strings that mean something somewhere.
any_text = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    [
        "",
        "bob",
        "dev",
        "#dev",
        "a b",
        "/msg bob hi",
        "MSG bob:hi",
        "x > bob",
        "\ud800",
        "\x1b[2J",
        "a\nb\r\n",
        "\u202e",
        "\ufeff",
        "0" * 16,
        "f" * 16,
        "x" * 65,
        "!mgs bob",
        "\t",
        "action",
        "ctcp",
    ]
)

_any_value = st.recursive(
    any_text | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)

_objects = st.fixed_dictionaries(
    {"type": st.sampled_from(_TYPES + [kind.upper() for kind in _TYPES]) | _any_value},
    optional=dict.fromkeys(_FIELDS, any_text | _any_value),
).map(lambda value: json.dumps(value).encode())

#: What a door might hand to a dialect: anything, and lines and objects that are nearly right.
frames = (
    st.binary(max_size=200)
    | st.lists(st.sampled_from(LINE_TOKENS) | st.binary(max_size=4), max_size=12).map(b"".join)
    | st.lists(st.sampled_from(JSON_TOKENS) | st.binary(max_size=4), max_size=12).map(b"".join)
    | any_text.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | _objects
)

# --- what goes out ---

# Bidirectional embeddings, overrides and isolates; interlinear annotation; the byte-order mark.
_STEERING = regex.compile("[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")


def harmless(text: str) -> bool:
    """Tell whether a text has nothing that moves a cursor, ends a line or turns one around."""
    controls = any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)
    return not controls and _STEERING.search(text) is None


def unisolated(line: str) -> str:
    """Return a line without the isolates in it, of which each must be closed, and none be in another."""
    return regex.sub("\u2068([^\u2066-\u2069]*)\u2069", r"\1", line)


def _clean(raw: str) -> CleanText:
    try:
        return CleanText(raw)
    except BadText:
        return shown(raw)


def _nick(raw: str) -> Nick | None:
    try:
        return parse_nick(raw)
    except BadName:
        return None


def _room(raw: str) -> RoomName | None:
    try:
        return parse_room(raw)
    except BadName:
        return None


clean_texts: st.SearchStrategy[CleanText] = (
    st.text(st.characters(exclude_categories=()), max_size=40)
    | st.sampled_from(
        [
            "",
            " ",
            "<bob> hi",
            "-- bob left the chat",
            "! no",
            "[12:30] <bob> hi",
            '"',
            "\\",
            "{}",
            "{",
            "\U0001f469\u200d\U0001f4bb",
            "\u05e9\u05dc\u05d5\u05dd",
            "\x0304red",
            "%s {x}",
            "a" * 200,
        ]
    )
).map(_clean)

nicks: st.SearchStrategy[Nick] = (
    (
        st.sampled_from(
            [
                "bob",
                "alice",
                "_",
                "a-b",
                "x" * 32,
                "\u00c5sa",
                "\u674e\u96f7",
                "\u05d0\u05d1",
                "n[^`|]",
            ]
        )
        | st.text(min_size=1, max_size=20)
    )
    .map(_nick)
    .filter(bool)
    .map(lambda nick: nick or parse_nick("nobody"))
)

rooms: st.SearchStrategy[RoomName] = (
    (
        st.sampled_from(["lobby", "dev", "x" * 50, "\u2603\ufe0f", "<bob>", "5", "c++", "%s"])
        | st.text(min_size=1, max_size=20)
    )
    .map(_room)
    .filter(bool)
    .map(lambda room: room or parse_room("nowhere"))
)

kinds: st.SearchStrategy[Kind] = st.sampled_from(get_args(Kind))
lines: st.SearchStrategy[Lines] = st.lists(clean_texts, min_size=1, max_size=4).map(tuple)
extras: st.SearchStrategy[Extras | None] = st.none() | st.builds(
    Extras,
    st.lists(st.tuples(st.sampled_from(["reply", "v.org/react"]), clean_texts), max_size=2).map(
        lambda pairs: tuple(dict(pairs).items())
    ),
    cuts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=2).map(tuple),
)
_said: st.SearchStrategy[tuple[Kind, Lines, Extras | None]] = st.tuples(kinds, lines, extras).map(
    lambda it: ("tags", (), it[2]) if it[0] == "tags" else it
)
times = st.floats(0, 2**32, allow_nan=False)
ids = st.integers(1, 2**63 - 1).map(MessageId)
counts = st.integers(0, 10**6)
keeps = st.builds(Keep, counts, counts)
#: Ids of clients: as :class:`JsonDialect` lets them in.
tags = clean_texts.filter(lambda tag: 0 < len(tag) <= 64)
_author_tuples = st.lists(
    st.builds(e.Author, st.integers(1, 9).map(UserId), nicks, st.just(Scope("5c09e"))), max_size=15
).map(tuple)
_keys = st.sampled_from(["display-name", "color", "vendor.example/key"])
_nick_tuples = st.lists(nicks, max_size=15).map(tuple)
_maybe_text = st.none() | clean_texts
bans = st.builds(
    ServerBan,
    st.just("network"),
    st.sampled_from(["192.0.2.7", "2001:db8::/32"]),
    st.just("root"),
    times,
    st.none() | times,
    clean_texts,
)

_targets = st.sampled_from(
    ["bob", "*spam*", "10.0.0.0/8", "::/0", "address:bob", "e*!*@*.user", "account:eve"]
).map(read_target)
_bans = st.builds(Ban, _targets, nicks.map(str), times, times, _maybe_text)
_out = st.lists(st.tuples(st.just(UserId(2)), nicks), max_size=12).map(tuple)

#: Something of each kind of event.
EVENTS: dict[type[Any], st.SearchStrategy[Any]] = {
    e.Said: _said.map(lambda it: e.Said(*it)),
    e.Received: st.builds(e.Received),
    e.Read: st.builds(e.Read, ids, st.none() | nicks),
    e.Told: st.tuples(nicks, _said).map(
        lambda it: e.Told(UserId(2), it[0], it[1][0], it[1][1], extras=it[1][2])
    ),
    e.Joined: st.builds(e.Joined, rooms, st.none(), st.booleans()),
    e.Left: st.builds(e.Left, _maybe_text),
    e.Departed: st.builds(e.Departed, clean_texts),
    e.Arrived: st.builds(e.Arrived, nicks, st.just(Scope("s")), clean_texts),
    e.Detached: st.just(e.Detached()),
    e.Renamed: st.builds(e.Renamed, nicks),
    e.Kicked: st.builds(e.Kicked, st.just(UserId(2)), nicks, _maybe_text),
    e.ReadUntil: st.builds(e.ReadUntil, rooms | nicks, counts),
    e.MessageDeleted: st.builds(
        e.MessageDeleted, ids, nicks, st.booleans(), st.none(), _maybe_text
    ),
    e.TopicSet: st.builds(e.TopicSet, clean_texts),
    e.KeepSet: st.builds(e.KeepSet, keeps, st.booleans()),
    e.Closed: st.just(e.Closed()),
    e.AccountRegistered: st.builds(e.AccountRegistered, nicks),
    e.LoggedIn: st.builds(e.LoggedIn, nicks, st.just(Proof("bob")), st.booleans()),
    e.PasswordChanged: st.just(e.PasswordChanged(Proof("bob"))),
    e.AccountDropped: st.just(e.AccountDropped(Proof("bob"))),
    e.InviteCodeMade: st.just(e.InviteCodeMade("digest", 1.0)),
    e.PrivacySet: st.just(e.PrivacySet("rooms")),
    e.IgnoreSet: st.builds(e.IgnoreSet, st.just("eve"), st.just("Eve"), st.booleans()),
    e.BotCommandsSet: st.sampled_from([e.BotCommandsSet(()), e.BotCommandsSet(("!roll", "!flip"))]),
    e.AwaySet: st.builds(e.AwaySet, _maybe_text, st.booleans()),
    e.RealNameSet: st.builds(e.RealNameSet, clean_texts.map(str)),
    e.UserChanged: st.builds(
        e.UserChanged,
        st.dictionaries(
            st.sampled_from(get_args(UserSetting)), st.booleans(), min_size=1, max_size=4
        ).map(lambda changes: tuple(changes.items())),
    ),
    e.OperatorSet: st.builds(e.OperatorSet, st.none() | st.just("root")),
    e.Killed: st.builds(e.Killed, st.just("root"), st.just(UserId(2)), nicks, _maybe_text),
    e.ServerBanned: st.builds(e.ServerBanned, st.just("root"), bans),
    e.ServerUnbanned: st.just(e.ServerUnbanned("root", "account", "eve")),
    e.Announced: st.builds(e.Announced, st.just("root"), lines),
    e.PasswordReset: st.builds(e.PasswordReset, st.just("root"), nicks.map(str)),
    e.AccountRemoved: st.builds(e.AccountRemoved, st.just("root"), nicks.map(str)),
    e.PanicSet: st.builds(e.PanicSet, st.just("root"), st.integers(0, 2)),
    e.ProfileChanged: st.builds(
        e.ProfileChanged,
        st.lists(st.tuples(_keys, st.none() | clean_texts), min_size=1, max_size=3).map(tuple),
    ),
    e.RoomRenamed: st.builds(e.RoomRenamed, rooms, _maybe_text),
    e.Gathered: st.builds(e.Gathered, _author_tuples, _author_tuples, counts),
    e.SettingsChanged: st.builds(
        e.SettingsChanged,
        st.lists(
            st.tuples(st.sampled_from(get_args(Setting)), st.integers(0, 21_600)),
            min_size=1,
            max_size=4,
        ).map(tuple),
    ),
    e.RoomPasswordSet: st.builds(e.RoomPasswordSet, st.booleans()),
    e.InvitedToRoom: st.builds(e.InvitedToRoom, st.just(UserId(2)), nicks, st.booleans()),
    e.RoleChanged: st.builds(
        e.RoleChanged, st.sampled_from(["operator", "voice"]), st.booleans(), nicks
    ),
    e.RoomRegistered: st.just(e.RoomRegistered()),
    e.RoomTransferred: st.builds(e.RoomTransferred, st.just(UserId(2)), nicks),
    e.Banned: st.builds(e.Banned, _bans, st.none(), st.just(False), _out),
    e.Unbanned: st.builds(e.Unbanned, _targets),
    e.Muted: st.builds(e.Muted, _bans, st.just(UserId(2))),
    e.Unmuted: st.builds(e.Unmuted, _targets),
    e.Excepted: st.builds(e.Excepted, st.sampled_from(EXEMPT), _bans),
    e.ExceptionLifted: st.builds(e.ExceptionLifted, st.sampled_from(EXEMPT), _targets),
    e.Forgotten: st.builds(e.Forgotten, st.booleans()),
    e.RoomDropped: st.builds(e.RoomDropped, _out),
}

_IN_A_ROOM = (
    *(e.Said, e.Joined, e.Left, e.Kicked, e.TopicSet, e.KeepSet, e.Closed, e.Gathered),
    e.RoomEvent,
)


@st.composite
def envelopes(draw: st.DrawFn, kind: type[Any] | None = None) -> e.Envelope:
    """An event of this kind (of any, if None) in an envelope as the hub or delivery would make it."""
    event = draw(EVENTS[kind] if kind is not None else st.one_of(*EVENTS.values()))
    room = e.RoomRef(RoomId(3), draw(rooms)) if isinstance(event, _IN_A_ROOM) else None
    if isinstance(event, e.Gathered):
        return e.Envelope(MessageId(0), draw(times), event, None, None, room)
    origin = e.Origin(Node("n"), SessionId(1), draw(st.none() | tags))
    if isinstance(event, e.Closed):
        return e.Envelope(draw(ids), draw(times), event, origin, None, room)
    author = e.Author(
        UserId(1),
        draw(nicks),
        Scope("5c09e"),
        draw(st.none() | clean_texts),
        real_name=draw(clean_texts),
        bot=draw(st.booleans()),
    )
    return e.Envelope(draw(ids), draw(times), event, origin, author, room)


_people = st.builds(
    r.People,
    st.lists(
        st.builds(r.Person, nicks, _maybe_text, st.none() | clean_texts, st.booleans(), idle=times),
        max_size=9,
    ).map(tuple),
    counts,
    st.integers(1, 9),
    st.integers(1, 9),
    st.none() | rooms,
)
_rooms = st.builds(
    r.Rooms,
    st.lists(st.builds(r.RoomLine, rooms, counts, clean_texts, st.booleans()), max_size=5).map(
        tuple
    ),
    counts,
    st.integers(1, 9),
    st.integers(1, 9),
)
_codes = st.sampled_from(["nick-taken", "empty", "usage"])
_help_lines = st.lists(
    st.builds(r.HelpLine, st.just("who"), st.just("[ROOM] [PAGE]"), clean_texts),
    min_size=1,
    max_size=3,
).map(tuple)

_was_here = st.builds(
    r.WasHere,
    nicks.map(str),
    times,
    times,
    user_name=st.just("~bob"),
    host=st.sampled_from(["", "aaaa.bbbb.cccc.ip"]),
    real_name=clean_texts.map(str),
)

#: Something of each kind of reply.
REPLIES: dict[type[Any], st.SearchStrategy[Any]] = {
    r.Refused: st.builds(r.Refused, _codes, clean_texts),
    r.PasswordNeeded: st.builds(r.PasswordNeeded, rooms, st.booleans()),
    r.NameRefused: st.builds(r.NameRefused, _codes, clean_texts, st.none() | nicks),
    r.NickPassword: st.builds(r.NickPassword, nicks, st.none() | nicks),
    r.Authenticated: st.builds(r.Authenticated, nicks),
    r.Greeting: st.builds(r.Greeting, clean_texts),
    r.Welcome: st.builds(r.Welcome, nicks, st.just("token"), lines, st.booleans()),
    r.Hint: st.just(r.Hint()),
    r.Entered: st.builds(
        r.Entered,
        rooms,
        st.integers(1, 10**6),
        _nick_tuples,
        clean_texts,
        st.booleans(),
        st.booleans(),
    ),
    r.FocusSet: st.builds(r.FocusSet, st.none() | rooms, st.none() | rooms),
    r.HistoryStart: st.builds(r.HistoryStart, rooms | nicks, st.none() | counts, st.booleans()),
    r.HistoryEnd: st.builds(
        r.HistoryEnd,
        rooms,
        counts,
        st.booleans(),
        st.booleans(),
        st.sampled_from(["before", "after"]),
        st.none() | ids,
    ),
    r.WaitingStart: st.builds(r.WaitingStart, counts),
    r.WaitingEnd: st.builds(r.WaitingEnd, counts),
    r.Missed: st.builds(
        r.Missed,
        st.lists(
            st.builds(r.MissedRoom, rooms, counts, counts, ids, st.booleans()), max_size=30
        ).map(tuple),
        st.lists(st.tuples(nicks.map(str), counts), max_size=30).map(tuple),
    ),
    r.ReadUpTo: st.builds(r.ReadUpTo, rooms | nicks, ids),
    r.ReadUntil: st.builds(r.ReadUntil, rooms | nicks, st.none() | counts),
    r.RecentPlaces: st.builds(
        r.RecentPlaces, st.lists(st.tuples(rooms | nicks, counts), max_size=3).map(tuple)
    ),
    r.SearchStart: st.builds(r.SearchStart, counts),
    r.SearchEnd: st.builds(r.SearchEnd, counts, st.booleans(), st.booleans()),
    r.Stats: st.builds(
        r.Stats,
        counts,
        counts,
        counts,
        st.builds(
            r.StoreHealth,
            st.sampled_from(["memory", "sqlite"]),
            counts,
            counts,
            counts,
            counts,
            times,
            times,
            counts,
            st.none() | clean_texts,
            st.none() | times,
        ),
    ),
    r.People: _people,
    r.Rooms: _rooms,
    r.Overview: st.builds(r.Overview, _rooms, _people),
    r.Profile: st.builds(
        r.Profile,
        nicks,
        st.none() | clean_texts,
        st.lists(rooms, max_size=12).map(tuple),
        times,
        times,
        _maybe_text,
        st.sampled_from(["", "aaaa.bbbb.cccc.ip"]),
        st.booleans(),
        st.sampled_from([(), ("192.0.2.7",)]),
    ),
    r.WasHere: _was_here,
    r.WereHere: st.builds(r.WereHere, nicks, st.lists(_was_here, max_size=3).map(tuple)),
    r.Yourself: st.builds(
        r.Yourself, nicks, st.just((("bot", True), ("hidden", False))), st.booleans()
    ),
    r.Counts: st.builds(r.Counts, *[counts] * 6),
    r.ServerBanList: st.builds(
        r.ServerBanList, st.lists(bans, max_size=3).map(tuple), counts, st.just(1), counts, times
    ),
    r.AccountList: st.builds(
        r.AccountList,
        st.lists(
            st.builds(r.AccountLine, nicks, times, st.booleans(), st.none() | times), max_size=3
        ).map(tuple),
        counts,
        st.just(1),
        counts,
        st.none() | st.just("b*"),
    ),
    r.Audit: st.builds(
        r.Audit,
        st.lists(
            st.builds(
                AuditRecord, times, st.just("root"), nicks.map(str), st.just("::1"), clean_texts
            ),
            max_size=3,
        ).map(tuple),
        counts,
        st.just(1),
        counts,
    ),
    r.Topic: st.builds(r.Topic, rooms, clean_texts, st.none() | nicks, times),
    r.Kept: st.builds(r.Kept, rooms, keeps),
    r.RoomSettings: st.builds(
        r.RoomSettings,
        rooms,
        st.builds(
            Settings,
            *[st.booleans()] * 4,
            st.integers(0, 21_600),
            st.booleans(),
            st.integers(0, 1_000_000),
            *[st.booleans()] * 4,
        ),
        st.booleans(),
        st.none() | nicks.map(str),
        st.lists(st.tuples(nicks.map(str), st.just(("operator", "voice"))), max_size=3).map(tuple),
        times,
    ),
    r.Bans: st.builds(
        r.Bans,
        rooms,
        st.lists(
            st.builds(
                r.BanLine,
                st.booleans(),
                _targets.map(lambda target: target.text),
                nicks.map(str),
                times,
                st.none() | times,
                _maybe_text,
            ),
            max_size=5,
        ).map(tuple),
        counts,
        st.integers(1, 9),
        st.integers(1, 9),
    ),
    r.ProfileValues: st.builds(
        r.ProfileValues,
        nicks | rooms,
        st.lists(st.tuples(_keys, clean_texts), max_size=3).map(tuple),
    ),
    r.Invitations: st.builds(
        r.Invitations,
        st.lists(st.builds(r.InvitationLine, rooms, nicks.map(str), times), max_size=5).map(tuple),
        counts,
        st.integers(1, 9),
        st.integers(1, 9),
    ),
    r.Ignored: st.builds(r.Ignored, st.lists(nicks.map(str), max_size=40).map(tuple)),
    r.Confirmed: st.builds(r.Confirmed, clean_texts),
    r.Notice: st.builds(r.Notice, _codes, clean_texts),
    r.Watched: st.builds(
        r.Watched,
        st.lists(
            st.builds(e.Author, st.just(UserId(1)), nicks, st.just(Scope("s"))), max_size=3
        ).map(tuple),
        _nick_tuples,
        _nick_tuples,
    ),
    r.RecipientAway: st.builds(r.RecipientAway, nicks, clean_texts),
    r.HelpText: st.builds(r.HelpText, _help_lines, st.booleans(), st.booleans()),
    r.Acked: st.builds(r.Acked, ids, times),
    r.Pong: st.builds(r.Pong, clean_texts),
    r.Probe: st.just(r.Probe()),
    r.Farewell: st.builds(r.Farewell, clean_texts),
}

replies: st.SearchStrategy[r.Reply] = st.one_of(*REPLIES.values())
