"""Accounts, and proofs that a session belongs to one."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import CleanText

#: Who may send a user private messages: everyone, people with an account, or people who share a room with them.
Privacy = Literal["all", "accounts", "rooms"]

#: Who can register: everyone, people with an invitation code, or nobody.
Registration = Literal["open", "invite", "closed"]

#: The longest password, in UTF-8 bytes: beyond what anybody types, and what a password manager makes.
MAX_PASSWORD: Final = 1024

#: What set the password of an account that never had one here: a file of the server has it, and reserves the name.
KEPT_ELSEWHERE: Final = MessageId(0)


class Proof(msgspec.Struct, frozen=True, gc=False):
    """A proof that a session belongs to an account: its key, and the event that set the password that was given.

    It becomes worthless when the password is changed, or the account is deleted and its name belongs to another person.
    ``outside``: the password is not ours, and another source vouches for it; there may be no account here yet.
    """

    account: str
    since: MessageId = MessageId(0)
    outside: bool = False


class Account(msgspec.Struct, frozen=True, gc=False):
    """An account, known by the key of its name.

    ``created`` is in seconds since 1970; ``since`` is the event that set its password; ``ignored``: the nick keys of the users
    it ignores, with how the nicks were typed; ``profile``: what its profile says, see :mod:`.profile`.
    """

    name: Nick
    created: float
    since: MessageId
    privacy: Privacy = "all"
    ignored: tuple[tuple[str, str], ...] = ()
    profile: tuple[tuple[str, CleanText], ...] = ()

    @property
    def key(self) -> str:
        return self.name.key

    @property
    def proof(self) -> Proof:
        return Proof(self.key, self.since)


#: The most places that are known of one account: home, work, a telephone, and some more.
MAX_PLACES: Final = 8


#: The most accounts of which places are known, some 20 MB of them. One that is forgotten is guarded as from a strange place.
MAX_ACCOUNTS: Final = 20_000


#: How long a place is known after the last login from there, in seconds: an owner who returns after a long summer is known.
KNOWN_FOR: Final = 90 * 24 * 60 * 60


class KnownNetwork(msgspec.Struct, frozen=True, gc=False):
    """A place that an account was entered from, and when that was last. The digest tells nobody without the key where it is."""

    account: str
    digest: str
    seen: float
