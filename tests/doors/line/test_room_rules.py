"""Rooms as people and programs rule them: the table of who may what through both dialects, and what is shown of it."""

from __future__ import annotations

from tests.core.matrix import arrange, become, rows
from tests.doors.house import NO_FLOOD_LIMIT, Guest, House, HouseTestCase
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.core.values.ids import spell

#: What somebody types who does it; Eve is a member with an account, Carl is not there, Mallory banned and muted.
DOES = {
    "enter": "/join dev",
    "speak": "hello",
    "read all": "/history",
    "set topic": "/topic news",
    "forget me": "/forget-me dev",
    "delete": "/delete OLD-NEWS",
    "keep": "/keep 30 days",
    "set": "/private on",
    "lock": "/lock secret",
    "invite": "/invite carl",
    "kick": "/kick eve",
    "ban": "/ban eve",
    "unban": "/unban mallory",
    "list bans": "/bans",
    "mute": "/mute eve",
    "unmute": "/unmute mallory",
    "change role": "/voice eve",
    "register": "/register-room",
    "rename": "/rename-room other",
    "transfer": "/transfer eve",
    "export": "/export",
    "drop": "/drop-room dev",
}
ROLES = (None, "voice", "operator", "owner")


class Scene:
    """A house with #dev in it, and somebody called actor who is about to do something there."""

    def __init__(self, action: str, how: str, role: str | None, *, program: bool = False) -> None:
        self.house = House(NO_FLOOD_LIMIT)
        self.house.enters("zoe").types("/join dev", "old news")
        self.old_news = spell(self.house.node.hub.latest)
        for name in ("eve", "carl"):
            guest = self.house.enters(name)
            if name == "eve":
                guest.types("/join dev")
        self.program = program
        self.actor = self.come()
        self.types("/join dev")
        actor, eve, dev = self.user("actor"), self.user("eve"), self.dev
        against = arrange(how, self.house.node.hub.state, actor, dev)
        flags = frozenset([role] if role is not None else [])
        dev.members[actor.id] = flags  # type: ignore[assignment]
        become(self.house.node.hub.state, eve, "eve")
        dev.members[eve.id] = against
        dev.members[self.user("zoe").id] = frozenset()
        for name, roles in (("actor", flags), ("eve", against)):
            if roles and action != "register":  # what is registered cannot be again
                dev.roles[name] = roles  # type: ignore[assignment]
        for there in (dev.bans, dev.mutes):
            there["mallory"] = Ban(read_target("mallory"), "zoe", 0.0)
        dev.tighten()
        if action == "enter":
            self._leave(actor, dev)
        self.house.hush()

    def come(self) -> Guest:
        """Let the actor in."""
        return self.house.program("actor") if self.program else self.house.enters("actor")

    def _leave(self, actor: User, dev: Room) -> None:
        """Leave the room, which takes no invitation back, and no role that is not an account's."""
        self.types("/leave")

    def user(self, name: str) -> User:
        return self.house.node.hub.state.users_by_key[name]

    @property
    def dev(self) -> Room:
        return self.house.node.hub.state.rooms_by_key["dev"]

    def types(self, line: str) -> None:
        if self.program:
            self.actor.objects({"type": "command", "content": line})
        else:
            self.actor.types(line)

    def may(self, action: str) -> bool:
        """Do it, and tell whether it was done."""
        self.types(DOES[action].replace("OLD-NEWS", self.old_news))
        if self.program:
            told = self.actor.gets()
            errors = [each for each in told if each["type"] == "error"]
            said = [each["content"] for each in told]
        else:
            said = self.actor.sees()
            errors = [{"code": line} for line in said if line.startswith("! ")]
        if action == "read all":
            return any("old news" in each for each in said)
        return not errors


class MatrixTests(HouseTestCase):
    def check(self, *, program: bool) -> None:
        self.assertEqual({action for action, _, _ in rows()}, set(DOES))
        for action, how, expected in rows():
            for role, allowed in zip(ROLES, expected, strict=True):
                scene = Scene(action, how, role, program=program)
                self.assertEqual(scene.may(action), allowed, (action, how, role))
                scene.house.closes()

    def test_table_holds_for_people_and_for_programs(self) -> None:
        self.check(program=False)
        self.check(program=True)


