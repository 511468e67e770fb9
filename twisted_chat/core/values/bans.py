"""Bans and mutes: their targets, how targets are written, and which users they match."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, Protocol, get_args

import msgspec

from twisted_chat.core.values.addresses import (
    rate_limit_network,
    read_address,
    read_network,
    spell_network,
)
from twisted_chat.core.values.cloak import HERE, is_cloak_mask, neighbourhoods
from twisted_chat.core.values.confusables import skeleton
from twisted_chat.core.values.masks import (
    MAX_HOSTMASK,
    MAX_MASK,
    fits,
    fits_all,
    is_mask,
    shortened,
)
from twisted_chat.core.values.names import BadName, Nick, check_mask, fold, parse_nick
from twisted_chat.core.values.text import CleanText, shown

#: Whom a ban is for: an account or nickname, an account alone, nicknames or cloaks that fit a mask, those who fit a mask of
#: ``nick!user@host``, an address or network, the addresses that somebody comes from. A mask of cloaks has dots, which no
#: nickname has.
Kind = Literal["name", "account", "mask", "hostmask", "net", "address"]
#: From what somebody can be exempt: from the bans or the mutes of a room, or from having to be invited.
Exempt = Literal["bans", "mutes", "invites"]
EXEMPT: Final[tuple[Exempt, ...]] = get_args(Exempt)

#: ``account:NAME`` is everyone who is logged in to an account, and nobody who only has that name.
ACCOUNT: Final = "account:"
#: ``address:NICK`` stands for all addresses of a user; they are not shown to the person who types it.
ADDRESS_OF: Final = "address:"

_INSTEAD: Final = (
    "Type a nickname or an account, a mask of nicknames such as *spam*, a cloak mask such as "
    "*.PART.PART.ip (/whois NICK shows the cloak), a mask such as *!*@NAME.user, account:NAME, or address:NICK."
)


# What is no address, though it is written like one: with digits, and no letters but those of IPv6.
_RAW: Final = re.compile(
    r"(?=.*[0-9])(?:[0-9.?*]*\.[0-9.?*]*(?:/[0-9]+)?|[0-9a-f:.?*]*:[0-9a-f:.?*]*(?:/[0-9]+)?)"
)
# What no user name has, see :func:`.about.user_name_of`.
_NO_USER: Final = re.compile(r"[^0-9a-z._\-\[\]\\`^{}|~*?]")


# How all hosts end that are shown: those of cloaks, of accounts, and of this machine.
_ENDS: Final = frozenset(("ip", "ip6", "user", HERE))


class BadTarget(ValueError):
    """What is neither a name, nor a mask, nor an address. ``str()`` says what would be."""


class Target(msgspec.Struct, frozen=True, gc=False):
    """The target of a ban. ``text`` is how it is shown; two with one ``key`` are the same; ``look``: the skeleton of the key."""

    kind: Kind
    text: str
    key: str
    look: str = ""

    @property
    def public(self) -> str:
        """How it is shown to members of a room: addresses are for operators."""
        return "an address" if self.kind == "net" else self.text


class Ban(msgspec.Struct, frozen=True, gc=False):
    """A ban or a mute; times are seconds since 1970, ``until`` 0.0 is for ever; ``by`` is a nick.

    A guest can change their nick, so ``scope`` is that of the session, for a guest who is here. ``address`` stands for the
    addresses of a user, separated by spaces. Both are only compared, and never shown.
    """

    target: Target
    by: str
    time: float
    until: float = 0.0
    reason: CleanText | None = None
    scope: str | None = None
    address: str | None = None

    def over(self, now: float) -> bool:
        """Return whether it has expired."""
        return 0.0 < self.until <= now


class Somebody(Protocol):
    """The data of a user that bans are compared with."""

    @property
    def nick(self) -> Nick: ...
    @property
    def account(self) -> str | None: ...
    @property
    def scope(self) -> str: ...
    @property
    def addresses(self) -> Mapping[Any, str]: ...
    @property
    def hosts(self) -> Iterable[str]: ...
    @property
    def user_hosts(self) -> Iterable[str]: ...


def read_target(word: str) -> Target:
    """Read a target: a nickname or account, a mask, an address or a network, or ``address:NICK``.

    A mask may be one that fits nobody, see :func:`fits_nobody`: it may have been set when that was not looked at.

    Raises :class:`BadTarget`, or :class:`twisted_chat.core.values.names.BadName` for what can only have been meant as a name.
    """
    if word.lower().startswith(ADDRESS_OF):
        return address_of(parse_nick(word[len(ADDRESS_OF) :]))
    if word.lower().startswith(ACCOUNT):
        nick = parse_nick(word[len(ACCOUNT) :])
        return Target("account", ACCOUNT + nick.text, ACCOUNT + nick.key)
    if "!" in word or "@" in word[1:]:
        return _read_hostmask(word)
    if is_mask(word) or is_cloak_mask(fold(word)):
        mask = shortened(word)
        if len(mask) > MAX_MASK:
            raise BadTarget(f"A mask can have at most {MAX_MASK} characters.")
        key = fold(mask)
        return Target("mask", mask, key, look(key))
    if "." in word or ":" in word or "/" in word:
        network = _network(word)
        if network is None:
            raise BadTarget(f"{shown(word)} matches nobody. {_INSTEAD}")
        return Target("net", spell_network(network), str(network))
    return named(parse_nick(word))


def _read_hostmask(word: str) -> Target:
    """Read a mask of ``nick!user@host``; what is left out of it may be anything."""
    nick, bang, rest = word.partition("!")
    user, _, host = (rest if bang else word).partition("@")
    mask = shortened(f"{(bang and nick) or '*'}!{user or '*'}@{host or '*'}")
    if len(mask) > MAX_HOSTMASK:
        raise BadTarget(f"A mask of nick!user@host can have at most {MAX_HOSTMASK} characters.")
    key = fold(mask)
    name, bang, rest = key.partition("!")
    return Target("hostmask", mask, key, look(name) + bang + rest)


def named(nick: Nick, account: str | None = None) -> Target:
    """Return a user as a target: by account, or else by nick."""
    if account is not None and account != nick.key:
        return Target("name", account, account, look(account))
    return Target("name", nick.text, nick.key, look(nick.key))


def address_of(nick: Nick) -> Target:
    """Return the address of a user as a target."""
    return Target("address", ADDRESS_OF + nick.text, ADDRESS_OF + nick.key)


def fits_nobody(target: Target) -> str | None:
    """Return why a mask can match nobody, and what to write instead; None if it can, or is not a mask."""
    if target.kind not in ("mask", "hostmask") or is_cloak_mask(target.key):
        return None
    nick, user, host = target.key, "*", "*"
    if target.kind == "hostmask":
        nick, _, rest = nick.partition("!")
        user, _, host = rest.partition("@")
    if any(each in nick for each in "@!.:/") or _NO_USER.search(user) or "@" in host:
        return f"{target.text} matches nobody. {_INSTEAD}"
    last = host.rpartition(".")[2]
    if _RAW.fullmatch(host) is not None or not ("*" in last or "?" in last or last in _ENDS):
        return f"{target.text} matches nobody, because nobody is shown with such a host. {_INSTEAD}"
    try:
        check_mask(nick)
    except BadName as bad:
        return f"{target.text} matches nobody: {bad}."
    return None


def everybody(target: Target) -> bool:
    """Return whether a target matches everyone."""
    if target.kind == "net":
        network = _network(target.key)
        return network is not None and network.prefixlen == 0
    if target.kind == "hostmask":
        return all(map(fits_all, target.key.replace("~", "").replace("@", "!").split("!")))
    return target.kind == "mask" and (fits_all(target.key) or target.key in ("*.ip", "*.ip6"))


def own_machine(target: Target) -> bool:
    """Return whether a target is the server's own machine, whose users have no address that a ban could match."""
    network = _network(target.key) if target.kind == "net" else None
    return network is not None and network.is_loopback


