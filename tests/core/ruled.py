"""What the tests of roles, bans and settings share: a room with everybody it takes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.commands import Command
from twisted_chat.core.api.events import Envelope
from twisted_chat.core.api.replies import PasswordNeeded, Refused, Reply
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules.decisions import Propose, SendReply
from twisted_chat.core.rules.outcomes import Applied, Rejected
from twisted_chat.core.state.room import Room
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.room_settings import Roles

DEV = room("dev")


def roles(*some: str) -> Roles:
    return frozenset(some)  # type: ignore[arg-type]


def typed(line: str) -> Command:
    """Return the command of a line such as ``ban eve 2h``."""
    name, _, rest = line.partition(" ")
    return COMMANDS[name].parse(rest)


def give_account(world: World, seat: Seat, account: str) -> None:
    """Let the user of a session be logged in with an account."""
    number = world.user(seat).id
    for hub in world.hubs.values():
        hub.state.set_account(hub.state.users[number], account)


class RuledCase(SynchronousTestCase):
    """Olga owns #dev and Otto is operator there, Vera has voice, Eve none; Carl is not there.

    Olga, Otto and Vera have accounts of their names; Eve and Carl are guests. Each comes from an address of its own.
    """

    limits: Limits | None = None

    def setUp(self) -> None:
        self.world = World(limits=self.limits)
        self.olga, self.otto, self.vera, self.eve, self.carl = (
            self.comes(name, f"192.0.2.{number}")
            for number, name in enumerate(("olga", "otto", "vera", "eve", "carl"), 1)
        )
        for seat, name in ((self.olga, "olga"), (self.otto, "otto"), (self.vera, "vera")):
            give_account(self.world, seat, name)
        for seat in (self.olga, self.otto, self.vera, self.eve):
            self.world.do(seat, c.Join(DEV))
        self.done(self.olga, "op otto")
        self.done(self.olga, "register-room")
        self.done(self.olga, "voice vera")

    @property
    def dev(self) -> Room:
        found = self.world.hub.state.room_named(DEV)
        assert found is not None
        return found

    def comes(self, name: str, address: str = "", cloaked: str = "somewhere") -> Seat:
        seat = self.world.open()
        self.world.session(seat).host = cloaked
        self.world.session(seat).address = address
        self.world.do(seat, c.Login(nick(name)))
        self.world.do(seat, c.Join(room("lobby")))
        return seat

    def let_ban_networks(self, *seats: Seat) -> None:
        """Make sessions those of server operators."""
        for seat in seats:
            self.world.session(seat).operator = "root"

    def done(self, seat: Seat, line: str) -> Envelope:
        """Give a command that must be carried out; return what is shown of it."""
        decision = self.world.do(seat, typed(line))
        assert isinstance(decision, Propose), decision
        outcome = self.world.outcomes[seat.node][-1]
        assert isinstance(outcome, Applied), outcome
        return outcome.envelope

    def refused(self, seat: Seat, line: str) -> Refused:
        return self.world.refusal(seat, typed(line))

    def code(self, seat: Seat, line: str) -> str:
        """Return the code with which a command is refused."""
        return self.refused(seat, line).code

    def answer(self, seat: Seat, line: str) -> Reply:
        decision = self.world.decide(seat, typed(line))
        assert isinstance(decision, SendReply), decision
        return decision.reply

    def enters(self, seat: Seat, password: str | None = None) -> str:
        """Try to enter #dev; return why that was refused, "" if it was not."""
        decision = self.world.do(seat, c.Join(DEV, password))
        if isinstance(decision, Propose):
            return ""
        assert isinstance(decision, SendReply)
        if isinstance(decision.reply, PasswordNeeded):
            return "password"
        assert isinstance(decision.reply, Refused), decision
        return decision.reply.code

    def speaks(self, seat: Seat) -> str:
        """Try to say something in #dev; return why that was refused, "" if it was not."""
        decision = self.world.do(seat, c.Say(lines("hi"), DEV))
        if isinstance(decision, Propose):
            assert isinstance(self.world.outcomes[seat.node][-1], Applied)
            return ""
        assert isinstance(decision, SendReply) and isinstance(decision.reply, Refused)
        return decision.reply.code

    def roles_of(self, seat: Seat) -> Roles:
        return self.dev.members[self.world.user(seat).id]

    def is_in(self, seat: Seat) -> bool:
        return self.world.user(seat).id in self.dev.members

    def late(self, *asked: tuple[Seat, str]) -> list[str]:
        """Let several ask before the first is applied; return for each why it was voided, "" if it was not."""
        self.world.instant = False
        before = len(self.world.order)
        for seat, line in asked:
            decision = self.world.do(seat, typed(line))
            assert isinstance(decision, Propose), decision
        self.world.settle()
        self.world.instant = True
        found = []
        for outcome in self.world.outcomes[asked[0][0].node][before:]:
            why = outcome.why if isinstance(outcome, Rejected) else None
            assert why is None or isinstance(why, Refused)
            found.append(why.code if why is not None else "")
        return found
