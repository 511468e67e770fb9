"""A server with an IRC door, in the memory of a test."""

from __future__ import annotations

import re

from tests.doors.house import STRANGER, Address, Guest, House, HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.dialects.irc.dialect import IrcDialect
from twisted_chat.doors.irc.protocol import IrcFactory
from twisted_chat.runtime.clock import wall_of

#: Who does something is written with user name and host, of which most tests need none.
_HOST = re.compile(r"^(:[^ !]+)![^ ]+@[^ ]+")


def irc_door(house: House, password: str = "") -> IrcFactory:
    """Make an IRC door of a server, which clients need the password for, if there is one."""
    sessions = house.sessions
    dialect = IrcDialect(
        "server", "1.0", lambda: sessions.limits, wall_of(sessions.clock), password
    )
    return IrcFactory(sessions, dialect)


class IrcHouseTestCase(HouseTestCase):
    """Tests in which clients of IRC come; the server is called "server"."""

    limits = Limits(flood_burst=10**9, flood_rate=10**9, max_per_address=1000)
    password = ""

    def setUp(self) -> None:
        super().setUp()
        self.door = irc_door(self.house, self.password)

    def comes(self, address: Address = STRANGER) -> Guest:
        """Connect a client."""
        return Guest(self.house, address, self.door)

    def enters(self, nick: str, *rooms: str, caps: str = "") -> Guest:
        """Let a client in, with these capabilities, and into these rooms; what everybody was told of that is read."""
        guest = self.comes()
        if caps:
            guest.types(f"CAP REQ :{caps}")
        guest.types(f"NICK {nick}", f"USER {nick} 0 * :Real {nick}")
        if caps:
            guest.types("CAP END")
        if rooms:
            guest.types(f"JOIN {','.join(rooms)}")
        self.house.hush()
        return guest

    def bare(self, guest: Guest) -> list[str]:
        """Return what a client sees, without user names and hosts."""
        return [_HOST.sub(r"\1", line) for line in guest.sees()]

    def assert_bare(self, guest: Guest, *expected: str) -> None:
        """A client sees these lines, but for user names and hosts."""
        self.assertEqual(self.bare(guest), list(expected))

    def asks(self, guest: Guest, *lines: str) -> list[str]:
        """Let a client send lines; return what it sees then, without user names and hosts."""
        guest.hears()
        guest.types(*lines)
        return self.bare(guest)
