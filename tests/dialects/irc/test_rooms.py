"""Entering and leaving rooms, their topics, invitations, and who is put out, as clients of IRC see it."""

from __future__ import annotations

from msgspec.structs import replace

from tests.doors.irc.house import IrcHouseTestCase


class JoinTests(IrcHouseTestCase):
    def test_each_refusal_has_its_numeric(self) -> None:
        ann, eve = self.enters("ann", "#dev"), self.enters("eve")
        for on, off, number in (
            ("+i", "-i", 473),
            ("+l 1", "-l", 471),
            ("+k secret", "-k", 475),
            ("+R", "-R", 477),
        ):
            ann.types(f"MODE #dev {on}")
            (told,) = self.asks(eve, "JOIN #dev")
            self.assertTrue(told.startswith(f":server {number} eve #dev :"), told)
            ann.types(f"MODE #dev {off}")
        self.assertEqual(self.asks(eve, "JOIN #dev")[0], ":eve JOIN #dev")

    def test_each_password_is_that_of_the_room_in_its_place(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob")
        ann.types("MODE #dev +k secret")
        seen = self.asks(bob, "JOIN #x,#x,,#dev ,,,secret")
        self.assertEqual(
            [line for line in seen if " JOIN " in line], [":bob JOIN #x", ":bob JOIN #dev"]
        )

    def test_joining_twice_says_nothing(self) -> None:
        ann = self.enters("ann", "#dev")
        self.assertEqual(self.asks(ann, "JOIN #dev", "JOIN #dev key"), [])

    def test_names_of_several_rooms_have_one_end(self) -> None:
        ann = self.enters("ann", "#dev", "#ops")
        ann.types("MODE #ops +s")
        self.assertEqual(
            self.asks(ann, "NAMES #dev,#ops"),
            [
                ":server 353 ann = #dev :@ann",
                ":server 353 ann @ #ops :@ann",
                ":server 366 ann #dev,#ops :End of /NAMES list",
            ],
        )
        many = ",".join(f"#{'x' * 40}{n}" for n in range(10))
        self.assertEqual(len(self.asks(ann, f"NAMES {many}")), 10)


class TopicTests(IrcHouseTestCase):
    def test_topic_is_set_for_all_and_told_with_who_set_it(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        self.assertEqual(self.asks(bob, "TOPIC #dev"), [":server 331 bob #dev :No topic is set"])
        ann.types("TOPIC #dev :two words")
        for guest in (ann, bob):
            self.assert_bare(guest, ":ann TOPIC #dev :two words")
        topic, by = self.asks(bob, "TOPIC #dev")
        self.assertEqual(topic, ":server 332 bob #dev :two words")
        self.assertRegex(by, r"^:server 333 bob #dev ann [0-9]+$")
        self.assertEqual(self.asks(ann, "TOPIC #dev :"), [":ann TOPIC #dev :"])

    def test_each_refusal_has_its_numeric(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        self.enters("eve", "#other")
        ann.types("MODE #dev +t")
        for room, number in (("#dev", 482), ("#other", 442), ("#nowhere", 403), ("dev", 403)):
            (told,) = self.asks(bob, f"TOPIC {room} :x")
            self.assertTrue(told.startswith(f":server {number} bob {room} :"), told)


class KickTests(IrcHouseTestCase):
    def test_who_is_put_out_sees_it_as_the_others_do_and_nothing_else(self) -> None:
        ann, bob, eve = (self.enters(nick, "#dev") for nick in ("ann", "bob", "eve"))
        ann.types("KICK #dev bob :too loud")
        for guest in (ann, bob, eve):
            self.assert_bare(guest, ":ann KICK #dev bob :too loud")
        ann.types("KICK #dev eve")
        self.assert_bare(eve, ":ann KICK #dev eve :ann")

    def test_room_that_is_deleted_puts_out_each_once(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.types("REGISTER * * sesame-123", "REGISTER-ROOM #dev")
        self.house.hush()
        ann.types("DROP-ROOM dev")
        for guest, nick in ((ann, "ann"), (bob, "bob")):
            told, out = self.bare(guest)
            self.assertEqual(
                told,
                ":server NOTICE #dev :ann deleted #dev and everything said in it.",
            )
            self.assertEqual(out, f":ann KICK #dev {nick} :The room was deleted")

    def test_several_are_put_out_one_by_one(self) -> None:
        ann = self.enters("ann", "#dev", "#ops")
        for nick in ("bob", "eve", "joe"):
            self.enters(nick, "#dev", "#ops")
        self.assertEqual(
            self.asks(ann, "KICK #dev bob,eve :bye"),
            [":ann KICK #dev bob :bye", ":ann KICK #dev eve :bye"],
        )
        self.assertEqual(
            self.asks(ann, "KICK #dev,#ops joe,bob"),
            [":ann KICK #dev joe :ann", ":ann KICK #ops bob :ann"],
        )

    def test_each_refusal_has_its_numeric(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        self.enters("eve", "#other")
        for guest, line, told in (
            (bob, "#dev ann", "482 bob #dev"),
            (ann, "#dev eve", "441 ann eve #dev"),
            (ann, "#other eve", "442 ann #other"),
            (ann, "#nowhere eve", "403 ann #nowhere"),
            (ann, "#dev b!b", "401 ann b!b"),
        ):
            (line,) = self.asks(guest, f"KICK {line}")
            self.assertTrue(line.startswith(f":server {told} :"), line)


class InviteTests(IrcHouseTestCase):
    def test_invitation_is_shown_to_whom_it_is_for_and_to_members_who_asked_for_that(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        joe = self.enters("joe", "#dev", caps="invite-notify")
        eve = self.enters("eve")
        self.assertEqual(self.asks(ann, "INVITE eve #dev"), [":server 341 ann eve #dev"])
        self.assert_bare(eve, ":ann INVITE eve #dev")
        self.assert_bare(joe, ":ann INVITE eve #dev")
        self.assert_bare(bob)
        self.assertEqual(
            self.asks(eve, "INVITE"),
            [":server 336 eve #dev", ":server 337 eve :End of /INVITE list"],
        )

    def test_each_refusal_has_its_numeric(self) -> None:
        ann, bob, eve = self.enters("ann", "#dev"), self.enters("bob", "#dev"), self.enters("eve")
        ann.types("MODE #dev +i")
        for guest, line, told in (
            (bob, "eve #dev", "482 bob #dev"),
            (ann, "bob #dev", "443 ann bob #dev"),
            (ann, "zoe #dev", "401 ann zoe"),
            (eve, "ann #dev", "442 eve #dev"),
            (eve, "ann #nowhere", "403 eve #nowhere"),
        ):
            (line,) = self.asks(guest, f"INVITE {line}")
            self.assertTrue(line.startswith(f":server {told} :"), line)


class CrowdTests(IrcHouseTestCase):
    limits = replace(IrcHouseTestCase.limits, crowd_size=2)

    def test_who_comes_to_a_crowd_and_goes_is_a_line_each_a_little_later(self) -> None:
        ann = self.enters("ann", "#dev")
        others = [self.enters(nick, "#dev") for nick in ("bob", "cid", "dan", "eve")]
        self.house.clock.advance(5)
        self.house.hush()
        others[0].types("PART #dev")
        others[1].types("QUIT :bye")
        joe = self.enters("joe", "#dev")
        kim = self.enters("kim", "#dev", caps="extended-join")
        for guest in (ann, joe, kim):
            self.assert_bare(guest)
        self.house.clock.advance(5)
        self.assert_bare(ann, ":bob PART #dev", ":cid QUIT", ":joe JOIN #dev", ":kim JOIN #dev")
        self.assert_bare(joe, ":kim JOIN #dev")
        self.assert_bare(kim)


class OutsideTests(IrcHouseTestCase):
    def test_people_outside_speak_where_n_is_off(self) -> None:
        ann, eve = self.enters("ann", "#dev"), self.enters("eve")
        (told,) = self.asks(eve, "PRIVMSG #dev :hi")
        self.assertTrue(told.startswith(":server 404 eve #dev :"), told)
        ann.types("MODE #dev -n")
        self.house.hush()
        self.assertEqual(self.asks(eve, "PRIVMSG #dev :hi"), [])
        self.assert_bare(ann, ":eve PRIVMSG #dev :hi")

    def test_requests_of_programs_end_at_c(self) -> None:
        ann, eve = self.enters("ann", "#dev"), self.enters("eve", "#dev")
        ann.types("MODE #dev +C")
        self.house.hush()
        (told,) = self.asks(eve, "PRIVMSG #dev :\x01PING 1\x01")
        self.assertTrue(told.startswith(":server 404 eve #dev :"), told)
        self.assertEqual(self.asks(eve, "PRIVMSG #dev :\x01ACTION waves\x01"), [])
        self.assert_bare(ann, ":eve PRIVMSG #dev :\x01ACTION waves\x01")
