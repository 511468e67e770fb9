from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.client.screen.preferences import Preferences, keep, load, path

DOCS = Path(__file__).parents[3] / "docs" / "client.md"


class PathTests(SynchronousTestCase):
    def test_it_is_in_the_users_configuration_folder(self) -> None:
        self.assertEqual(path({"XDG_CONFIG_HOME": "/x"}), Path("/x/twisted-chat/client.toml"))
        self.assertEqual(path({}), Path.home() / ".config/twisted-chat/client.toml")
        self.assertEqual(path({"XDG_CONFIG_HOME": "x"}), path({}))


class DocumentationTests(SynchronousTestCase):
    def test_the_example_has_every_setting_with_its_default(self) -> None:
        (example,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        self.assertEqual(tomllib.loads(example), msgspec.to_builtins(Preferences()))


class LoadTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.file = self.folder / "client.toml"

    def load(self, text: str | bytes) -> tuple[Preferences, list[str]]:
        file = self.folder / "client.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        preferences, errors = load(file)
        return preferences, [error.removeprefix(f"{file}: ") for error in errors]

    def test_settings_are_taken_and_byte_order_marks_skipped(self) -> None:
        self.assertEqual(load(self.folder / "none"), (Preferences(), []))
        preferences, errors = self.load('theme = "light"\nbell = false\nmembers = "never"')
        self.assertEqual(errors, [])
        self.assertEqual(
            (preferences.theme, preferences.bell, preferences.members), ("light", False, "never")
        )
        preferences, errors = self.load(b'\xef\xbb\xbftheme = "light"')
        self.assertEqual((preferences.theme, errors), ("light", []))
        self.assertEqual(keep(self.file, "theme", "dark"), "")
        self.assertEqual(load(self.file)[0].theme, "dark")

    def test_each_mistake_is_named_and_the_rest_is_taken(self) -> None:
        preferences, errors = self.load('theme = "pink"\nbell = 1\nemoji = false\nnope = 3')
        self.assertEqual(preferences, Preferences(emoji=False))
        self.assertEqual(
            errors,
            [
                "theme must be one of dark, light, mono, contrast; dark is used",
                "bell must be true or false; true is used",
                "there is no setting nope",
            ],
        )
        preferences, errors = self.load("theme = []")
        self.assertEqual((preferences.theme, len(errors)), ("dark", 1))

    def test_what_is_not_toml_or_cannot_be_read_is_named(self) -> None:
        for bad in ("theme =", b"\xff\xfe"):
            preferences, errors = self.load(bad)
            self.assertEqual(preferences, Preferences())
            self.assertIn("the defaults are used", errors[0])
        preferences, (error,) = load(self.folder)
        self.assertEqual(preferences, Preferences())
        self.assertIn("directory", error)

    def kept(self, before: str, name: str, value: str | bool) -> str:
        self.file.write_text(before, "utf-8")
        self.assertEqual(keep(self.file, name, value), "")
        return self.file.read_text("utf-8")

    def test_what_was_chosen_is_kept_and_the_rest_of_the_file_stays(self) -> None:
        file = self.folder / "new" / "client.toml"
        self.assertEqual(keep(file, "theme", "light"), "")
        self.assertEqual(keep(file, "bell", False), "")
        self.assertEqual(load(file), (Preferences(theme="light", bell=False), []))
        self.assertEqual(
            self.kept(
                "# mine\ntheme = 'mono'  # calm\nbell=true\n[other]\nx = 1\n", "theme", "dark"
            ),
            '# mine\ntheme = "dark"  # calm\nbell=true\n[other]\nx = 1\n',
        )
        self.assertEqual(self.kept("[other]\nx = 1", "bell", False), "bell = false\n[other]\nx = 1")

    def test_a_file_that_is_only_linked_to_stays_so(self) -> None:
        link = self.folder / "link.toml"
        link.symlink_to(self.file)
        self.assertEqual(keep(link, "theme", "light"), "")
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.file.read_text("utf-8"), 'theme = "light"\n')

    def test_a_file_that_cannot_be_changed_stays_as_it_is_and_it_is_said_why(self) -> None:
        for text in ("theme =", '"theme" = "mono"', 'theme = """\nmono"""'):
            self.file.write_text(text, "utf-8")
            self.assertIn("client.toml: ", keep(self.file, "theme", "light"))
            self.assertEqual(self.file.read_text("utf-8"), text)
        self.assertIn("directory", keep(self.folder, "theme", "light"))
