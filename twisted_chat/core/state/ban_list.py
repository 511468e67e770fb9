"""The bans, or the mutes, of a room; those that match a user are found without comparing each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Final

from twisted_chat.core.values.addresses import Network, read_address, read_network
from twisted_chat.core.values.bans import ACCOUNT, Ban, Somebody, look
from twisted_chat.core.values.cloak import neighbourhoods
from twisted_chat.core.values.matcher import Effort, Matcher
from twisted_chat.core.values.names import Nick

_Keys = dict[str, None]


class BanList(MutableMapping[str, Ban]):
    """Bans by the keys of their targets, in the order in which they were made.

    Bans are looked up by name, by what the name looks like, and by session, network and cloak. Only masks of nicknames, and of
    ``nick!user@host``, take more than that, see :mod:`.matcher`. The result of :meth:`find` is the same as comparing each ban
    with :func:`.bans.hits`.
    """

    def __init__(self) -> None:
        self._bans: dict[str, Ban] = {}
        #: By what they are for, with what kind of thing it is in front; the keys of the bans behind that.
        self._found: dict[tuple[str, object], _Keys] = {}
        #: How many bans there are of networks with this version and length of prefix.
        self._prefixes: dict[tuple[int, int], int] = {}
        #: The masks of nicknames, and what these look like.
        self._masks = Matcher()
        #: The same of masks of ``nick!user@host``.
        self._hostmasks = Matcher()

    def __getitem__(self, key: str) -> Ban:
        return self._bans[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bans)

    def __len__(self) -> int:
        return len(self._bans)

    def __setitem__(self, key: str, ban: Ban) -> None:
        old = self._bans.get(key)
        if old is not None:
            self._unindex(key, old)
        self._bans[key] = ban
        for place in _places(ban):
            self._found.setdefault(place, {})[key] = None
        for network in _networks(ban):
            self._found.setdefault(_number(network), {})[key] = None
            prefix = network.version, network.prefixlen
            self._prefixes[prefix] = self._prefixes.get(prefix, 0) + 1
        if (masks := self._masks_of(ban)) is not None:
            masks.add(ban.target.key)
            masks.add(ban.target.look)

    def __delitem__(self, key: str) -> None:
        self._unindex(key, self._bans.pop(key))

    def find(self, who: Somebody, now: float, nick: Nick | None = None) -> Ban | None:
        """Return the ban that matches a user, the longest of several; with ``nick``, as if the user had that nick."""
        return longest(self.of(who, now, nick))

    def of(self, who: Somebody, now: float, nick: Nick | None = None) -> dict[str, Ban]:
        """Return all bans that match a user, by their keys."""
        nick = nick or who.nick
        found: _Keys = {}
        for place in self._asked(who, nick):
            found.update(self._found.get(place, ()))
        for kind, masks, text in self._spelled(who, nick):
            for mask in masks.fitting(text):
                found.update(self._found.get((kind, mask), ()))
        return {key: ban for key in found if not (ban := self._bans[key]).over(now)}

    def weigh(self, who: Somebody, nick: Nick, effort: Effort) -> bool:
        """Compare a user under a nickname with the masks, within the effort; return whether that was enough.

        After that :meth:`find` takes next to no time. Its result does not depend on this.
        """
        return all(masks.weigh(text, effort) for _, masks, text in self._spelled(who, nick))

    def _spelled(self, who: Somebody, nick: Nick) -> Iterator[tuple[str, Matcher, str]]:
        """Yield what is compared with masks, the masks, and the bans that they belong to."""
        names = ("mask", nick.key), ("mask look", look(nick.key))
        for kind, name in names:
            yield kind, self._masks, name
        if self._hostmasks:
            for place in who.user_hosts:
                for kind, name in names:
                    yield f"host{kind}", self._hostmasks, f"{name}!{place}"

    def _masks_of(self, ban: Ban) -> Matcher | None:
        """Return the masks among which a ban belongs, if its target is one."""
        if ban.target.kind == "hostmask":
            return self._hostmasks
        return self._masks if _of_nicks(ban) else None

    def _asked(self, who: Somebody, nick: Nick) -> Iterator[tuple[str, object]]:
        if who.account is not None:
            yield "name", who.account
            yield "account", ACCOUNT + who.account
        yield "look", look(nick.key)
        yield "scope", who.scope
        for host in who.hosts:
            for mask in neighbourhoods(host):
                yield "cloak", mask
        for address in map(read_address, who.addresses.values() if self._prefixes else ()):
            for version, prefix in self._prefixes:
                if address is not None and address.version == version:
                    yield "net", (version, prefix, int(address) >> address.max_prefixlen - prefix)

    def _unindex(self, key: str, ban: Ban) -> None:
        networks = list(_networks(ban))
        for network in networks:
            prefix = network.version, network.prefixlen
            self._prefixes[prefix] -= 1
            if not self._prefixes[prefix]:
                del self._prefixes[prefix]
        for place in (*_places(ban), *map(_number, networks)):
            del self._found[place][key]
            if not self._found[place]:
                del self._found[place]
        if (masks := self._masks_of(ban)) is not None:
            host = "host" if masks is self._hostmasks else ""
            for mask in {ban.target.key, ban.target.look}:
                kinds = f"{host}mask", f"{host}mask look"
                if not any((kind, mask) in self._found for kind in kinds):
                    masks.remove(mask)


_FOREVER: Final = float("inf")


def longest(bans: dict[str, Ban]) -> Ban | None:
    return max(bans.values(), key=lambda ban: ban.until or _FOREVER, default=None)


def _of_nicks(ban: Ban) -> bool:
    return ban.target.kind == "mask" and "." not in ban.target.key


def _places(ban: Ban) -> Iterator[tuple[str, object]]:
    """Yield the keys under which a ban is found, unless it is of a network."""
    target = ban.target
    if _of_nicks(ban) or target.kind == "hostmask":
        host = "host" if target.kind == "hostmask" else ""
        yield f"{host}mask", target.key
        yield f"{host}mask look", target.look
    elif target.kind == "account":
        yield "account", target.key
    elif target.kind == "mask":
        yield "cloak", target.key
    elif target.kind == "name":
        yield "name", target.key
        yield "look", target.look
        if ban.scope is not None:
            yield "scope", ban.scope


def _networks(ban: Ban) -> Iterable[Network]:
    """Return the networks that a ban covers, each once."""
    written = [ban.target.key] if ban.target.kind == "net" else (ban.address or "").split()
    return dict.fromkeys(each for each in map(read_network, written) if each is not None)


def _number(network: Network) -> tuple[str, object]:
    bits = network.max_prefixlen - network.prefixlen
    return "net", (network.version, network.prefixlen, int(network.network_address) >> bits)
