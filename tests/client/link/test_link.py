"""The link: one session through many connections."""

from __future__ import annotations

from typing import Any

from tests.client.linked import LinkedTestCase
from twisted_chat.client import events as ev
from twisted_chat.client.link import link
from twisted_chat.client.link.link import Identity, NoRoom
from twisted_chat.client.link.reconnect import LONGEST_WAIT
from twisted_chat.client.link.wire import TooLong
from twisted_chat.core.values.text import BadText


class LoginTests(LinkedTestCase):
    def test_it_logs_in_when_the_server_has_shown_what_it_is(self) -> None:
        self.link.startService()
        self.server.answers_pings = False
        self.server.sends(self.server.greeting)
        self.assertEqual(self.sent("type"), [("ping",)])
        self.server.tells("pong", content="1")
        self.assertEqual(
            self.server.took(),
            [{"type": "nick", "content": "bob", "password": "pw", "id": "login"}],
        )

    def test_who_is_in_is_online(self) -> None:
        self.link.startService()
        self.server.welcomes("bob_")
        self.assertEqual(
            (self.link.state, self.link.nick, self.link.focus), ("online", "bob_", "lobby")
        )
        self.assertEqual(self.link.rooms, ("lobby",))
        self.assertIn("Welcome", self.kinds())
        self.assertEqual(self.link.lag, 0.0)

    def test_a_refused_name_is_told_and_not_tried_again(self) -> None:
        self.link.startService()
        self.server.begins()
        self.server.tells(
            "error", id="login", code="nick-taken", content="taken", suggestion="bob2"
        )
        self.assertEqual(self.link.state, "refused")
        self.assertEqual(
            self.last(ev.NameRefused),
            ev.NameRefused(code="nick-taken", nick="bob", suggestion="bob2", content="taken"),
        )
        self.clock.advance(1000)
        self.assertEqual(self.server.tries, 1)

    def test_who_is_refused_before_the_login_is_not_let_in_by_trying_again(self) -> None:
        self.link.startService()
        self.server.tells("error", code="banned", content="you are banned")
        self.assertEqual(self.last(ev.NameRefused).code, "banned")
        self.clock.advance(1000)
        self.assertEqual(self.server.tries, 1)

    def test_an_address_that_is_banned_is_told_so_and_not_tried_again(self) -> None:
        self.link.startService()
        self.server.sends(b"! you are banned.\r\n")
        refused = self.last(ev.NameRefused)
        self.assertEqual((refused.text, refused.code), ("you are banned.", "turned-away"))
        self.clock.advance(1000)
        self.assertEqual(self.server.tries, 1)

    def test_who_was_in_and_is_turned_away_tries_again(self) -> None:
        self.comes_in()
        self.loses()
        self.clock.advance(LONGEST_WAIT)
        self.server.sends(b"! There are too many connections.\r\n")
        offline = self.last(ev.Offline)
        self.assertEqual(offline.why, "There are too many connections.")
        self.assertIsNotNone(offline.again)

    def test_scopes_are_not_remembered_for_ever(self) -> None:
        self.patch(link, "_MAX_SCOPES", 2)
        self.link.startService()
        for session in "abc":
            self.server.welcomes(session=session)
            self.loses()
            self.clock.advance(LONGEST_WAIT)
        self.assertEqual(list(self.link._scopes), ["scope-of-b", "scope-of-c"])

    def test_another_name_can_be_tried(self) -> None:
        self.link.startService()
        self.server.begins()
        self.server.tells("error", id="login", code="nick-taken", content="taken")
        self.link.say("typed meanwhile")
        self.server.took()
        self.link.use(Identity(nick="bob2"))
        self.server.begins()
        self.assertEqual(self.sent("type", "content"), [("nick", "bob2")])
        self.server.tells("welcome", id="login", nick="bob2", session="s", scope="x", resumed=False)
        self.assertEqual(self.sent("type", "content"), [("message", "typed meanwhile")])

    def test_a_server_that_is_busy_is_asked_again(self) -> None:
        self.link.startService()
        self.server.begins()
        self.server.tells("error", id="login", code="slow-down", content="wait a while")
        offline = self.last(ev.Offline)
        self.assertEqual((offline.why, self.link.state), ("wait a while", "offline"))
        self.clock.advance(offline.again)
        self.assertEqual(self.server.tries, 2)

    def test_passwords_are_in_no_repr_and_names_chosen_while_in_count_next(self) -> None:
        self.assertNotIn("pw", repr(self.identity))
        self.comes_in()
        self.link.use(Identity(nick="other"))
        self.assertEqual(self.server.tries, 1)


class SayTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def test_a_message_is_sent_with_an_id_of_its_own(self) -> None:
        self.link.say("a\nb")
        self.link.say("waves", "dev", "action")
        self.link.tell("joe", "psst")
        self.assertEqual(
            self.sent("type", "content", "room", "to", "kind"),
            [
                ("message", "a\nb", "lobby", None, None),
                ("message", "waves", "dev", None, "action"),
                ("private", "psst", None, "joe", None),
            ],
        )

    def test_it_is_told_that_it_is_on_its_way(self) -> None:
        tag = self.link.say("a\nb")
        self.assertEqual(self.events, [ev.Sending(tag=tag, room="lobby", content="a\nb")])

    def test_acknowledgements_and_refusals_are_told_once(self) -> None:
        tag = self.link.say("a")
        self.assertEqual(self.link.waiting(), 1)
        self.server.acks(tag)
        self.server.acks(tag)
        self.assertEqual(self.kinds(), ["Sending", "Ack"])
        self.assertEqual(self.link.waiting(), 0)
        self.server.tells("error", id=tag, code="muted", content="you are muted")
        self.assertEqual(self.last(ev.Refused).tag, tag)
        self.assertEqual(self.link.waiting(), 0)

    def test_what_is_typed_without_a_connection_arrives_once_and_in_order(self) -> None:
        self.loses()
        for text in "abc":
            self.link.say(text)
        self.comes_back()
        self.assertEqual(
            [content for kind, content in self.sent("type", "content") if kind == "message"],
            ["a", "b", "c"],
        )

    def test_what_was_not_acknowledged_is_sent_again_under_its_id(self) -> None:
        tags = [self.link.say(text) for text in "abc"]
        self.server.took()
        self.server.acks(tags[0])
        self.loses()
        self.comes_back()
        self.assertEqual(
            [each for each in self.sent("type", "id", "content") if each[0] == "message"],
            [("message", tags[1], "b"), ("message", tags[2], "c")],
        )

    def test_a_command_is_not_sent_twice_and_one_is_told_so(self) -> None:
        tag = self.link.command("/kick joe")
        self.loses()
        self.assertEqual(self.last(ev.Undone), ev.Undone(tag=tag, what="/kick"))
        self.comes_back()
        self.assertNotIn(("command",), self.sent("type"))

    def test_what_cannot_be_sent_is_refused_here(self) -> None:
        with self.assertRaises(BadText):
            self.link.say("a\x1b[2J")
        with self.assertRaises(TooLong):
            self.link.say("x" * 20_000)
        with self.assertRaises(BadText):
            self.link.command("/topic \x07")
        self.assertEqual((self.events, self.link.waiting()), ([], 0))

    def test_who_talks_nowhere_is_told_so(self) -> None:
        self.server.tells("kick", from_="root", to="bob", room="lobby", id="f" * 16)
        self.server.tells("notice", code="focus", focus=None)
        with self.assertRaises(NoRoom):
            self.link.say("hi")
        with self.assertRaises(NoRoom):
            self.link.leave()

    def test_an_answer_goes_to_who_wrote_last(self) -> None:
        self.link.reply("nobody yet")
        self.server.says("psst", None, "joe")
        self.link.reply("yes?")
        self.assertEqual(
            self.sent("type", "content", "to"),
            [("command", "/reply nobody yet", None), ("private", "yes?", "joe")],
        )

    def test_slips_are_left_to_the_server_and_programs_are_meant_literally(self) -> None:
        self.link.say("psst > joe")
        self.assertEqual(self.sent("content", "literal"), [("psst > joe", True)])
        tag = self.link.say("msg joe psst", literal=False)
        said = ("message", "msg joe psst", tag, None)
        self.assertEqual(self.sent("type", "content", "id", "literal"), [said])
        self.loses()
        self.comes_back()
        self.assertIn(said, self.sent("type", "content", "id", "literal"))

    def test_settled_means_seen_and_acknowledged_though_nothing_was_said(self) -> None:
        self.server.answers_pings = False
        settled = self.link.when_settled()
        self.assertNoResult(settled)
        self.server.tells("pong", content=self.sent("type", "content")[-1][1])
        self.successResultOf(settled)
        tag = self.link.say("a")
        settled = self.link.when_settled()
        number = self.sent("type", "content")[-1][1]
        self.server.tells("pong", content=number)
        self.assertNoResult(settled)
        self.server.acks(tag)
        self.successResultOf(settled)

    def test_settled_waits_through_lost_connections(self) -> None:
        self.server.answers_pings = False
        settled = self.link.when_settled()
        tag = self.link.say("a")
        self.server.took()
        self.loses()
        self.assertNoResult(settled)
        self.server.answers_pings = True
        self.comes_back()
        self.assertNoResult(settled)
        self.server.acks(tag)
        self.successResultOf(settled)

    def test_who_stops_settles_nothing_more(self) -> None:
        self.server.answers_pings = False
        settled = self.link.when_settled()
        _ = self.link.stopService()
        self.failureResultOf(settled, ConnectionError)

    def test_private_history_and_markers_can_be_asked_for(self) -> None:
        tag = self.link.private_history("eve", before="5", limit=9_999)
        sent = self.sent("type", "with", "before", "limit", "id")
        self.assertEqual(sent, [("history", "eve", "5", 1_000, tag)])
        room, private = self.link.read("5", room="dev"), self.link.read("6", partner="eve")
        sent = self.sent("type", "room", "with", "message", "id")
        told = [("read", "dev", None, "5", room), ("read", None, "eve", "6", private)]
        self.assertEqual(sent, told)
        self.loses()
        self.link.read("7", room="dev")
        self.assertEqual(self.link.waiting(), 0)

    def test_leaving_says_so_and_is_the_end(self) -> None:
        closed = self.link.when_closed()
        self.link.quit("bye")
        assert self.server.wire is not None
        self.assertEqual(self.sent("type", "content"), [("quit", "bye")])
        self.successResultOf(closed)
        self.successResultOf(self.link.when_closed())
        self.assertEqual(self.kinds(), ["Offline"])
        self.assertTrue(self.link.left)
        self.link.quit()
        self.assertEqual(self.kinds(), ["Offline"])


class AccountTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def login(self) -> Any:
        """Lose the connection; return the next login."""
        self.loses()
        self.forgets()
        self.clock.advance(LONGEST_WAIT)
        self.server.begins()
        (login,) = self.sent("content", "password")
        return login

    def test_who_registers_comes_back_with_the_password(self) -> None:
        tag = self.link.register("new", "code")
        self.assertEqual(self.sent("type", "password", "content"), [("register", "new", "code")])
        self.server.tells("notice", id=tag, code="done")
        self.assertEqual(self.login(), ("bob", "new"))

    def test_who_logs_in_comes_back_as_that(self) -> None:
        tag = self.link.login("joe", "right")
        self.assertEqual(self.sent("type", "content", "password"), [("nick", "joe", "right")])
        self.server.tells("ack", id=tag, message="0" * 16)
        self.assertEqual(self.login(), ("joe", "right"))

    def test_a_login_that_is_refused_or_has_no_name_is_for_the_one_asked_for(self) -> None:
        self.link.login(None, "x")
        self.assertEqual(self.sent("content"), [("bob",)])
        tag = self.link.login("joe", "wrong")
        self.server.tells("error", id=tag, code="wrong-password", content="no")
        self.assertEqual(self.login(), ("bob", "pw"))

    def test_a_changed_password_is_used_next(self) -> None:
        tag = self.link.change_password("pw", "new")
        self.assertEqual(self.sent("type", "content"), [("command", "/passwd pw new")])
        self.server.tells("notice", id=tag, code="done")
        self.assertEqual(self.login(), ("bob", "new"))

    def test_an_answer_that_is_lost_changes_nothing(self) -> None:
        self.link.change_password("pw", "new")
        self.assertEqual(self.login(), ("bob", "pw"))

    def test_another_nick_is_the_one_to_come_back_with(self) -> None:
        self.link.rename("robert")
        self.assertEqual(self.sent("type", "content"), [("nick", "robert")])
        self.server.tells("nick", from_="joe", content="joseph", id="1" * 16)
        self.server.tells("nick", from_="bob", content="robert", id="2" * 16)
        self.assertEqual(self.link.nick, "robert")
        self.assertEqual(self.login(), ("robert", "pw"))

    def test_a_login_renames_and_keeps_who_one_is(self) -> None:
        tag = self.link.login("joe", "right")
        self.server.tells("nick", from_="bob", content="joe", account="joe", id="2" * 16)
        self.server.tells("ack", id=tag, message="2" * 16)
        self.assertEqual(self.link.nick, "joe")
        self.assertEqual(self.login(), ("joe", "right"))


class RoomTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def joins(self, room: str, password: str | None = None) -> None:
        tag = self.link.join(room, password)
        self.server.enters(room, "bob", tag=tag)
        self.forgets()

    def test_a_room_is_entered_and_talked_in(self) -> None:
        self.link.join("dev", "key")
        self.assertEqual(self.sent("type", "content", "password"), [("join", "dev", "key")])
        self.assertEqual((self.link.focus, self.link.rooms), ("dev", ("lobby", "dev")))

    def test_after_a_lost_connection_the_rooms_are_entered_again(self) -> None:
        self.joins("dev", "key")
        self.joins("ops")
        self.loses()
        self.comes_back()
        self.assertEqual(
            [each for each in self.sent("type", "content", "password") if each[0] == "join"],
            [("join", "dev", "key"), ("join", "ops", None)],
        )

    def test_a_room_that_refuses_is_told_and_not_tried_again(self) -> None:
        tag = self.link.join("dev")
        self.server.tells("error", id=tag, code="password-needed", content="locked", room="dev")
        self.assertEqual(self.last(ev.Refused).tag, tag)
        self.assertEqual(self.last(ev.Refused).room, "dev")
        self.assertEqual((self.link.focus, self.link.rooms), ("lobby", ("lobby",)))

    def test_a_room_that_cannot_be_entered_for_now_at_the_return_is_tried_again(self) -> None:
        self.joins("dev", "key")
        self.loses()
        self.comes_back()
        (join,) = [each for each in self.server.took() if each["type"] == "join"]
        self.server.tells("error", id=join["id"], code="slow-down", content="wait")
        self.assertEqual(self.link.focus, "dev")
        self.assertNotIn("Refused", self.kinds())
        self.clock.advance(5)
        self.assertEqual([each for each in self.server.took() if each["type"] == "join"], [join])
        self.server.tells("error", id=join["id"], code="busy", content="wait")
        self.loses()
        self.comes_back()
        (join,) = [each for each in self.server.took() if each["type"] == "join"]
        self.server.tells("error", id=join["id"], code="banned", content="no")
        self.assertEqual((self.link.focus, self.last(ev.Refused).room), ("lobby", "dev"))

    def test_a_room_is_left(self) -> None:
        self.joins("dev")
        tag = self.link.leave()
        self.assertEqual(self.sent("type", "content"), [("leave", "dev")])
        self.server.tells("leave", id=tag, room="dev", focus="lobby")
        self.assertEqual((self.link.focus, self.link.rooms), ("lobby", ("lobby",)))
        self.assertEqual(self.kinds(), ["Gone"])

    def test_who_has_left_the_lobby_leaves_it_quietly_after_each_login(self) -> None:
        self.joins("dev")
        tag = self.link.leave("lobby")
        self.server.tells("leave", id=tag, room="lobby", focus="dev")
        self.loses()
        self.comes_back()
        (leave,) = [each for each in self.server.took() if each["type"] == "leave"]
        self.events.clear()
        self.server.tells("error", id=leave["id"], code="not-in-room", content="you are not there")
        self.assertEqual(self.events, [])

    def test_what_was_typed_in_a_room_before_it_was_left_is_said_there(self) -> None:
        self.joins("dev")
        self.loses()
        self.link.say("goodbye")
        self.link.leave()
        self.comes_back()
        sent = [each for each in self.sent("type", "content", "room") if each[0] != "history"]
        self.assertEqual(
            sent[1:], [("join", "dev", None), ("message", "goodbye", "dev"), ("leave", "dev", None)]
        )
        self.assertEqual(self.link.rooms, ("lobby",))

    def test_a_line_is_about_the_room_in_which_it_was_typed(self) -> None:
        """One may talk elsewhere when it is sent, and a room may refuse one."""
        self.joins("dev")
        self.loses()
        self.link.command("/topic Welcome")
        self.link.say("psst > joe.", literal=False)
        self.link.join("ops")
        self.comes_back()
        self.assertEqual(
            [each for each in self.sent("content", "room") if each[1] == "dev"][-2:],
            [("/topic Welcome", "dev"), ("psst > joe.", "dev")],
        )

    def test_who_was_put_out_does_not_come_back_by_itself(self) -> None:
        for put_out in (
            {"type_": "kick", "to": "bob"},
            {"type_": "ban", "out": ["bob"], "out_count": 1, "target": "bob"},
        ):
            self.joins("dev")
            self.server.tells(from_="root", room="dev", id="f" * 16, **put_out)
            self.assertEqual(self.link.rooms, ("lobby",))
        self.server.tells("kick", from_="root", to="joe", room="lobby", id="f" * 16)
        self.assertEqual(self.link.rooms, ("lobby",))

    def test_where_one_talks_is_as_the_server_says(self) -> None:
        self.joins("dev")
        self.server.tells("notice", code="focus", focus="lobby")
        self.assertEqual(self.link.focus, "lobby")


