"""What only the session that asked gets: refusals, lists, confirmations. A reply is never on the bus."""

from __future__ import annotations

from twisted_chat.core.api.replies.base import Acked, BaseReply, Confirmed, Notice, Refused
from twisted_chat.core.api.replies.history import (
    HistoryEnd,
    HistoryStart,
    Missed,
    MissedRoom,
    ReadUntil,
    ReadUpTo,
    RecentPlaces,
    SearchEnd,
    SearchStart,
    WaitingEnd,
    WaitingStart,
)
from twisted_chat.core.api.replies.login import (
    Authenticated,
    Greeting,
    Hint,
    NameRefused,
    NickPassword,
    PasswordNeeded,
    Welcome,
)
from twisted_chat.core.api.replies.people import (
    Ignored,
    Overview,
    People,
    Person,
    Profile,
    ProfileValues,
    RecipientAway,
    WasHere,
    Watched,
    WereHere,
    Yourself,
)
from twisted_chat.core.api.replies.rooms import (
    BanLine,
    Bans,
    Entered,
    FocusSet,
    InvitationLine,
    Invitations,
    Kept,
    RoomLine,
    RoomReply,
    Rooms,
    RoomSettings,
    Topic,
)
from twisted_chat.core.api.replies.server import (
    AccountLine,
    AccountList,
    Audit,
    Counts,
    Farewell,
    HelpLine,
    HelpText,
    Pong,
    Probe,
    ServerBanList,
    Stats,
    StoreHealth,
)

AnyRoomReply = RoomSettings | Bans | Invitations

#: Replies about people and rooms that are there, and people who were.
AnyListing = People | Rooms | Overview | Profile | WasHere | WereHere | Yourself | Counts | Watched

Reply = (
    Refused
    | PasswordNeeded
    | NameRefused
    | NickPassword
    | Authenticated
    | Greeting
    | Welcome
    | Hint
    | Entered
    | FocusSet
    | HistoryStart
    | HistoryEnd
    | WaitingStart
    | WaitingEnd
    | Missed
    | ReadUpTo
    | ReadUntil
    | RecentPlaces
    | SearchStart
    | SearchEnd
    | People
    | Rooms
    | Overview
    | Profile
    | ProfileValues
    | WasHere
    | WereHere
    | Yourself
    | Counts
    | ServerBanList
    | AccountList
    | Audit
    | Topic
    | Kept
    | AnyRoomReply
    | Stats
    | Ignored
    | Confirmed
    | Notice
    | RecipientAway
    | Watched
    | HelpText
    | Acked
    | Pong
    | Probe
    | Farewell
)

__all__ = [
    "AccountLine",
    "AccountList",
    "Acked",
    "AnyListing",
    "AnyRoomReply",
    "Audit",
    "Authenticated",
    "BanLine",
    "Bans",
    "BaseReply",
    "Confirmed",
    "Counts",
    "Entered",
    "Farewell",
    "FocusSet",
    "Greeting",
    "HelpLine",
    "HelpText",
    "Hint",
    "HistoryEnd",
    "HistoryStart",
    "Ignored",
    "InvitationLine",
    "Invitations",
    "Kept",
    "Missed",
    "MissedRoom",
    "NameRefused",
    "NickPassword",
    "Notice",
    "Overview",
    "PasswordNeeded",
    "People",
    "Person",
    "Pong",
    "Probe",
    "Profile",
    "ProfileValues",
    "ReadUntil",
    "ReadUpTo",
    "RecentPlaces",
    "RecipientAway",
    "Refused",
    "Reply",
    "RoomLine",
    "RoomReply",
    "RoomSettings",
    "Rooms",
    "SearchEnd",
    "SearchStart",
    "ServerBanList",
    "Stats",
    "StoreHealth",
    "Topic",
    "WaitingEnd",
    "WaitingStart",
    "WasHere",
    "Watched",
    "Welcome",
    "WereHere",
    "Yourself",
]
