"""Tests of twisted_chat.client.screen.app: what the user sees, and what becomes of what they type."""

from __future__ import annotations

from rich.color import ColorSystem
from twisted.trial.unittest import SynchronousTestCase

from tests.client.screen.stage import NOW, Stage, said, staged
from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Identity, QueueFull
from twisted_chat.client.model.conversation import SERVER, private_key, room_key


class TalkingTests(SynchronousTestCase):
    @staged()
    async def test_what_is_said_and_answered_is_shown_in_words(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1000, "hello there"))
        self.assertTrue(stage.shows("12:30 bob hello there"), stage.rows())
        await stage.enter()
        await stage.hear(ev.Who(users=(ev.Person(nick="eve"),), count=1, room="lobby"))
        self.assertTrue(stage.shows("eve (guest)"), stage.rows())

    @staged()
    async def test_what_is_typed_is_said_in_the_room_that_is_shown(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("hi all")
        await stage.press("enter")
        self.assertEqual(stage.asked("say"), [("hi all", "lobby", "say")])
        self.assertEqual(stage.app.entry.text, "")

    @staged()
    async def test_nothing_is_sent_for_an_empty_line(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("  ")
        await stage.press("enter")
        self.assertEqual(stage.asked("say"), [])

    @staged()
    async def test_own_lines_wait_until_they_are_stored(self, stage: Stage) -> None:
        await stage.enter()
        stage.link.pending = 1
        await stage.hear(ev.Sending(tag="t", room="lobby", content="hi", time=NOW))
        palette = stage.app._palette
        self.assertIn(palette.waiting.color, self.colours(stage, "hi"))
        await stage.hear(ev.Ack(tag="t", message=f"{5:016x}", time=NOW))
        self.assertNotIn(palette.waiting.color, self.colours(stage, "hi"))

    def colours(self, stage: Stage, text: str) -> list[object]:
        """Return the colours in which a text stands in the messages."""
        return [
            segment.style.color
            for strip in stage.strips()
            for segment in strip
            if segment.text == text and segment.style is not None
        ]

    @staged()
    async def test_what_cannot_be_sent_stays_and_says_why(self, stage: Stage) -> None:
        await stage.enter()
        stage.link.fails = QueueFull("too much waits")
        await stage.submit("hi")
        self.assertTrue(stage.shows("too much waits"))
        self.assertEqual(stage.app.entry.text, "hi")

    @staged()
    async def test_help_is_given_while_a_command_is_typed(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("/join d")
        self.assertTrue(stage.shows("/join ROOM [PASSWORD]: enter a room"))

    @staged()
    async def test_quit_says_goodbye_and_ends(self, stage: Stage) -> None:
        await stage.enter()
        await stage.submit("/quit tea")
        self.assertEqual(stage.asked("quit"), [("tea",)])
        self.assertFalse(stage.app.is_running)


class RoomsTests(SynchronousTestCase):
    @staged(size=(100, 24))
    async def test_unread_and_mentions_are_counted_beside_the_rooms(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, room="dev"), said(2, room="dev"), said(3, "me?", room="ops"))
        row = next(row for row in stage.rows() if row.startswith(" #dev"))
        self.assertEqual(row[:16].split(), ["#dev", "2"])
        row = next(row for row in stage.rows() if row.startswith(" #ops"))
        self.assertEqual(row[:16].split(), ["#ops", "@1"])

    @staged()
    async def test_ctrl_n_goes_to_mentions_first(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, room="dev"), said(2, "me?", room="ops"))
        await stage.press("ctrl+n")
        self.assertEqual(stage.app.state.view, room_key("ops"))
        await stage.press("ctrl+n")
        self.assertEqual(stage.app.state.view, room_key("dev"))
        await stage.press("ctrl+n")
        self.assertEqual(stage.app.state.view, room_key("dev"))

    @staged()
    async def test_ctrl_k_finds_a_room_by_letters_or_a_new_one(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, room="development"), said(2, room="ops"))
        await stage.press("ctrl+k")
        await stage.types("dvl")
        await stage.press("enter")
        self.assertEqual(stage.app.state.view, room_key("development"))
        await stage.press("ctrl+k")
        await stage.types("#new")
        await stage.press("enter")
        self.assertEqual(stage.asked("join"), [("new", None)])

    @staged()
    async def test_ctrl_k_goes_up_and_down_and_back(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.press("ctrl+k", "down", "up", "down", "enter")
        self.assertEqual(stage.app.state.view, room_key("lobby"))
        await stage.press("ctrl+k", "escape")
        self.assertEqual(stage.app.state.view, room_key("lobby"))

    @staged()
    async def test_what_is_being_typed_stays_with_its_room(self, stage: Stage) -> None:
        await stage.enter()
        await stage.press("alt+up")
        self.assertEqual(stage.app.state.view, SERVER)
        await stage.press("alt+up")
        self.assertEqual(stage.app.state.view, room_key("lobby"))
        await stage.press("alt+down")
        self.assertEqual(stage.app.state.view, SERVER)
        await stage.types("half a th")
        await stage.press("alt+up")
        self.assertEqual(stage.app.entry.text, "")
        await stage.press("alt+down")
        self.assertEqual(stage.app.entry.text, "half a th")

    @staged(size=(100, 24))
    async def test_a_click_shows_a_room(self, stage: Stage) -> None:
        await stage.enter()
        await stage.hear(said(1, room="dev"))
        await stage.pilot.click("#conversations", offset=(3, 2))
        await stage.settle()
        self.assertEqual(stage.app.state.view, room_key("dev"))

    @staged()
    async def test_the_unread_line_stands_before_what_came_meanwhile(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1, "old"))
        await stage.press("alt+up")
        await stage.hear(said(2, "new"))
        await stage.press("alt+down")
        rows = [row for row in stage.rows() if any(x in row for x in ("old", "unread", "new"))]
        self.assertEqual(["old" in rows[0], "unread" in rows[1], "new" in rows[2]], [True] * 3)

    @staged()
    async def test_what_comes_while_nobody_looks_is_unread(self, stage: Stage) -> None:
        await stage.enter("bob")
        stage.app.on_app_blur()
        await stage.hear(said(1))
        self.assertEqual(stage.app.state.shown.unread, 1)
        stage.app.on_app_focus()
        self.assertEqual(stage.app.state.shown.unread, 0)