class BeginInARoomTests(LinkedTestCase):
    rooms = (("dev", "key"),)

    def test_what_is_typed_early_goes_to_the_room_to_begin_with(self) -> None:
        self.link.say("early")
        self.link.startService()
        self.server.welcomes()
        self.assertEqual(
            [
                each
                for each in self.sent("type", "content", "room", "password")
                if each[0] != "nick"
            ],
            [("join", "dev", None, "key"), ("message", "early", "dev", None)],
        )


class PrivateTextsTests(LinkedTestCase):
    """What is written to somebody while there is no connection."""

    def setUp(self) -> None:
        super().setUp()
        self.comes_in()
        self.server.says("hi", None, "joe", scope="joes")
        self.forgets()

    def writes_offline(self, *texts: str, to: str = "joe") -> list[str]:
        self.loses()
        tags = [self.link.tell(to, text) for text in texts]
        self.comes_back(resumed=True)
        return tags

    def private(self) -> list[Any]:
        got = [each for each in self.server.took() if each["type"] == "private"]
        return [(each["content"], each.get("scope")) for each in got]

    def absent(self, tag: str) -> None:
        self.server.tells("error", id=tag, code="no-such-nick", content="joe is not here")

    def test_private_text_goes_only_to_the_session_it_was_written_to(self) -> None:
        self.writes_offline("psst")
        self.assertEqual(self.private(), [("psst", "joes")])

    def test_private_text_to_somebody_unknown_goes_only_to_an_account(self) -> None:
        self.writes_offline("psst", to="eve")
        self.assertEqual(self.private(), [("psst", "")])

    def test_private_text_sent_again_is_guarded_too(self) -> None:
        self.link.tell("joe", "psst")
        self.assertEqual(self.private(), [("psst", None)])
        self.loses()
        self.comes_back(resumed=True)
        self.assertEqual(self.private(), [("psst", "joes")])

    def test_what_is_written_before_one_was_ever_in_goes_to_who_is_there(self) -> None:
        self.link._token = None
        self.loses()
        self.link.tell("eve", "psst")
        self.comes_back()
        self.assertEqual(self.private(), [("psst", None)])

    def test_private_text_is_kept_until_the_guest_is_back(self) -> None:
        first, second = self.writes_offline("one", "two")
        self.private()
        self.absent(first)
        self.absent(second)
        self.assertNotIn("Refused", self.kinds())
        self.assertEqual(self.link.waiting(), 2)
        self.clock.advance(5)
        self.assertEqual(self.private(), [("one", "joes")])
        self.server.acks(first)
        self.assertEqual(self.private(), [("two", "joes")])
        self.server.acks(second)
        self.assertEqual(self.link.waiting(), 0)

    def test_who_comes_back_gets_it_at_once_and_in_order(self) -> None:
        (first,) = self.writes_offline("one")
        self.private()
        self.absent(first)
        self.link.tell("joe", "two")
        self.assertEqual(self.private(), [])
        self.server.tells("join", from_="Joe", room="lobby", id="00ff", time="2026-01-01T00:00:00Z")
        self.assertEqual(self.private(), [("one", "joes")])
        self.server.acks(first)
        self.assertEqual(self.private(), [("two", None)])

    def test_after_a_minute_it_is_handed_back(self) -> None:
        (tag,) = self.writes_offline("a\nb")
        settled = self.link.when_settled()
        self.absent(tag)
        for _ in range(12):
            self.clock.advance(5)
            self.private()
        self.assertEqual(
            self.last(ev.HandedBack),
            ev.HandedBack(
                tag=tag,
                to="joe",
                said=("a", "b"),
                content="joe did not come back. The message was not sent.",
            ),
        )
        self.assertEqual(self.link.waiting(), 0)
        self.successResultOf(settled)

    def test_refusals_are_told_as_such_when_somebody_else_or_while_online(self) -> None:
        (tag,) = self.writes_offline("psst")
        self.server.tells("error", id=tag, code="another-session", content="somebody else")
        self.assertEqual(self.last(ev.HandedBack).said, ("psst",))
        self.assertNotIn("Refused", self.kinds())
        self.server.tells("error", id=tag, code="not-wanted", content="no")
        self.assertEqual(self.last(ev.Refused).tag, tag)
        tag = self.link.tell("eve", "psst")
        self.absent(tag)
        self.assertEqual(self.last(ev.Refused).tag, tag)

    def test_a_connection_that_is_lost_again_changes_nothing(self) -> None:
        (tag,) = self.writes_offline("psst")
        self.absent(tag)
        self.loses()
        self.comes_back(resumed=True)
        self.assertEqual(self.private()[-1], ("psst", "joes"))
