"""All topics of the rules, and where the hub finds what they say of each command and each event."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.rules.accounts import Accounts
from twisted_chat.core.rules.deletion import Deletion
from twisted_chat.core.rules.listings import Listings
from twisted_chat.core.rules.login import Login
from twisted_chat.core.rules.messages import Messages
from twisted_chat.core.rules.moderation import Moderation
from twisted_chat.core.rules.ownership import Ownership
from twisted_chat.core.rules.people import People
from twisted_chat.core.rules.presence import Presence
from twisted_chat.core.rules.private import Private
from twisted_chat.core.rules.profiles import Profiles
from twisted_chat.core.rules.reading import Reading
from twisted_chat.core.rules.renaming import Renaming
from twisted_chat.core.rules.room_settings import RoomSettings
from twisted_chat.core.rules.rooms import Rooms
from twisted_chat.core.rules.server import Server
from twisted_chat.core.rules.watching import Watch
from twisted_chat.core.state.state import State

#: All topics. Each command and each event is in the table of one of them.
TOPICS: Final = (
    Messages,
    Deletion,
    Private,
    Reading,
    Rooms,
    RoomSettings,
    Moderation,
    Ownership,
    Accounts,
    Login,
    Renaming,
    Presence,
    People,
    Profiles,
    Server,
    Watch,
    Listings,
)


class Rules:
    """What the topics say of each command and each event, for one state."""

    def __init__(self, state: State) -> None:
        topics = [topic(state) for topic in TOPICS]
        self.commands = {kind: do for topic in topics for kind, do in topic.commands.items()}
        self.events = {kind: rule for topic in topics for kind, rule in topic.events.items()}
        self.proven = {kind: do for topic in topics for kind, do in topic.proven.items()}
        self.before_login = frozenset().union(*(topic.before_login for topic in topics))
        (self.messages,) = (topic for topic in topics if isinstance(topic, Messages))
        (self.deletion,) = (topic for topic in topics if isinstance(topic, Deletion))