class PeopleTests(SynchronousTestCase):
    @staged(size=(120, 24))
    async def test_people_are_listed_with_who_is_away(self, stage: Stage) -> None:
        await stage.enter("bob", "eve")
        await stage.hear(ev.Away(sender="eve", away=True, content="tea"))
        rows = [row[100:].split() for row in stage.rows()[1:4]]
        self.assertEqual(rows, [["bob"], ["eve", "away"], ["me"]])

    @staged()
    async def test_f3_shows_people_where_there_is_little_room(self, stage: Stage) -> None:
        await stage.enter("bob")
        self.assertFalse(stage.app.members.display)
        self.assertFalse(stage.app.conversations.display)
        await stage.press("f3")
        self.assertTrue(stage.app.members.display)
        await stage.press("f3", "f2")
        self.assertFalse(stage.app.members.display)
        self.assertTrue(stage.app.conversations.display)

    @staged()
    async def test_people_of_the_room_shown_are_asked_for_quietly(self, stage: Stage) -> None:
        await stage.enter("bob")
        self.assertEqual(stage.asked("command"), [("/who #lobby 1",)])
        tag = f"t{len(stage.link.asked)}"
        people = (ev.Person(nick="bob", away="tea"),)
        await stage.hear(ev.Who(tag=tag, users=people, count=2, room="lobby"))
        self.assertFalse(stage.shows("(guest"))
        self.assertIn("bob", stage.app.state.away)

    @staged(size=(120, 24))
    async def test_a_click_at_somebody_opens_what_is_between_us(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.pilot.click("#members", offset=(3, 1))
        await stage.settle()
        self.assertEqual(stage.app.state.view, room_key("lobby"))  # that was me
        await stage.pilot.click("#members", offset=(3, 0))
        await stage.settle()
        self.assertEqual(stage.app.state.view, private_key("bob"))

    @staged(size=(120, 24))
    async def test_the_next_page_of_people_is_asked_for(self, stage: Stage) -> None:
        await stage.enter("bob", count=99)
        tag = f"t{len(stage.link.asked)}"
        people = (ev.Person(nick="bob"), ev.Person(nick="eve"))
        await stage.hear(ev.Who(tag=tag, users=people, count=99, page=1, pages=2, room="lobby"))
        self.assertTrue(stage.shows("and 96 more"))
        await stage.pilot.click("#members", offset=(3, 3))
        await stage.settle()
        self.assertEqual(stage.asked("command")[1:], [("/who #lobby 2",)])

    @staged()
    async def test_joins_of_silent_people_are_one_line(self, stage: Stage) -> None:
        await stage.enter()
        await stage.hear(
            *(ev.Joined(sender=f"n{n}", room="lobby", id=f"{n:016x}", time=NOW) for n in range(9))
        )
        self.assertTrue(stage.shows("n0, n1, n2, n3, n4, n5 and 3 more joined"), stage.rows())


class TypingTests(SynchronousTestCase):
    @staged()
    async def test_tab_completes_and_goes_on(self, stage: Stage) -> None:
        await stage.enter("bert", "bob")
        await stage.hear(said(1, sender="bob"))
        await stage.types("b")
        await stage.press("tab")
        self.assertEqual(stage.app.entry.text, "bob: ")
        await stage.press("tab")
        self.assertEqual(stage.app.entry.text, "bert: ")
        await stage.press("shift+tab")
        self.assertEqual(stage.app.entry.text, "bob: ")
        await stage.types("x")
        self.assertEqual(stage.app.entry.text, "bob: x")

    @staged()
    async def test_commands_are_offered_with_their_help(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("/i")
        await stage.press("tab")
        self.assertEqual(stage.app.entry.text, "/ignore ")
        self.assertTrue(stage.shows("/invite NICK"), stage.rows())
        self.assertTrue(stage.shows("hide what a person says"))
        await stage.press("escape")
        self.assertFalse(stage.shows("/invite NICK"))

    @staged(emoji=False)
    async def test_emoji_can_be_switched_off(self, stage: Stage) -> None:
        await stage.enter()
        await stage.submit("nice :+1:")
        self.assertEqual(stage.asked("say"), [("nice :+1:", "lobby", "say")])

    @staged()
    async def test_up_brings_back_what_was_sent(self, stage: Stage) -> None:
        await stage.enter()
        await stage.submit("one")
        await stage.submit("two")
        await stage.types("dr")
        await stage.press("up", "up")
        self.assertEqual(stage.app.entry.text, "one")
        await stage.press("down", "down")
        self.assertEqual(stage.app.entry.text, "dr")

    @staged()
    async def test_passwords_are_not_seen_nor_brought_back(self, stage: Stage) -> None:
        await stage.enter()
        await stage.submit("/login hunter22")
        self.assertEqual(stage.asked("login"), [(None, "hunter22")])
        await stage.press("up")
        self.assertEqual(stage.app.entry.text, "")
        for line in ("/lock hunter22", "/join dev hunter22"):
            await stage.types(line)
            self.assertFalse(stage.shows("hunter22"), stage.rows())
            self.assertTrue(stage.shows(line.replace("hunter22", "••••••••")))
            await stage.press("enter", "up")
            self.assertEqual(stage.app.entry.text, "")

    @staged()
    async def test_a_setting_alone_tells_what_it_is(self, stage: Stage) -> None:
        await stage.enter()
        for line, told in (
            ("/theme", "theme: dark. /theme [dark | light | mono | contrast] changes that."),
            ("/bell", "bell: on. /bell [on | off] changes that."),
        ):
            await stage.submit(line)
            self.assertTrue(stage.shows(told), stage.rows())
            self.assertEqual(stage.app.entry.text, "")

    @staged()
    async def test_a_message_can_have_several_lines(self, stage: Stage) -> None:
        for key in (("alt+enter",), ("ctrl+j",), ("escape", "enter")):
            stage.link.asked.clear()
            await stage.enter()
            await stage.types("a")
            await stage.press(*key)
            await stage.types("b")
            await stage.press("enter")
            self.assertEqual(stage.asked("say"), [("a\nb", "lobby", "say", "checked")])

    @staged()
    async def test_a_short_paste_is_put_in(self, stage: Stage) -> None:
        await stage.enter()
        await self.paste(stage, "a\r\nb\n")
        self.assertEqual(stage.app.entry.text, "a\nb")

    async def paste(self, stage: Stage, text: str) -> None:
        from textual import events

        stage.app.entry.post_message(events.Paste(text))
        await stage.settle()

    @staged()
    async def test_more_than_five_pasted_lines_are_asked_about(self, stage: Stage) -> None:
        await stage.enter()
        await self.paste(stage, "1\n2\n3\n4\n5\n6\n")
        self.assertTrue(stage.shows("Put 6 lines into the message? Press y or n."))
        self.assertEqual(stage.app.entry.text, "")
        await stage.press("n")
        self.assertEqual(stage.app.entry.text, "")
        await self.paste(stage, "1\n2\n3\n4\n5\n6")
        await stage.press("y")
        self.assertEqual(stage.app.entry.text, "1\n2\n3\n4\n5\n6")
        await stage.press("enter")
        self.assertEqual(len(stage.asked("say")), 1)

    @staged()
    async def test_a_declined_paste_is_brought_back_by_up(self, stage: Stage) -> None:
        text = "1\n2\n3\n4\n5\n6"
        for keys in (("n",), ("escape",), ("enter",), ("ctrl+f", "escape")):
            await stage.enter()
            await self.paste(stage, text)
            await stage.press(*keys)
            self.assertEqual(stage.app.entry.text, "")
            await stage.press("up")
            self.assertEqual(stage.app.entry.text, text, keys)
            await stage.press("ctrl+c")
            stage.app.entry.drafts.__init__()  # type: ignore[misc]

    @staged()
    async def test_more_lines_than_a_message_takes_are_refused(self, stage: Stage) -> None:
        await stage.enter()
        await self.paste(stage, "x\n" * 101)
        self.assertTrue(stage.shows("101 lines are too many"))

    @staged()
    async def test_ctrl_c_clears_what_is_typed_or_leaves(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("hm")
        await stage.press("ctrl+c")
        self.assertEqual((stage.app.entry.text, stage.app.is_running), ("", True))
        await stage.pilot.press("ctrl+c")
        await stage.pilot.pause()
        self.assertFalse(stage.app.is_running)

    @staged()
    async def test_ctrl_q_leaves_whatever_is_typed(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("hm")
        await stage.pilot.press("ctrl+q")
        await stage.pilot.pause()
        self.assertEqual((stage.app.is_running, len(stage.asked("quit"))), (False, 1))


class ScrollingTests(SynchronousTestCase):
    async def talk(self, stage: Stage, count: int = 60) -> None:
        await stage.enter("bob")
        await stage.hear(*(said(number, f"line {number}") for number in range(100, 100 + count)))

    @staged()
    async def test_page_keys_show_earlier_lines_and_the_last(self, stage: Stage) -> None:
        await self.talk(stage)
        self.assertTrue(stage.shows("line 159"))
        await stage.press("pageup")
        self.assertFalse(stage.shows("line 159"))
        self.assertTrue(stage.shows("below (End)"))
        await stage.press("end")
        self.assertTrue(stage.shows("line 159"))
        await stage.press("pageup", "pagedown", "pagedown")
        self.assertTrue(stage.app.messages.at_end)

    @staged()
    async def test_what_comes_does_not_move_what_one_reads(self, stage: Stage) -> None:
        await self.talk(stage)
        await stage.press("pageup")
        before = stage.rows()[1:20]
        await stage.hear(said(999, "new"))
        self.assertEqual(stage.rows()[1:20], before)

    @staged()
    async def test_the_top_loads_history_once_and_does_not_move(self, stage: Stage) -> None:
        await self.talk(stage)
        await stage.press("pageup", "pageup", "pageup", "pageup", "pageup")
        self.assertEqual(stage.asked("history"), [("lobby", f"{100:016x}", 200)])
        tag = f"t{[name for name, _ in stage.link.asked].index('history') + 1}"
        page = tuple(said(number, f"line {number}") for number in range(50, 100))
        await stage.hear(ev.Page(tag=tag, room="lobby", messages=page, more=False))
        self.assertTrue(stage.shows("line 100"))
        await stage.press("pageup")
        self.assertTrue(stage.shows("line 98"))

    @staged()
    async def test_history_is_shown_from_its_first_line_on(self, stage: Stage) -> None:
        await self.talk(stage)
        await stage.submit("/history 200")
        tag = f"t{len(stage.link.asked)}"
        page = tuple(said(number, f"line {number}") for number in range(110, 160))
        await stage.hear(ev.Page(tag=tag, room="lobby", messages=page, more=True))
        self.assertTrue(stage.shows("50 lines from here on"), stage.rows())
        self.assertIn("line 110", stage.rows()[1])
        await stage.press("end")
        await stage.hear(ev.Page(tag="x", room="lobby", messages=page[-1:], more=True))
        self.assertTrue(stage.shows("1 line from here on"))
        self.assertTrue(stage.app.messages.at_end)
        await stage.hear(ev.Page(tag="y", room="lobby", messages=(), more=False))
        self.assertTrue(stage.shows("There are no earlier messages."))

    @staged()
    async def test_much_unread_begins_with_its_first_line(self, stage: Stage) -> None:
        await self.talk(stage, count=1)
        await stage.hear(*(said(number, f"dev {number}", room="dev") for number in range(300, 400)))
        await stage.press("ctrl+n")
        self.assertIn("unread", stage.rows()[4])
        self.assertIn("dev 300", stage.rows()[5])
        self.assertFalse(stage.app.messages.at_end)
        await stage.press("ctrl+k", "enter", "end")
        await stage.hear(*(said(number, f"dev {number}", room="dev") for number in range(400, 403)))
        await stage.press("ctrl+n", "end")
        rows = stage.rows()
        at = next(n for n, row in enumerate(rows) if "unread" in row)
        self.assertIn("dev 400", rows[at + 1])

    @staged()
    async def test_the_wheel_scrolls(self, stage: Stage) -> None:
        from textual import events

        await self.talk(stage)
        wheel = (0, 0, 0, 0, 0, False, False, False)
        stage.app.messages.post_message(events.MouseScrollUp(stage.app.messages, *wheel))
        await stage.settle()
        self.assertFalse(stage.app.messages.at_end)
        stage.app.messages.post_message(events.MouseScrollDown(stage.app.messages, *wheel))
        await stage.settle()
        self.assertTrue(stage.app.messages.at_end)

    @staged()
    async def test_search_finds_older_and_newer_lines_and_asks_what_for(self, stage: Stage) -> None:
        await self.talk(stage)
        await stage.press("ctrl+f", "enter", "x", "backspace")
        self.assertTrue(stage.shows("Type what to search for."))
        await stage.press("ctrl+f")
        await stage.types("line 11")
        self.assertTrue(stage.shows("line 119"))
        await stage.press("up")
        self.assertEqual(stage.app._found, 18)
        await stage.press("down", "down")
        self.assertTrue(stage.shows("No more matches here. /search TEXT asks the server"))
        await stage.press("escape")
        self.assertTrue(stage.app.entry.has_focus)
        self.assertEqual(stage.app._searched, "")


class ConnectionTests(SynchronousTestCase):
    @staged()
    async def test_f1_shows_keys_and_what_is_not_here_is_loaded(self, stage: Stage) -> None:
        await stage.enter()
        await stage.press("f1")
        self.assertTrue(stage.shows("go to a conversation by typing"))
        await stage.press("escape")
        self.assertTrue(stage.app.entry.has_focus)
        stage.app._tick()
        self.assertEqual(stage.asked("history"), [("lobby", 200)])

    @staged()
    async def test_private_text_for_nobody_is_in_the_entry_again(self, stage: Stage) -> None:
        await stage.enter()
        await stage.types("/msg joe psst")
        await stage.press("enter")
        await stage.hear(ev.Sending(tag="t", to="joe", content="one\ntwo", time=NOW))
        back = ev.HandedBack(tag="t", to="joe", said=("one", "two"), content="joe did not come.")
        await stage.types("three")
        await stage.hear(back)
        self.assertEqual(stage.app.entry.text, "one\ntwo\nthree")
        self.assertTrue(stage.shows("joe did not come."), stage.rows())
        await stage.press("alt+up")
        await stage.hear(back)
        self.assertEqual(stage.app.entry.text, "")
        await stage.press("alt+down")
        self.assertEqual(stage.app.entry.text, "one\ntwo\none\ntwo\nthree")

    @staged()
    async def test_a_lost_connection_is_seen_and_its_reason_told_whole(self, stage: Stage) -> None:
        await stage.enter()
        why = "the certificate has changed: " + "word " * 30 + "end"
        await stage.hear(ev.Offline(why=why, again=5.0))
        told = " ".join(row.strip() for row in stage.rows())
        self.assertIn(f"Not connected: {why}", told)
        await stage.enter()
        self.assertFalse(stage.shows("Not connected"))
        await stage.enter("bob")
        stage.link.pending = 2
        await stage.hear(ev.Offline(why="refused", again=5.0))
        row = stage.rows()[-1]
        self.assertIn("○ offline, again in 5 s", row)
        self.assertIn("2 waiting to be sent", row)
        self.assertIn("refused", row)
        await stage.submit("still here")
        self.assertEqual(stage.asked("say"), [("still here", "lobby", "say")])
        await stage.hear(ev.Connecting())
        self.assertIn("○ connecting …", stage.rows()[-1])

    @staged()
    async def test_a_taken_name_is_asked_for_again_in_place(self, stage: Stage) -> None:
        refused = ev.NameRefused(
            code="nick-taken", nick="bob", suggestion="bob2", content='"bob" is taken.'
        )
        await stage.hear(refused)
        self.assertTrue(stage.shows('"bob" is taken.'))
        self.assertEqual(stage.app.ask.value, "bob2")
        await stage.press("enter")
        self.assertEqual(stage.asked("use"), [(Identity(nick="bob2"),)])
        await stage.enter()
        self.assertTrue(stage.app.entry.has_focus)

    @staged()
    async def test_a_locked_room_asks_for_its_password_unseen(self, stage: Stage) -> None:
        await stage.enter()
        refused = ev.Refused(room="dev", code="password-needed", content='join it with "password"')
        await stage.hear(refused)
        self.assertTrue(stage.shows("#dev is locked. Type its password"))
        self.assertFalse(stage.shows('with "password"'))
        await stage.types("key99")
        self.assertFalse(stage.shows("key99"))
        await stage.press("enter")
        self.assertEqual(stage.asked("join"), [("dev", "key99")])
        await stage.hear(ev.Refused(room="dev", code="wrong-password", content="wrong"))
        self.assertTrue(stage.shows("That is not the password of #dev."))
        await stage.press("enter")
        await stage.hear(refused)
        await stage.press("escape")
        self.assertTrue(stage.app.entry.has_focus)
        self.assertEqual(len(stage.asked("join")), 1)

    @staged()
    async def test_a_registered_name_asks_for_its_password_unseen(self, stage: Stage) -> None:
        refused = ev.NameRefused(code="password-needed", nick="bob", content="it is registered.")
        await stage.hear(refused)
        await stage.types("secret99")
        self.assertFalse(stage.shows("secret99"))
        await stage.press("enter")
        self.assertEqual(stage.asked("use"), [(Identity(nick="bob", password="secret99"),)])
        await stage.hear(refused)
        await stage.press("escape")
        await stage.types("rob")
        await stage.press("escape", "enter")
        self.assertEqual(stage.asked("use")[1:], [(Identity(nick="rob"),)])

    @staged(guest=True)
    async def test_who_has_no_name_is_told_how_to_get_one(self, stage: Stage) -> None:
        for _ in range(2):
            await stage.enter()
            await stage.hear(said(1), ev.HistoryEnd(room="lobby"))
            stage.app._tick()
            await stage.settle()
        hints = [row for row in stage.rows() if "You are me. /nick NAME gives you another" in row]
        self.assertEqual(len(hints), 1)

    @staged(few=True)
    async def test_eight_colours_are_enough(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1), said(2, "hey me", "eve"))
        for strip in stage.strips():
            for segment in strip:
                assert segment.style is not None
                for colour in (segment.style.color, segment.style.bgcolor):
                    if colour is not None:
                        number = colour.downgrade(ColorSystem.STANDARD).number
                        self.assertIn(number, range(8), segment)

    @staged(notes=["client.toml: theme must be one of dark, light"])
    async def test_mistakes_in_the_settings_are_shown_when_one_is_in(self, stage: Stage) -> None:
        await stage.hear(ev.Notice(code="certificate", content="the certificate is another"))
        await stage.enter()
        await stage.hear(said(1), ev.HistoryEnd(room="lobby"))
        stage.app._tick()
        await stage.settle()
        rows = "\n".join(stage.rows())
        self.assertLess(rows.index("bob hi"), rows.index("client.toml: theme must be one of"))
        self.assertTrue(stage.shows("the certificate is another"))

    @staged()
    async def test_what_was_chosen_is_kept_for_the_next_time(self, stage: Stage) -> None:
        kept: list[tuple[str, object]] = []

        def keep(*setting: object) -> str:
            kept.append((str(setting[0]), setting[1]))
            return ""

        self.patch(stage.app, "_keep", keep)
        await stage.press("f4")
        await stage.submit("/theme contrast")
        await stage.submit("/bell off")
        self.assertEqual(kept, [("theme", "light"), ("theme", "contrast"), ("bell", False)])

    @staged()
    async def test_what_cannot_be_kept_counts_until_the_end(self, stage: Stage) -> None:
        self.patch(stage.app, "_keep", lambda *setting: "client.toml: read-only")
        await stage.press("f4")
        self.assertEqual(stage.app.theme, "light")
        self.assertTrue(stage.shows("The setting was not saved: client.toml: read-only"))

    @staged()
    async def test_what_was_seen_is_told_at_the_latest_when_one_leaves(self, stage: Stage) -> None:
        await stage.enter("bob")
        await stage.hear(said(1))
        stage.app._tick()
        await stage.hear(said(2))
        await stage.press("ctrl+q")
        read = [(f"{number:016x}", "lobby", None) for number in (1, 2)]
        self.assertEqual(stage.asked("read"), read)
        self.assertEqual(stage.link.asked[-1], ("quit", (None,)))

    @staged()
    async def test_who_logs_in_can_have_what_is_kept_for_accounts(self, stage: Stage) -> None:
        await stage.enter("bob")
        stage.app.state.private("bob").buffer.more = False
        logged_in = ev.Renamed(sender="me", content="me", id=f"{1:016x}", time=NOW, account="me")
        await stage.hear(logged_in)
        self.assertTrue(stage.app.state.private("bob").buffer.more)

    @staged()
    async def test_what_an_ignored_person_said_vanishes(self, stage: Stage) -> None:
        await stage.enter("eve")
        await stage.hear(said(1, "buy", "eve"))
        await stage.submit("/ignore eve")
        tag = f"t{len(stage.link.asked)}"
        await stage.hear(ev.Notice(tag=tag, code="done", content="you ignore eve"))
        self.assertFalse(stage.shows("buy"))
        await stage.submit("/unignore eve")
        tag = f"t{len(stage.link.asked)}"
        await stage.hear(
            ev.Notice(tag=tag, code="done", content="you do not"), said(2, "b2", "eve")
        )
        self.assertTrue(stage.shows("b2"))


class BellTests(SynchronousTestCase):
    def listen(self, stage: Stage) -> list[str]:
        rung: list[str] = []
        self.patch(stage.app, "bell", lambda: rung.append("bell"))
        self.patch(stage.app._driver, "write", rung.append)
        return rung

    @staged()
    async def test_only_a_mention_elsewhere_rings_once_a_second(self, stage: Stage) -> None:
        await stage.enter("bob")
        rung = self.listen(stage)
        await stage.hear(said(1, "hey me"), said(2, "plain", room="dev"))
        self.assertEqual(rung.count("bell"), 0)
        await stage.hear(said(1, "hey me", room="dev"), said(2, "me!", room="dev"))
        self.assertEqual(rung.count("bell"), 1)

    @staged(bell=False, desktop=True)
    async def test_the_terminal_can_be_asked_for_a_notice_instead(self, stage: Stage) -> None:
        await stage.enter("bob")
        rung = self.listen(stage)
        await stage.hear(said(1, "hey me", room="dev"))
        self.assertEqual([text for text in rung if "]9;" in text], ["\x1b]9;bob: hey me\x07"])
        self.assertNotIn("bell", rung)

    @staged()
    async def test_the_bell_can_be_switched_off(self, stage: Stage) -> None:
        await stage.enter("bob")
        rung = self.listen(stage)
        await stage.submit("/bell off")
        await stage.hear(said(1, "hey me", room="dev"))
        self.assertNotIn("bell", rung)
