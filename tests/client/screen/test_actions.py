from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import FakeLink
from twisted_chat.client.link.link import Link, NoRoom
from twisted_chat.client.model.conversation import SERVER, private_key, room_key
from twisted_chat.client.model.lines import Line
from twisted_chat.client.model.state import ClientState
from twisted_chat.client.screen.actions import LOCAL, USAGES, CannotDo, Doer, Done, hidden_from
from twisted_chat.core.grammar.table import COMMANDS


class DoerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = ClientState()
        self.state.nick = "me"
        self.link = FakeLink(lambda event: None)
        self.doer = Doer(self.state, cast(Link, self.link))
        room = self.state.room("dev")
        room.enter(["me"], 1)
        self.state.switch(room.key)
        self.state.focus = room.key

    def do(self, text: str) -> Done:
        self.link.asked.clear()
        return self.doer.do(text)

    def test_text_is_said_where_the_user_looks_and_two_slashes_are_one(self) -> None:
        self.do("//join x")
        self.assertEqual(self.link.asked, [("say", ("/join x", "dev", "say"))])
        self.do("hi :+1:")
        self.assertEqual(self.link.asked, [("say", ("hi 👍", "dev", "say"))])
        self.state.switch(self.state.private("bob").key)
        self.do("psst")
        self.assertEqual(self.link.asked, [("tell", ("bob", "psst", "say"))])

    def test_private_forms_are_private_here_too(self) -> None:
        """As at the line door and in plain mode; each shows what is between us."""
        for line in ("secret > bob", "MSG bob:secret", "!msg bob secret", "msg bob:secret"):
            self.state.switch(room_key("dev"))
            self.do(line)
            self.assertEqual(self.link.asked, [("tell", ("bob", "secret"))], line)
            self.assertEqual(self.state.view, private_key("bob"))

    def test_what_is_no_talk_at_a_terminal_is_none_here(self) -> None:
        for line in ("?", "!who", "LIST", "HELP"):
            self.do(line)
            self.assertEqual(self.link.asked, [("command", (line,))], line)
        self.do("JOIN ops secret")
        self.assertEqual(self.link.asked, [("join", ("ops", "secret"))])
        self.do("LEAVE")
        self.assertEqual(self.link.asked, [("leave", ("dev",))])
        for line in ("QUIT", "!logout"):
            self.assertEqual(self.do(line), Done(ends=True))

    def test_slips_and_several_lines_are_looked_at_unless_meant_literally(self) -> None:
        self.do("msg bob secret")
        self.assertEqual(self.link.asked, [("say", ("msg bob secret", "dev", "say", "checked"))])
        for line in (
            "secret -> bob",
            "secret \u2192 bob",
            "secret > ",
            "!msgbob x",
            "login bob pw",
        ):
            self.assertRaises(CannotDo, self.do, line)
            self.assertEqual(self.link.asked, [], line)
        self.do("// secret -> bob")
        self.assertEqual(self.link.asked, [("say", ("secret -> bob", "dev", "say"))])
        self.do("hi\nsecret > bob")
        self.assertEqual(self.link.asked, [("say", ("hi\nsecret > bob", "dev", "say", "checked"))])
        self.do("//hi\nsecret > bob")
        self.assertEqual(self.link.asked, [("say", ("/hi\nsecret > bob", "dev", "say"))])
        self.do("// hi\nsecret > bob")
        self.assertEqual(self.link.asked, [("say", ("hi\nsecret > bob", "dev", "say"))])

    def test_where_the_server_speaks_nobody_else_does(self) -> None:
        self.state.switch(SERVER)
        self.assertRaises(CannotDo, self.do, "hi")

    def test_actions_and_private_messages_show_what_is_between_us(self) -> None:
        self.do("/me waves")
        self.assertEqual(self.link.asked, [("say", ("waves", "dev", "action"))])
        self.state.switch(self.state.private("bob").key)
        self.do("/me waves")
        self.assertEqual(self.link.asked, [("tell", ("bob", "waves", "action"))])
        self.do("/msg bob psst :+1:")
        self.assertEqual(self.link.asked, [("tell", ("bob", "psst 👍"))])
        self.assertEqual(self.state.view, private_key("bob"))
        self.do("/msg eve")
        self.assertEqual((self.link.asked, self.state.view), ([], private_key("eve")))

    def test_joining_shows_the_room_once_one_is_in(self) -> None:
        self.do("/join #ops secret")
        self.assertEqual(self.link.asked, [("join", ("ops", "secret"))])
        self.assertEqual(self.state.view, room_key("dev"))
        self.state.room("ops").enter(["me"], 1)
        self.state.entered(room_key("ops"))
        self.assertEqual(self.state.view, room_key("ops"))

    def test_leaving_leaves_what_is_shown(self) -> None:
        self.do("/leave")
        self.assertEqual(self.link.asked, [("leave", ("dev",))])
        self.do("/leave ops")
        self.assertEqual(self.link.asked, [("leave", ("ops",))])
        self.state.room("dev").leave()
        self.do("/close")
        self.assertEqual((self.link.asked, self.state.view), ([], SERVER))

    def test_what_the_server_does_is_done_in_the_room_that_is_shown(self) -> None:
        self.do("/kick bob")
        self.assertEqual(self.link.asked, [("command", ("/kick bob",))])
        self.state.focus = None
        self.do("/kick bob")
        self.assertEqual([name for name, _ in self.link.asked], ["join", "command"])
        self.state.switch(self.state.private("bob").key)
        self.do("/whois bob")
        self.assertEqual([name for name, _ in self.link.asked], ["command"])

    def test_a_command_has_one_line_but_what_is_said_may_have_more(self) -> None:
        self.assertRaises(CannotDo, self.do, "/topic a\nb")
        self.do("/me a\nb")
        self.assertEqual(self.link.asked, [("say", ("a\nb", "dev", "action"))])

    def test_what_cannot_be_sent_says_why(self) -> None:
        self.link.fails = NoRoom("nowhere")
        self.assertEqual(str(self.assertRaises(CannotDo, self.do, "hi")), "nowhere")
        self.link.fails = None
        self.assertRaises(CannotDo, self.do, "/nick")

    def test_settings_and_the_end_are_left_to_the_screen(self) -> None:
        self.assertEqual(self.do("/theme light"), Done(theme="light"))
        self.assertEqual(self.do("/bell off"), Done(bell=False))
        self.assertEqual(self.do("/bell on"), Done(bell=True))
        self.assertEqual(self.do("/theme"), Done(asks="theme"))
        self.assertEqual(self.do("/bell"), Done(asks="bell"))
        for bad in ("/theme pink", "/bell maybe"):
            self.assertRaises(CannotDo, self.do, bad)
        self.assertEqual(self.do("/quit"), Done(ends=True))
        self.assertEqual(self.do("/logout bye"), Done(ends=True, why="bye"))

    def test_passwords_are_known_while_they_are_typed(self) -> None:
        for text in ("hi all", "//login pw", "/login", "/msg bob pw", "/", "/nothing pw"):
            self.assertEqual(hidden_from(text), len(text), text)
        for text in ("/register pw", "/LOGIN bob pw", "/passwd old new", "/oper me pw"):
            self.assertEqual(hidden_from(text), text.index(" ") + 1, text)
        for text in ("/lock pw", "/lock #dev pw", "/join dev pw", "JOIN dev pw", "/JOIN #dev  pw"):
            self.assertEqual(hidden_from(text), text.index("pw"), text)
        for text in ("/join dev", "/join", "join dev pw", "/joining dev pw", "JOIN dev"):
            self.assertEqual(hidden_from(text), len(text), text)

    def test_who_is_ignored_vanishes_once_the_server_says_so(self) -> None:
        room = self.state.shown
        line = Line("say", "hi", 1.0, id=f"{1:016x}", nick="eve")
        self.state.add(room, line)
        self.do("/ignore eve")
        self.assertEqual(len(room.buffer), 1)
        self.doer.answered("t1")
        self.assertEqual(len(room.buffer), 0)
        self.do("/unignore eve")
        self.doer.answered("t1")
        self.doer.answered(None)
        self.state.add(self.state.private("eve"), line)
        self.assertEqual(len(self.state.private("eve").buffer), 1)

    def test_own_commands_are_none_of_the_servers(self) -> None:
        self.assertEqual({usage.name for usage in LOCAL} & COMMANDS.keys(), set())
        self.assertEqual(len(USAGES), len(COMMANDS) + len(LOCAL))