class VisitTests(HouseTestCase):
    """Olga owns #dev, with an account; Eve is there, too. Carl is a program in the lobby."""

    limits = NO_FLOOD_LIMIT

    def setUp(self) -> None:
        super().setUp()
        self.olga = self.house.enters("olga")
        user = self.house.node.hub.state.users_by_key["olga"]
        become(self.house.node.hub.state, user, "olga")
        self.eve = self.house.enters("eve")
        self.carl = self.house.program("carl")
        self.olga.types("/join dev", "/register-room")
        self.eve.types("/join dev")
        self.house.hush()

    def does(self, *lines: str) -> None:
        self.olga.types(*lines)
        self.house.hush()

    def told(self, guest: Guest, kind: str) -> dict[str, object]:
        (found,) = (each for each in guest.gets() if each["type"] == kind)
        return found

    def test_banned_person_sees_it_and_talks_nowhere(self) -> None:
        self.olga.types("/ban eve 2h too loud")
        said = "-- olga banned eve from #dev for 2 hours (too loud); removed: eve."
        self.assert_sees(self.olga, said)
        self.assert_sees(
            self.eve,
            said,
            "-- You are no longer in #dev. Choose the room you talk in with /join ROOM.",
        )
        self.eve.types("hello?", "/join dev")
        first, second = self.eve.sees()
        self.assertIn("You are not talking in any room", first)
        self.assertEqual(second, "! You are banned from #dev (too loud), for 2 hours more.")
        self.assert_sees(self.olga)

    def test_who_is_put_out_of_a_room_while_talking_in_another_is_told_so(self) -> None:
        self.eve.types("/join #lobby")
        self.eve.sees()
        self.olga.types("/kick eve")
        self.assertEqual(
            self.eve.sees()[-1], "-- You are no longer in #dev. You still talk in #lobby."
        )

    def test_bans_are_listed_and_lifted(self) -> None:
        self.does("/ban eve 2h too loud", "/ban *spam*")
        self.olga.types("/bans")
        self.assert_sees(
            self.olga,
            "-- #dev has 2 bans, mutes and exceptions:",
            "--   eve, by olga, 2 hours left: too loud",
            "--   *spam*, by olga",
        )
        self.olga.types("/unban eve", "/unban *SPAM*")
        self.assert_sees(
            self.olga,
            "-- olga lifted the ban on eve in #dev.",
            "-- olga lifted the ban on *SPAM* in #dev.",
        )

    def test_ban_and_mute_that_match_nobody_here_say_so_to_who_made_them(self) -> None:
        nobody = "-- Nobody here matches it at the moment."
        for line, shown in (
            ("/mute dave", "-- olga muted dave in #dev."),
            ("/mute carl", "-- olga muted carl in #dev."),
            ("/ban *spam*", "-- olga banned *spam* from #dev."),
            ("/ban carl", "-- olga banned carl from #dev."),
        ):
            self.olga.types(line)
            self.assert_sees(self.olga, shown, nobody)
            self.assert_sees(self.eve, shown)
        for line, shown in (
            ("/mute eve", "-- olga muted eve in #dev."),
            ("/ban e?e", "-- olga banned e?e from #dev; removed: eve."),
        ):
            self.olga.types(line)
            self.assert_sees(self.olga, shown)

    def test_invitation_reaches_people_and_programs(self) -> None:
        self.does("/invite-only on", "/kick eve")
        self.olga.types("/invite eve", "/invite carl")
        self.assert_sees(self.eve, "-- olga invites you to #dev. Enter it with /join #dev.")
        invite = self.told(self.carl, "invite")
        self.assertEqual((invite["from"], invite["room"], invite["you"]), ("olga", "dev", True))
        self.assertIn("id", invite)
        self.carl.objects({"type": "command", "content": "/invites"})
        self.assertEqual(self.told(self.carl, "invites")["content"], "You are invited to 1 room.")
        self.eve.types("/invites")
        self.assert_sees(self.eve, "-- You are invited to 1 room:", "--   #dev, by olga")
        self.carl.objects({"type": "join", "content": "dev"})
        self.assertEqual(self.told(self.carl, "members")["room"], "dev")
        self.eve.types("/join dev", "/leave", "/invites")
        self.assertEqual(self.eve.sees()[-1], "-- You are not invited to any room.")

    def test_member_invites_into_an_open_room(self) -> None:
        self.eve.types("/invite carl")
        self.assert_sees(self.olga, "-- eve invited carl to #dev.")
        self.assertEqual(self.told(self.carl, "invite")["from"], "eve")

    def test_invitation_by_somebody_ignored_is_not_shown(self) -> None:
        self.does("/kick eve")
        self.eve.types("/ignore olga")
        self.house.hush()
        self.olga.types("/invite eve")
        self.assert_sees(self.eve)

    def test_dropped_room_is_gone_for_all(self) -> None:
        self.olga.types("/drop-room", "/drop-room dev")
        asked, said, out = self.olga.sees()
        self.assertTrue(asked.startswith("! This deletes the room with its whole history."))
        self.assertEqual(said, "-- olga deleted #dev and everything said in it.")
        self.assertIn("no longer in #dev", out)
        self.eve.types("/who dev")
        self.assertIn("There is no room #dev", self.eve.sees()[-1])
        self.eve.types("/join dev")
        self.assertEqual(self.eve.sees()[0], "-- You are in a new room, #dev. Nobody else is here.")

    def test_owned_room_has_its_history_when_somebody_comes_back(self) -> None:
        self.does("kept")
        self.olga.types("/leave dev")
        self.eve.types("/leave dev", "/join dev")
        self.assert_any(self.eve.sees(), "<olga> kept")

    def test_history_since_the_join_begins_there_on_every_way(self) -> None:
        self.does("old news", "/visibility join")
        self.eve.types("/leave dev", "/join dev", "new news")
        self.house.hush()
        self.eve.types("/history 50", "/search news", "/history 5 after 0000000000000001")
        seen = self.eve.sees()
        self.assertFalse([line for line in seen if "old news" in line], seen)
        self.assertEqual(len([line for line in seen if "new news" in line]), 3)
        self.olga.types("/history 50")
        self.assert_any(self.olga.sees(), "old news")

    def test_join_shows_no_history_from_before_it(self) -> None:
        self.does("old news", "/visibility join")
        self.eve.types("/leave dev", "/join dev")
        self.assertFalse([line for line in self.eve.sees() if "old news" in line])

    def test_export_is_everything_with_dates_even_from_who_is_ignored(self) -> None:
        for number in range(150):
            self.eve.types(f"line {number}")
        self.does("/ignore eve")
        self.olga.types("/export")
        seen = self.olga.sees()
        self.assertEqual(len([line for line in seen if "<eve> line" in line]), 150)
        self.assertRegex(seen[1], r"^\[2025-06-15 \d\d:\d\d\] <eve> line 0$")

    def test_export_for_programs_is_an_object_for_each(self) -> None:
        self.does("kept")
        user = self.house.node.hub.state.users_by_key["carl"]
        become(self.house.node.hub.state, user, "carl")
        self.carl.objects({"type": "join", "content": "dev"})
        self.does("/transfer carl")
        self.carl.objects({"type": "command", "content": "/export"})
        kinds = [each["type"] for each in self.carl.gets()]
        self.assertEqual(kinds, ["history_start", "message", "history_end"])

    def test_who_wishes_so_is_forgotten(self) -> None:
        self.does("what I said")
        self.eve.types("what eve said")
        self.olga.types("/forget-me", "/forget-me dev")
        asked, done = self.olga.sees()[-2:]
        self.assertTrue(asked.startswith("! Say which messages to delete: /forget-me #dev deletes"))
        self.assertEqual(done, "-- olga deleted their messages in #dev.")
        self.eve.types("/history")
        seen = self.eve.sees()
        self.assert_any(seen, "what eve said")
        self.assertFalse([line for line in seen if "what I said" in line])

    def test_everything_is_forgotten_everywhere(self) -> None:
        self.does("in dev", "/join lobby", "in the lobby", "/forget-me all")
        for room in ("lobby", "dev"):
            self.eve.types(f"/join {room}", "/history")
            self.assertFalse([line for line in self.eve.sees() if "<olga>" in line])

    def test_program_is_acknowledged_what_it_sets(self) -> None:
        user = self.house.node.hub.state.users_by_key["carl"]
        become(self.house.node.hub.state, user, "carl")
        self.carl.objects({"type": "join", "content": "dev"})
        self.does("/op carl")
        for line in ("/slow 30", "/ban mallory 2h", "/ban *spam*", "/invite zoe", "/forget-me dev"):
            if line == "/invite zoe":
                self.house.enters("zoe")
            self.carl.objects({"type": "command", "content": line, "id": line})
            kinds = {each["type"]: each for each in self.carl.gets()}
            self.assertEqual(kinds["ack"]["id"], line, kinds)

    def test_roles_and_settings_are_seen_in_lists(self) -> None:
        self.does("/voice eve")
        self.eve.types("/who dev")
        self.assertEqual(self.eve.sees()[-1], "--   +eve (guest), @olga")
        self.does("/slow 30", "/private on")
        self.eve.types("/settings")
        self.assert_sees(self.eve, "-- #dev belongs to olga; private, slow (30 seconds).")


