"""The tables, the same for SQLite and PostgreSQL, as the last migration leaves them.

What is searched (``messages_words``) differs between the databases: see :mod:`twisted_chat.store.sql.words`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

#: The version of these tables: the name of the last migration.
HEAD: Final = "0013"

metadata: Final = MetaData()

# In SQLite only a column of exactly this type is the row's own number, which needs no index besides.
_ID: Final = BigInteger().with_variant(Integer, "sqlite")

#: ``author`` is the row of :data:`authors` that says who it was; ``text`` holds the lines, parted by LF. ``extras``: what few
#: have besides, as JSON: see :class:`twisted_chat.core.values.extras.Extras`.
messages: Final = Table(
    "messages",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("room", BigInteger, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("time", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tag", Text),
    Column("text", Text, nullable=False),
    Column("extras", Text),
    Index("messages_by_room", "room", "id"),
)

#: Authors as they were when they spoke, one row for all they said as such: ``id`` is the first message of these. Of an
#: account that is gone, ``account`` is what nobody can be: see :func:`twisted_chat.store.sql.accounts.gone_account`.
authors: Final = Table(
    "authors",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("user", BigInteger, nullable=False),
    Column("nick", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("account", Text),
    Column("host", Text, nullable=False),
    Column("real_name", Text, nullable=False),
    Column("bot", Boolean, nullable=False),
    Column("user_name", Text, nullable=False, server_default=""),
    Column("account_name", Text, nullable=False, server_default=""),
    Index("authors_by_key", "key"),
)

#: Rooms as they come back after a restart. ``operators``: public scopes, separated by spaces. ``standing``: settings, roles and
#: bans, as JSON: see :class:`twisted_chat.store.sql.rows.Standing`.
rooms: Final = Table(
    "rooms",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("password", Text),
    Column("topic", Text, nullable=False),
    Column("topic_by", Text),
    Column("topic_time", Double, nullable=False),
    Column("operators", Text, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("keep_lines", Integer, nullable=False),
    Column("standing", Text, nullable=False, server_default="{}"),
)

#: Rooms that are gone, and whose messages are being deleted in the background.
forgotten: Final = Table(
    "forgotten", metadata, Column("room", _ID, primary_key=True, autoincrement=False)
)

#: What accounts have said, in one room or in all (NULL), up to the message ``id``, and is being deleted in the background.
#: Up to ``done`` that is done.
erased: Final = Table(
    "erased",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("room", BigInteger),
    Column("done", BigInteger, nullable=False),
)

#: The participants of private conversations: accounts or, for messages of guests that wait, guests (the empty key). The
#: messages are in :data:`messages`, with the conversation for the room; ids of conversations are below zero.
talks: Final = Table(
    "talks",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("one", Text, nullable=False),
    Column("other", Text, nullable=False),
)

#: Private messages that wait for an account that is not here, and whose they are: an account's, or a guest's (empty).
waiting: Final = Table(
    "waiting",
    metadata,
    Column("message", _ID, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Index("waiting_by_account", "account"),
)

#: Up to which message an account has read in a room or a conversation.
markers: Final = Table(
    "markers",
    metadata,
    Column("account", Text, primary_key=True),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, nullable=False),
    Index("markers_by_place", "place"),
)

#: Until when an account has read, in milliseconds since 1970, by the key of a name.
read_times: Final = Table(
    "read_times",
    metadata,
    Column("account", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("time", BigInteger, nullable=False),
)

#: When the scopes of session tokens were last in use, and from which network: of its cloak, what all of it have.
scopes: Final = Table(
    "scopes",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("seen", Double, nullable=False),
    Column("network", Text, nullable=False, server_default=""),
)

#: The ids that clients gave to messages, public or private.
sent: Final = Table(
    "sent",
    metadata,
    Column("message", _ID, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("time", Double, nullable=False),
)

#: Accounts by the keys of their names. ``since``: the event that set the password. ``ignored``: a line for each, key and name.
accounts: Final = Table(
    "accounts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("privacy", Text, nullable=False),
    Column("ignored", Text, nullable=False),
    Column("profile", Text, nullable=False, server_default="{}"),
)

#: What is stored of the passwords of accounts.
passwords: Final = Table(
    "passwords",
    metadata,
    Column("account", Text, primary_key=True),
    Column("hash", Text, nullable=False),
)

#: Which scopes may come back as which account, as long as ``since`` is what it is there.
logins: Final = Table(
    "logins",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

#: From where accounts were entered, and when last: keyed digests, of which nobody can tell what they stand for.
places: Final = Table(
    "places",
    metadata,
    Column("account", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("seen", Double, nullable=False),
    Index("places_by_time", "seen"),
)

#: Invitations, by the digests of their codes, and when they end.
invites: Final = Table(
    "invites",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("until", Double, nullable=False),
)

#: The bans from the server.
server_bans: Final = Table(
    "server_bans",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("until", Double),
    Column("reason", Text, nullable=False),
    Index("server_bans_by_time", "since"),
)

#: What server operators did. Rows are added, and deleted after a year, never changed.
audit: Final = Table(
    "audit",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("operator", Text, nullable=False),
    Column("nick", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("what", Text, nullable=False),
    Index("audit_by_time", "time"),
)

#: When somebody with an account, by its key, was here last.
last_seen: Final = Table(
    "last_seen",
    metadata,
    Column("account", Text, primary_key=True),
    Column("time", Double, nullable=False),
)

#: ``secret``: the key of what others see of addresses, in hexadecimal. ``panic``: the lockdown level.
settings: Final = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: ``ids``: the next id that no block holds yet. ``indexed``: up to where messages can be searched by their words.
counters: Final = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
