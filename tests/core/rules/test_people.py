"""What people say and set about themselves, who was here, and how many there are."""

from __future__ import annotations

from tests.core.rules.cases import AccountCase, ChatCase
from tests.core.world import NOW, Seat, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules import people
from twisted_chat.core.rules.decisions import Ignoring, LastSeen, SendReply
from twisted_chat.core.rules.outcomes import Near
from twisted_chat.core.values.about import About, UserChange
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText


class PeopleCase(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.world.enter("bob")
        self.eve = self.world.enter("eve")

    def reply(self, seat: Seat, command: c.Command) -> r.Reply:
        decision = self.world.decide(seat, command)
        assert isinstance(decision, SendReply), decision
        return decision.reply

    def set(self, seat: Seat, *changes: UserChange) -> None:
        self.world.do(seat, c.ChangeUser(changes))

    def oper(self, seat: Seat, name: str | None = "root") -> None:
        self.world.publish(self.world.hubs[seat.node].make_operator(seat.session, name, NOW))


class SelfTests(PeopleCase):
    def test_real_name_is_shown_to_who_shares_a_room(self) -> None:
        self.world.do(self.bob, c.SetRealName(CleanText("Bob B.")))
        happened = self.happened()
        self.assertEqual(happened.audience, Near(tuple(self.world.user(self.bob).rooms), True))
        told = self.reply(self.eve, c.Whois(nick("bob")))
        assert isinstance(told, r.Profile)
        self.assertEqual(told.real_name, "Bob B.")

    def test_long_real_name_is_refused(self) -> None:
        long = c.SetRealName(CleanText("x" * 151))
        self.assertEqual(self.world.refusal(self.bob, long).code, "too-long")

    def test_what_is_set_shows_in_the_answer_and_to_ones_own_sessions(self) -> None:
        self.set(self.bob, ("bot", True), ("wallops", True))
        self.assertEqual(self.happened().effects[0], f.ShowOwn())
        settings: tuple[UserChange, ...]
        settings = (("bot", True), ("hidden", False), ("no-ctcp", False), ("wallops", True))
        told = r.Yourself(nick("bob"), settings, operator=False)
        self.assertEqual(self.reply(self.bob, c.ShowUser()), told)
        self.assertTrue(self.world.user(self.bob).author.bot)

    def test_all_sessions_of_a_user_look_alike(self) -> None:
        ann = self.world.register("ann")
        again = self.world.login("ann")
        self.world.do(ann, c.SetRealName(CleanText("Ann A.")))
        author = self.world.user(again).sessions[again.node, again.session]
        self.assertEqual(author.real_name, "Ann A.")


class HiddenTests(PeopleCase):
    def listed(self, seat: Seat) -> tuple[list[str], int]:
        told = self.reply(seat, c.Who())
        assert isinstance(told, r.People)
        return [person.nick.text for person in told.people], told.count

    def test_hidden_are_listed_to_who_shares_a_room(self) -> None:
        self.set(self.bob, ("hidden", True))
        self.assertEqual(self.listed(self.eve), (["bob", "eve"], 2))
        self.world.do(self.eve, c.Leave())
        self.assertEqual(self.listed(self.eve), (["eve"], 1))
        self.assertEqual(self.listed(self.bob), (["bob", "eve"], 2))
        self.set(self.bob, ("hidden", False))
        self.assertEqual(self.listed(self.eve), (["bob", "eve"], 2))

    def test_hidden_are_listed_to_operators_of_the_server(self) -> None:
        self.set(self.bob, ("hidden", True))
        self.world.do(self.eve, c.Leave())
        self.oper(self.eve)
        self.assertEqual(self.listed(self.eve), (["bob", "eve"], 2))

    def test_rooms_of_somebody_hidden_are_told_to_who_is_there(self) -> None:
        self.world.do(self.bob, c.Join(room("dev")))
        self.set(self.bob, ("hidden", True))
        told = self.reply(self.eve, c.Whois(nick("bob")))
        assert isinstance(told, r.Profile)
        self.assertEqual(told.rooms, (room("lobby"),))

    def test_who_is_gone_is_hidden_no_more(self) -> None:
        self.set(self.bob, ("hidden", True))
        self.world.close(self.bob)
        self.assertEqual(self.state.hidden, {})


class OperatorTests(PeopleCase):
    def test_everybody_can_know_operators_of_the_server(self) -> None:
        self.oper(self.bob)
        told = self.reply(self.eve, c.Who())
        assert isinstance(told, r.People)
        self.assertEqual([each.server_operator for each in told.people], [True, False])
        self.assertEqual(self.happened().effects, (f.ShowOrigin(),))

    def test_the_user_is_one_as_long_as_a_session_is(self) -> None:
        ann = self.world.register("ann")
        again = self.world.login("ann")
        self.oper(ann)
        self.oper(again)
        self.world.close(ann)
        self.assertEqual(len(self.state.operators), 1)
        self.oper(again, None)
        self.assertEqual(self.state.operators, {})

    def test_a_session_that_goes_over_to_another_user_takes_it_along(self) -> None:
        ann = self.world.register("ann")
        self.oper(self.bob)
        self.world.proven(self.bob, c.Login(nick("ann"), "correct horse"))
        self.assertEqual(list(self.state.operators), [self.world.user(ann).id])

    def test_wallops_go_to_operators_and_who_wants_them(self) -> None:
        dan = self.world.enter("dan")
        self.set(self.eve, ("wallops", True))
        self.oper(self.bob)
        self.world.do(self.bob, c.Announce((CleanText("tea"),), wallops=True))
        *_, shown = self.happened().effects
        assert isinstance(shown, f.ShowUsers)
        here = [self.world.user(each).id for each in (self.bob, self.eve, dan)]
        self.assertEqual(shown.users, tuple(here[:2]))


class DepartureTests(PeopleCase):
    def was(self, name: str, count: int | None = None) -> list[tuple[str, str, float]]:
        told = self.reply(self.eve, c.Whowas(nick(name), count))
        assert isinstance(told, r.WereHere)
        return [(each.name, each.real_name, each.ago) for each in told.users]

    def test_who_left_can_be_asked_about(self) -> None:
        dan = self.world.open()
        self.world.do(dan, c.Login(nick("dan"), about=About("d", "Dan D.")))
        self.world.close(dan)
        self.world.now += 60
        told = self.reply(self.eve, c.Whois(nick("Dan")))
        want = r.WasHere("dan", NOW, 60.0, user_name="~d", host="somewhere", real_name="Dan D.")
        self.assertEqual(told, want)
        self.assertEqual(
            self.reply(self.eve, c.Whowas(nick("dan"))), r.WereHere(nick("Dan"), (want,))
        )

    def test_latest_comes_first_and_no_more_than_asked_for(self) -> None:
        for ago in (2, 1):
            self.world.close(self.world.enter("dan"))
            self.world.now += ago
        self.assertEqual(self.was("dan"), [("dan", "", 1.0), ("dan", "", 3.0)])
        self.assertEqual(self.was("dan", 1), [("dan", "", 1.0)])
        self.assertEqual(len(self.was("dan", 0)), 2)

    def test_who_took_another_nick_had_the_one_before(self) -> None:
        self.world.do(self.bob, c.Rename(nick("Bob")))
        self.assertEqual(self.state.departures.of("bob"), [])
        self.world.do(self.bob, c.Rename(nick("rob")))
        self.assertEqual(self.was("bob"), [("Bob", "", 0.0)])

    def test_a_session_that_ends_is_no_departure_while_there_is_another(self) -> None:
        self.world.register("ann")
        self.world.close(self.world.login("ann"))
        self.assertEqual(self.state.departures.of("ann"), [])

    def test_nobody_of_that_name_is_an_error(self) -> None:
        self.assertEqual(self.world.refusal(self.eve, c.Whowas(nick("dan"))).code, "was-not-here")

    def test_nothing_is_kept_if_that_is_not_wanted(self) -> None:
        self.hub.limit(Limits(last_seen=0))
        self.world.close(self.bob)
        self.assertEqual(self.state.departures.of("bob"), [])

    def test_who_left_longer_ago_is_asked_of_the_store(self) -> None:
        ann = self.world.register("ann")
        self.assertEqual(self.world.decide(ann, c.Whois(nick("dan"))), LastSeen(nick("dan")))


class CountTests(PeopleCase):
    def counts(self) -> r.Counts:
        told = self.reply(self.eve, c.ShowCounts())
        assert isinstance(told, r.Counts)
        return told

    def test_everything_is_counted(self) -> None:
        self.world.open()
        self.set(self.bob, ("hidden", True))
        self.oper(self.bob)
        self.world.do(self.bob, c.Join(room("dev")))
        self.assertEqual(self.counts(), r.Counts(2, 1, 1, 1, 2, 2))

    def test_peak_stays(self) -> None:
        self.world.close(self.bob)
        self.assertEqual((self.counts().users, self.counts().peak), (1, 2))

    def test_rooms_that_are_empty_and_nobodys_do_not_count(self) -> None:
        for seat in (self.bob, self.eve):
            self.world.do(seat, c.Leave())
        self.assertEqual(self.counts().rooms, 0)


class IgnoreTests(ChatCase):
    def test_ignoring_is_by_key_and_shown_as_spelled(self) -> None:
        why = "You no longer see messages from eve. Type /unignore eve to undo that."
        self.assertEqual(
            self.decide(self.bob, c.Ignore(nick("EVE"))),
            SendReply(r.Confirmed(why), Ignoring("eve", "eve", hide=True)),
        )

    def test_list_of_the_ignored_is_shown(self) -> None:
        self.assertEqual(self.reply(self.bob, c.Ignore()), r.Ignored(()))
        self.world.do(self.bob, c.Ignore(nick("eve")))
        self.assertEqual(self.reply(self.bob, c.Ignore()), r.Ignored(("eve",)))

    def test_ignoring_ends(self) -> None:
        self.world.do(self.bob, c.Ignore(nick("eve")))
        self.world.close(self.eve)
        self.assertEqual(
            self.decide(self.bob, c.Unignore(nick("Eve"))),
            SendReply(
                r.Confirmed("You see messages from eve again."), Ignoring("eve", "Eve", hide=False)
            ),
        )

    def test_what_makes_no_sense_is_refused(self) -> None:
        for command, code, why in (
            (
                c.Ignore(nick("carol")),
                "no-such-nick",
                "carol is not here. Type /who to list who is here.",
            ),
            (c.Ignore(nick("bob")), "self", "You cannot ignore yourself. Nothing was changed."),
            (
                c.Unignore(nick("eve")),
                "not-ignored",
                "You do not ignore eve. Type /ignore to list the people you ignore.",
            ),
        ):
            self.refuse(self.bob, command, code, why)

    def test_list_of_the_ignored_has_an_end(self) -> None:
        self.patch(people, "MAX_IGNORED", 1)
        self.world.do(self.bob, c.Ignore(nick("eve")))
        why = "You ignore 1 people and cannot ignore more. Nothing was changed. Type /unignore NICK first."
        self.refuse(self.bob, c.Ignore(nick("alice")), "too-many-ignored", why)