def homes(addresses: Iterable[str]) -> str | None:
    """Return the networks that stand for the owners of addresses, as in :class:`Ban`; None if all are this machine, or none."""
    found = [each for address in addresses if (each := _address(address)) is not None]
    return (
        " ".join(dict.fromkeys(spell_network(rate_limit_network(each)) for each in found)) or None
    )


def hits(ban: Ban, who: Somebody, nick: Nick | None = None) -> bool:
    """Return whether a ban matches a user; with ``nick``, as if the user had that nick."""
    nick, target, account = nick or who.nick, ban.target, who.account
    match target.kind:
        case "net":
            return any(_lies_in(address, target.key) for address in who.addresses.values())
        case "mask" if "." in target.key:
            return any(target.key in neighbourhoods(host) for host in who.hosts)
        case "mask":
            key, seen = nick.key, look(nick.key)
            same = key == seen and target.key == target.look  # as nearly always
            return fits(target.key, key) or (not same and fits(target.look, seen))
        case "hostmask":
            names = ((target.key, nick.key), (target.look, look(nick.key)))
            return any(
                fits(mask, f"{name}!{place}") for mask, name in names for place in who.user_hosts
            )
        case "account":
            return account is not None and target.key == ACCOUNT + account
        case "address":
            places = (ban.address or "").split()
            return any(_lies_in(it, place) for it in who.addresses.values() for place in places)
        case "name":  # pragma: no branch (mypy sees a missing case)
            if account == target.key or target.look == look(nick.key):
                return True
            return ban.scope is not None and ban.scope == who.scope


@functools.lru_cache(maxsize=4096)
def look(key: str) -> str:
    """Return what the key of a nickname looks like."""
    return skeleton(key)


# Reading a network takes longer than all the rest.
_network: Final = functools.lru_cache(maxsize=4096)(read_network)
_address: Final = functools.lru_cache(maxsize=4096)(read_address)


def _lies_in(address: str, network: str) -> bool:
    one, all_ = _address(address), _network(network)
    return one is not None and all_ is not None and one in all_