class MaskTests(HouseTestCase):
    def test_masks_and_exceptions_are_set_shown_and_listed_on_both_doors(self) -> None:
        olga, rex = self.house.enters("olga"), self.house.program("rex")
        olga.types("/join dev")
        rex.objects({"type": "join", "content": "dev"})
        self.house.hush()
        olga.types("/ban rex!*@*", "/except mutes *!*@rex.user 2h friend", "/mute r*!*@*")
        self.assert_sees(
            olga,
            "-- olga banned rex!*@* from #dev.",
            "-- olga exempted *!*@rex.user from the mutes of #dev for 2 hours (friend)",
            "-- olga muted r*!*@* in #dev.",
        )
        told = [(each["type"], each["target"]) for each in rex.gets()]
        self.assertEqual(told, [("ban", "rex!*@*"), ("except", "*!*@rex.user"), ("mute", "r*!*@*")])
        rex.objects({"type": "message", "content": "hi"})
        self.assertEqual(rex.gets()[0]["code"], "muted")
        rex.objects({"type": "command", "content": "/bans"})
        listed = rex.gets()[0]["bans"]
        self.assertEqual(
            [(each["target"], each["mute"], each["exempt"]) for each in listed],
            [("rex!*@*", False, None), ("r*!*@*", True, None), ("*!*@rex.user", False, "mutes")],
        )
        olga.types("/unexcept mutes *!*@REX.user", "/unmute R*!*@*", "/unban rex!*@*")
        self.assertEqual([each["type"] for each in rex.gets()], ["unexcept", "unmute", "unban"])
