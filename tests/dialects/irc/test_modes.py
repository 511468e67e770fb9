"""MODE as a client types it, and as everybody sees it."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.state.room import Room
from twisted_chat.dialects.irc.modes import Mode, read_modes
from twisted_chat.dialects.irc.rooms import MAX_TARGETS


class ReadTests(IrcHouseTestCase):
    def test_signs_count_for_all_letters_behind_them(self) -> None:
        self.assertEqual(
            list(read_modes("i-st+m", ())),
            [Mode(True, "i"), Mode(False, "s"), Mode(False, "t"), Mode(True, "m")],
        )

    def test_each_letter_takes_what_it_needs(self) -> None:
        self.assertEqual(
            list(read_modes("+lo-lko", ("5", "bob", "key", "eve"))),
            [
                *(Mode(True, "l", "5"), Mode(True, "o", "bob")),
                *(Mode(False, "l"), Mode(False, "k", "key"), Mode(False, "o", "eve")),
            ],
        )
        self.assertEqual(list(read_modes("ov", ("bob",)))[1], Mode(True, "v", None))

    def test_a_line_of_letters_is_read_in_part(self) -> None:
        self.assertLessEqual(len(list(read_modes("o" * 400, ()))), 2 * MAX_TARGETS)


class RoomCase(IrcHouseTestCase):
    """Ann made #dev, and Bob is there, too."""

    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", "#dev")
        self.bob = self.enters("bob", "#dev")

    @property
    def dev(self) -> Room:
        return self.house.node.hub.state.rooms_by_key["dev"]


class SettingTests(RoomCase):
    def test_a_list_is_told_once_a_line(self) -> None:
        self.ann.types("MODE #dev +b eve!*@*")
        once = self.asks(self.ann, "MODE #dev b")
        self.assertEqual(len(once), 2)
        self.assertEqual(self.asks(self.ann, f"MODE #dev +{'b' * 30}"), once)

    def test_several_settings_are_one_line_for_all(self) -> None:
        self.ann.types("MODE #dev +it-n+l 30")
        self.assert_bare(self.ann, ":ann MODE #dev +itl-n 30")
        self.assert_bare(self.bob, ":ann MODE #dev +itl-n 30")
        how = self.dev.settings
        self.assertEqual(
            (how.invite_only, how.topic_lock, how.outside, how.limit), (True, True, True, 30)
        )

    def test_who_asks_is_told_letters_and_age(self) -> None:
        self.ann.types("MODE #dev +sl 30", "MODE #dev +k secret")
        self.house.hush()
        created = int(self.dev.created)
        self.assertEqual(
            self.asks(self.bob, "MODE #dev"),
            [":server 324 bob #dev +klns * 30", f":server 329 bob #dev {created}"],
        )

    def test_what_is_no_number_is_refused_and_the_rest_is_done(self) -> None:
        for value in ("0", "-1", "abc", ":", "1234567890"):
            self.assertEqual(
                self.asks(self.ann, f"MODE #dev +ml {value}"),
                [
                    f":server 696 ann #dev l {value.strip(':') or '*'} :It must be a number",
                    ":ann MODE #dev +m",
                ],
                value,
            )
        self.assertEqual(
            self.asks(self.ann, "MODE #dev +l"), [":server 461 ann MODE :Not enough parameters"]
        )

    def test_unknown_letters_are_named(self) -> None:
        self.assertEqual(
            self.asks(self.ann, "MODE #dev +Zs"),
            [":ann MODE #dev +s", ":server 472 ann Z :is unknown mode char to me for #dev"],
        )

    def test_members_change_nothing(self) -> None:
        for line in ("+i", "+k x", "+o bob", "+v bob"):
            (told,) = self.asks(self.bob, f"MODE #dev {line}")
            self.assertTrue(told.startswith(":server 482 bob #dev :"), told)

    def test_rooms_where_one_is_not(self) -> None:
        self.enters("eve", "#other")
        for line, number in (("#other +i", "442 ann #other"), ("#nowhere +i", "403 ann #nowhere")):
            (told,) = self.asks(self.ann, f"MODE {line}")
            self.assertTrue(told.startswith(f":server {number} :"), told)


class KeyTests(RoomCase):
    def test_password_is_set_and_taken_away_and_shown_to_nobody(self) -> None:
        eve = self.enters("eve")
        self.ann.types("MODE #dev +k secret")
        self.assert_bare(self.bob, ":ann MODE #dev +k *")
        for line, number in (("JOIN #dev", "475"), ("JOIN #dev other", "475")):
            self.assertTrue(self.asks(eve, line)[0].startswith(f":server {number} eve #dev :"))
        self.assertEqual(self.asks(eve, "JOIN #dev secret")[0], ":eve JOIN #dev")
        self.house.hush()
        self.ann.types("MODE #dev -k secret", "MODE #dev -k")
        self.assert_bare(self.ann, ":ann MODE #dev -k *")

    def test_password_that_no_join_can_carry_is_refused(self) -> None:
        for key in (":two words", "a,b", ":", "x" * 101):
            (told,) = self.asks(self.ann, f"MODE #dev +k {key}")
            self.assertTrue(told.startswith(":server 696 ann #dev k * :"), told)
        self.assertIsNone(self.dev.password)

    def test_password_of_a_new_room_locks_it(self) -> None:
        self.assertIn(
            ":server 324 ann #new +kn *", self.asks(self.ann, "JOIN #new pw", "MODE #new")
        )


class RoleTests(RoomCase):
    def test_roles_are_given_and_taken_away(self) -> None:
        self.ann.types("MODE #dev +vo-v bob bob bob")
        lines = (":ann MODE #dev +v bob", ":ann MODE #dev +o bob", ":ann MODE #dev -v bob")
        self.assert_bare(self.bob, *lines)
        self.assert_bare(self.ann, *lines)

    def test_role_that_somebody_has_is_given_without_a_word(self) -> None:
        self.assertEqual(self.asks(self.ann, "MODE #dev +o ann"), [])
        self.assertEqual(self.asks(self.ann, "MODE #dev -v bob"), [])

    def test_whose_role_it_is_must_be_there(self) -> None:
        self.enters("eve")
        for nick, number in (
            ("eve", "441 ann eve #dev"),
            ("zoe", "401 ann zoe"),
            ("a!b", "401 ann a!b"),
        ):
            (told,) = self.asks(self.ann, f"MODE #dev +o {nick}")
            self.assertTrue(told.startswith(f":server {number} :"), told)

    def test_owner_is_shown_and_not_given(self) -> None:
        (told,) = self.asks(self.ann, "MODE #dev +q bob")
        self.assertTrue(told.startswith(":server 482 ann #dev :"), told)


class OwnTests(RoomCase):
    def test_client_asks_for_its_own_modes_only(self) -> None:
        self.assertTrue(self.asks(self.bob, "MODE bob")[0].startswith(":server 221 bob +"))
        self.assertEqual(
            self.asks(self.bob, "MODE ann"),
            [":server 502 bob :Cannot change mode for other users"],
        )
