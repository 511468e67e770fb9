"""Messages on IRC: what is said, and with what tags; labels; and what does not fit a line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.dialects.irc.message import MAX_LINE, split

ALL = "message-tags server-time account-tag echo-message batch labeled-response"


class SayTests(IrcHouseTestCase):
    def test_each_kind_of_message_arrives_as_that(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        for sent, seen in (
            ("PRIVMSG #dev :hi", ":ann PRIVMSG #dev :hi"),
            ("PRIVMSG bob :psst", ":ann PRIVMSG bob :psst"),
            ("NOTICE #dev :hi", ":ann NOTICE #dev :hi"),
            ("PRIVMSG #dev :\x01ACTION waves\x01", ":ann PRIVMSG #dev :\x01ACTION waves\x01"),
            ("PRIVMSG bob :\x01VERSION\x01", ":ann PRIVMSG bob :\x01VERSION\x01"),
            ("NOTICE bob :\x01VERSION x 1\x01", ":ann NOTICE bob :\x01VERSION x 1\x01"),
            ("PRIVMSG #dev :\x02bold\x02 \x0304red", ":ann PRIVMSG #dev :\x02bold\x02 \x0304red"),
        ):
            ann.types(sent)
            self.assert_bare(bob, seen)

    def test_other_doors_get_the_text_without_colours(self) -> None:
        ann, eve = self.enters("ann", "#lobby"), self.house.enters("eve")
        self.house.hush()
        ann.types(
            "PRIVMSG #lobby :\x02bold\x02 \x0304,05red\x0f", "PRIVMSG #lobby :\x01ACTION waves\x01"
        )
        self.assert_sees(eve, "<ann> bold red", "* ann waves")

    def test_operators_of_a_room_alone_get_what_is_for_them(self) -> None:
        ann, bob, eve = (self.enters(name, "#dev") for name in ("ann", "bob", "eve"))
        bob.types("PRIVMSG @#dev :help", "NOTICE @#dev :\x02now")
        self.assert_bare(ann, ":bob PRIVMSG @#dev :help", ":bob NOTICE @#dev :\x02now")
        self.assertEqual((bob.sees(), eve.sees()), ([], []))

    def test_what_is_missing_is_said(self) -> None:
        ann = self.enters("ann")
        self.assertEqual(
            self.asks(
                ann, "PRIVMSG", "PRIVMSG bob", "PRIVMSG bob :", "PRIVMSG bob :x", "PRIVMSG #no :x"
            ),
            [
                ":server 411 ann :No recipient given (PRIVMSG)",
                ":server 412 ann :No text to send",
                ":server 412 ann :No text to send",
                ":server 401 ann bob :bob is not here. The message was not sent. Type /who to list who is here.",
                ":server 403 ann #no :There is no room #no. Type /list to list them. The message was not sent.",
            ],
        )

    def test_a_mistyped_private_command_is_not_said_to_a_room_and_not_quoted(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        for text in (
            *("msg NickServ IDENTIFY s3cret", "/MSG nickserv identify s3cret", " identify s3cret"),
            *("NickServ IDENTIFY s3cret", "ns register s3cret", "/ns identify s3cret"),
            *("/msg bob s3cret", "/oper root s3cret", "/pass s3cret", "\x02identify\x02 s3cret"),
            *("/login ann s3cret", " /register s3cret", "/passwd s3cret s3cret", "/ns drop s3cret"),
        ):
            (told,) = self.asks(ann, f"PRIVMSG #dev :{text}")
            self.assertTrue(told.startswith(":server 404 ann #dev :"), (text, told))
            self.assertNotIn("s3cret", told)
            self.assertEqual(self.asks(ann, f"NOTICE #dev :{text}"), [])
            self.assertEqual(bob.sees(), [])
        for text in (
            "identifying",
            "identify",
            "pass the salt",
            "message NickServ",
            "/passes",
            "/register-room",
            "/me",
        ):
            ann.types(f"PRIVMSG #dev :{text}")
            self.assert_bare(bob, f":ann PRIVMSG #dev :{text}")
        ann.types("PRIVMSG bob :identify yourself")
        self.assert_bare(bob, ":ann PRIVMSG bob :identify yourself")

    def test_one_line_has_few_recipients_and_one_with_more_goes_to_none(self) -> None:
        ann, bob = self.enters("ann", "#dev", caps="message-tags"), self.enters("bob", "#dev")
        (told,) = self.asks(ann, "PRIVMSG bob,a,b,c,d,#dev :hi")
        self.assertEqual(
            told, ":server 407 ann d :A message can have at most 4 recipients. It was not sent."
        )
        self.assertEqual(self.asks(ann, f"NOTICE bob,{','.join('abcdefgh')} :hi"), [])
        (told,) = self.asks(ann, f"@+x=1 TAGMSG bob,{','.join('abcdefgh')}")
        self.assertIn(" 407 ", told)
        self.assertEqual(bob.sees(), [])

    def test_notices_are_never_answered(self) -> None:
        ann = self.enters("ann")
        self.assertEqual(
            self.asks(ann, "NOTICE", "NOTICE #no :x", "NOTICE nobody :x", "NOTICE ,: :x"), []
        )
        self.assertEqual(self.asks(ann, "NOTICE ann :\x1b[2J", "NOTICE ann :" + "x" * 490), [])

    def test_a_line_that_does_not_fit_is_refused_and_says_by_how_much(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.hears()
        text = "x" * 400
        ann.types(f"PRIVMSG #dev :{text}")
        (seen,) = bob.sees()
        room = MAX_LINE - len(seen.encode()) + 400
        self.assertEqual(self.asks(ann, f"PRIVMSG #dev :{'x' * room}"), [])
        self.assertEqual(len(bob.sees()[0]), MAX_LINE)
        self.assertEqual(
            self.asks(ann, f"PRIVMSG #dev :{'x' * (room + 3)}"),
            [":server 417 ann :The line would be 3 bytes too long for others. It was not sent."],
        )
        self.assertEqual(bob.sees(), [])

    def test_lines_of_other_doors_are_cut_between_words_and_lose_nothing(self) -> None:
        bob, eve = self.enters("bob", "#lobby"), self.house.enters("eve")
        self.house.hush()
        text = " ".join(f"word{number}" for number in range(300))
        eve.types(text)
        lines = bob.sees()
        self.assertGreater(len(lines), 3)
        self.assertLessEqual(max(len(line.encode()) for line in lines), MAX_LINE)
        self.assertEqual("".join(line.partition(" :")[2] for line in lines), text)

    def test_a_line_of_emoji_arrives_whole(self) -> None:
        bob, eve = self.enters("bob", "#lobby"), self.house.enters("eve")
        self.house.hush()
        family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
        text = family * (4096 // len(family.encode()))
        eve.types(text)
        pieces = [line.partition(" :")[2] for line in bob.sees()]
        self.assertEqual("".join(pieces), text)
        for piece in pieces:
            self.assertEqual(len(piece) % len(family), 0)

    def test_the_longest_names_leave_room_for_what_is_said(self) -> None:
        nick, room = "\U00020001" * 32, "#" + "\U00020000" * 50
        ann, bob = self.comes(), self.enters("bob", room, caps="draft/chathistory batch")
        ann.types(f"NICK {nick}", f"USER {'u' * 20} 0 * :x", "NICKSERV REGISTER correct-horse")
        ann.types(f"JOIN {room}")
        bob.types(f"MODE {room} +o {nick}")
        bob.hears()
        said = "\x01ACTION " + "\U00020000" * 25 + "\x01"
        ann.types(f"PRIVMSG @{room} :{said}", f"PRIVMSG {room} :{said}")
        bob.types(f"CHATHISTORY LATEST {room} * 9")
        lines = bob.sees()
        again = said.replace("ACTION ", "ACTION [15:06] ")
        self.assertEqual(
            [line.rpartition(" :")[2] for line in lines if " PRIVMSG " in line], [said, said, again]
        )
        self.assertLessEqual(max(len(line.encode()) for line in lines if line[0] == ":"), MAX_LINE)


class ShortWayTests(IrcHouseTestCase):
    """Plain lines take a shorter way, and come to the same."""

    def test_a_plain_line_is_read_as_any_other(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        for room, text in (
            ("#dev", "hi"),
            ("#dev", " blanks  between "),
            ("#DEV", ":-)"),
            ("#nowhere", "hi"),
            ("#", "hi"),
            ("#dev", "identify secret"),
            ("#dev", "x" * 450),
            ("#dev", "x" * 490),
            ("#dev", "caf\u00e9"),
        ):
            short = self.asks(ann, f"PRIVMSG {room} :{text}"), self.bare(bob)
            # A tag makes no difference to who did not ask for tags.
            long = self.asks(ann, f"@x=1 PRIVMSG {room} :{text}"), self.bare(bob)
            self.assertEqual(short, long, (room, text))


class SplitTests(IrcHouseTestCase):
    @given(st.text(st.characters(codec="utf-8"), max_size=200), st.integers(0, 60))
    def test_splitting_ends_and_loses_and_adds_nothing(self, text: str, size: int) -> None:
        pieces = split(text, size)
        self.assertEqual("".join(pieces), text)
        self.assertLessEqual(max(len(piece.encode()) for piece in pieces), max(size, 4))


class TagTests(IrcHouseTestCase):
    def test_tags_go_to_who_asked_for_them(self) -> None:
        ann = self.enters("ann", "#dev", caps="message-tags")
        bob, carl = self.enters("bob", "#dev", caps="message-tags"), self.enters("carl", "#dev")
        ann.types("@+reply=1;x=2;label=9 PRIVMSG #dev :hi", "@+typing=active TAGMSG #dev")
        message, typing = bob.sees()
        self.assertRegex(message, r"^@msgid=[0-9a-f]{16};\+reply=1 :ann![^ ]+ PRIVMSG #dev :hi$")
        self.assertRegex(typing, r"^@msgid=[0-9a-f]{16};\+typing=active :ann![^ ]+ TAGMSG #dev$")
        self.assert_bare(carl, ":ann PRIVMSG #dev :hi")

    def test_time_and_account_are_told(self) -> None:
        eve = self.house.enters("eve")
        eve.types("/register correct-horse")
        bob = self.enters("bob", "#lobby", caps="server-time account-tag")
        eve.types("hi")
        self.assertRegex(
            bob.sees()[-1], r"^@time=[-0-9]+T[:0-9]+\.[0-9]{3}Z;account=eve :eve![^ ]+ PRIVMSG "
        )

    def test_tags_alone_are_nothing_without_the_capability(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob", caps="message-tags")
        self.assertEqual(self.asks(ann, "TAGMSG bob"), [":server 421 ann TAGMSG :Unknown command"])
        self.assertEqual(
            self.asks(bob, "TAGMSG"), [":server 461 bob TAGMSG :Not enough parameters"]
        )

    def test_one_private_message_is_shown_to_ones_other_sessions_that_ask_for_that(self) -> None:
        ann = self.enters("ann", caps="echo-message")
        self.enters("bob")
        self.assertEqual(self.asks(ann, "PRIVMSG bob :hi"), [":ann PRIVMSG bob :hi"])
        plain = self.enters("plain")
        self.assertEqual(self.asks(plain, "PRIVMSG bob :hi"), [])


class LabelTests(IrcHouseTestCase):
    def test_an_answer_of_one_line_has_the_label(self) -> None:
        ann = self.enters("ann", "#dev", caps=ALL)
        (seen,) = self.asks(ann, "@label=7 NOSUCH")
        self.assertEqual(seen, "@label=7 :server 421 ann NOSUCH :Unknown command")
        (seen,) = self.asks(ann, "@label=8 PRIVMSG #dev :hi")
        self.assertRegex(seen, r"^@label=8;msgid=[0-9a-f]+;time=[^ ]+ :ann![^ ]+ PRIVMSG #dev :hi$")

    def test_no_answer_is_acknowledged(self) -> None:
        ann = self.enters("ann", caps="batch labeled-response")
        self.assertEqual(self.asks(ann, "@label=7 PONG x"), ["@label=7 :server ACK"])

    def test_several_lines_are_a_batch(self) -> None:
        ann = self.enters("ann", "#dev", caps="batch labeled-response")
        first, *lines, last = self.asks(ann, "@label=7 NAMES #dev")
        self.assertEqual(first, "@label=7 :server BATCH +1 labeled-response")
        self.assertEqual(
            lines,
            [
                "@batch=1 :server 353 ann = #dev :@ann",
                "@batch=1 :server 366 ann #dev :End of /NAMES list",
            ],
        )
        self.assertEqual(last, ":server BATCH -1")

    def test_the_word_batch_in_a_text_begins_none(self) -> None:
        ann = self.enters("ann", "#dev,#x", caps="echo-message batch labeled-response")
        first, *lines, last = self.asks(ann, "@label=7 PRIVMSG #dev,#x :a BATCH +1")
        self.assertEqual(first, "@label=7 :server BATCH +1 labeled-response")
        self.assertEqual(
            [line.replace(line.split("@")[-1].split()[0], "host", 1) for line in lines],
            [f"@batch=1 :ann!~ann@host PRIVMSG {to} :a BATCH +1" for to in ("#dev", "#x")],
        )
        self.assertEqual(last, ":server BATCH -1")

    def test_what_others_say_meanwhile_is_no_part_of_it(self) -> None:
        ann, bob = (
            self.enters("ann", "#dev", caps="batch labeled-response"),
            self.enters("bob", "#dev"),
        )
        ann.hears()
        bob.types("PRIVMSG #dev :hi")
        ann.types("@label=7 PING x")
        self.assertEqual(
            self.bare(ann), [":bob PRIVMSG #dev :hi", "@label=7 :server PONG server :x"]
        )

    def test_without_the_capabilities_or_too_long_it_is_ignored(self) -> None:
        ann, bob = self.enters("ann"), self.enters("bob", caps="batch labeled-response")
        self.assertEqual(self.asks(ann, "@label=7 PING x"), [":server PONG server :x"])
        self.assertEqual(self.asks(bob, f"@label={'x' * 65} PING x"), [":server PONG server :x"])
