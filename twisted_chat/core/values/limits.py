"""Every limit of the server, in one place, with the reason for its default.

The options of ``twistd chat`` and the keys of the configuration file are made from the fields of :class:`Limits`, so
a limit added here can be configured at once.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from twisted_chat.core.values.retention import Keep


def _doc(text: str, *, least: int = 1) -> msgspec.Meta:
    """Describe a limit: the text is its line in ``--help``."""
    return msgspec.Meta(ge=least, description=text)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The limits of one server. Sizes are bytes, times are seconds, unless the name says otherwise."""

    # As Ergo's multi-line limit: a screenful of text, far under what a terminal client can be hurt by.
    max_text: Annotated[int, _doc("longest message, in UTF-8 bytes")] = 4096
    # A message of 4,096 bytes may triple when a client escapes it (\uXXXX), and there are the other fields.
    max_object: Annotated[int, _doc("longest JSON object, in bytes")] = 16 * 1024
    # Nobody types a line that long; a client that gets here is not chatting.
    max_endless: Annotated[int, _doc("bytes without a line end before a connection is closed")] = (
        1024 * 1024
    )
    login_time: Annotated[int, _doc("seconds to pick a nickname before a connection is closed")] = (
        60
    )
    # A household or a class behind one address; Ergo allows 16, and a load test runs on loopback, which is exempt.
    max_per_address: Annotated[
        int, _doc("connections from one address (IPv4) or /64 (IPv6); this machine is exempt")
    ] = 64
    max_rooms: Annotated[int, _doc("rooms one user can be in")] = 100
    # As Ergo's limit of registered channels.
    max_owned: Annotated[int, _doc("rooms one account can own")] = 15
    # As one list they are compared with everyone who joins: a full one takes a fifth of a millisecond, whatever its masks are.
    max_bans: Annotated[
        int, _doc("bans in one room; the limit for mutes and for invitations is the same")
    ] = 500
    # As many as Ergo keeps of one private conversation, twice; and a tenth from one who writes on and on to nobody.
    max_waiting: Annotated[
        int, _doc("private messages that wait for one account that is not here")
    ] = 500
    max_waiting_from: Annotated[
        int, _doc("of these, messages from one account, or from all guests together")
    ] = 50
    max_topic: Annotated[int, _doc("longest topic, in UTF-8 bytes")] = 390
    max_away: Annotated[int, _doc("longest away text or reason, in UTF-8 bytes")] = 390
    # As that of Ergo.
    max_real_name: Annotated[int, _doc("longest real name, in UTF-8 bytes")] = 150
    # As Ergo; a client with more friends than that asks by WHO.
    max_watched: Annotated[int, _doc("names one session can watch")] = 100
    flood_burst: Annotated[int, _doc("lines a user can send at once")] = 20
    flood_rate: Annotated[int, _doc("lines a second a user can send after that")] = 10
    # A thousand people behind one address who talk all the time, and pastes, for eight seconds' worth may come at once. And a
    # twentieth of a core, for the bytes that are the slowest to read.
    byte_rate: Annotated[
        int,
        _doc(
            "bytes a second read from one address or /64; four times as many from one /24, /56 or /48; this machine is exempt"
        ),
    ] = 256 * 1024
    send_buffer: Annotated[
        int, _doc("kernel send buffer of a connection (SO_SNDBUF), in bytes")
    ] = 128 * 1024
    batch_size: Annotated[
        int, _doc("bytes of a room's lines collected before they are sent early")
    ] = 64 * 1024
    max_queue: Annotated[
        int, _doc("bytes that may wait for a slow reader before it is disconnected")
    ] = 256 * 1024
    # A thousand readers that are each as far behind as they may be; what a small machine can spare.
    max_backlog: Annotated[
        int,
        _doc(
            "bytes that may wait in all, for slow readers and from fast senders; above it, those with the most are disconnected"
        ),
    ] = 256 * 1024 * 1024
    # Measured with 200 lines a second to 200 members: 8 cost no less, and their p99 was 12 ms instead of 10.
    linger: Annotated[
        int,
        _doc(
            "milliseconds that lines of a busy room may wait to be sent together; 0: no wait",
            least=0,
        ),
    ] = 7
    ping_after: Annotated[int, _doc("seconds of silence before a JSON client is pinged")] = 120
    ping_wait: Annotated[
        int, _doc("seconds to answer a ping, for a client that has answered one before")
    ] = 30
    crowd_size: Annotated[
        int, _doc("members above which a room's joins and leaves are combined")
    ] = 100
    crowd_time: Annotated[
        int, _doc("seconds for which a crowded room's joins and leaves are combined")
    ] = 5
    history_lines: Annotated[int, _doc("lines of history shown at a join", least=0)] = 20
    # They are read and sent a hundred at a time, so this bounds how long one answer goes on, not what it holds in memory.
    max_history: Annotated[int, _doc("lines one request for history can ask for")] = 10_000
    # A screenful or two: a person who gets more would not read it, but narrow the search.
    max_found: Annotated[int, _doc("lines one search can find")] = 50
    # People expect to find what was said; operators who must keep less, by law or for lack of space, say so.
    keep_days: Annotated[int, _doc("days for which history is kept; 0: no limit", least=0)] = 0
    keep_lines: Annotated[
        int, _doc("messages of history kept of each room; 0: no limit", least=0)
    ] = 0
    # Enough for accounts to go on for days after guests are no longer kept, and for the database to be compacted in part.
    min_free: Annotated[
        int,
        _doc(
            "free bytes on the disk below which messages of guests in rooms are not kept; 0: always keep them",
            least=0,
        ),
    ] = 256 * 1024 * 1024
    # 160,000 lines of 100 bytes: 800 for each of two hundred people behind one address. Full flood would be 3.5 GB.
    max_guest_day: Annotated[
        int,
        _doc(
            "bytes a day kept of messages in rooms by guests of one address or /64; 0: no limit; this machine is exempt",
            least=0,
        ),
    ] = 16 * 1024 * 1024
    # As slow as guessing has to be; an owner who mistypes twice still gets in at once.
    login_tries: Annotated[
        int,
        _doc(
            "wrong passwords in 60 seconds for an account from one network; "
            "for an account, or from a network, in all: 10 times as many"
        ),
    ] = 3
    # NIST SP 800-63B, 5.1.1.2, asks for 8.
    min_password: Annotated[int, _doc("characters that a new password needs at least")] = 8
    registrations: Annotated[int, _doc("accounts registered in 3,600 seconds from one address")] = 5
    auto_away: Annotated[
        int, _doc("minutes of silence after which people are marked as away; 0: never", least=0)
    ] = 0
    last_seen: Annotated[
        int,
        _doc(
            "days for which accounts can see when another account was last here; 0: never, and the time is not stored",
            least=0,
        ),
    ] = 365
    page_size: Annotated[int, _doc("names on one page of a list")] = 50
    # Sent ids are remembered so that a resend is not said twice: 24 hours, and at most this many a client. A client
    # resends what it has not seen acknowledged, which is a few lines; this is half an hour at full flood rate.
    max_ids: Annotated[int, _doc("message ids remembered for one client, for 24 hours")] = 20_000

    def most_kept(self) -> Keep:
        """Return how much of a room's history is kept at most."""
        return Keep(self.keep_days, self.keep_lines)


#: How long a client's message ids and its session token are remembered, in seconds (24 hours).
REMEMBERED: Final = 24 * 60 * 60
