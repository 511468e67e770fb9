"""The configuration file: everything can be set, and mistakes are named where they stand."""

from __future__ import annotations

from typing import Any

from tests.settings import OptionsTestCase, endpoints
from twisted_chat.app.settings import LIMITS, BadSetting, Settings, read_config
from twisted_chat.core.values.limits import Limits
from twisted_chat.store.url import Sync


class ConfigurationFileTests(OptionsTestCase):
    FULL = """
        # Comments are fine.
        port = [12000, "unix:/run/chat.sock"]
        interface = "0.0.0.0"
        server-name = "Ops chat"
        motd = '''
Be kind.
Read the rules.'''
        state-dir = "/var/lib/chat"
        database = ":memory:"
        sync = "normal"
        flood-limit = false

        [limits]
        max-text = 1000
        history-lines = 0
        """

    def test_everything_can_be_set(self) -> None:
        self.assertEqual(
            self.parsed("--config", str(self.file(self.FULL))),
            Settings(
                port=(12000, "unix:/run/chat.sock"),
                interface="0.0.0.0",
                server_name="Ops chat",
                motd="Be kind.\nRead the rules.",
                state_dir="/var/lib/chat",
                database=":memory:",
                sync=Sync.NORMAL,
                flood_limit=False,
                limits=Limits(max_text=1000, history_lines=0),
            ),
        )

    def test_every_limit_is_a_key_and_an_empty_file_changes_nothing(self) -> None:
        self.assertEqual(read_config(self.file("")), Settings())
        path = self.file(b'\xef\xbb\xbfserver-name = "Ops"')
        self.assertEqual(self.parsed("--config", str(path)).server_name, "Ops")
        for name, field in LIMITS.items():
            limits = read_config(self.file(f"[limits]\n{name} = 20000")).limits
            self.assertEqual(getattr(limits, field.name), 20000)
        for port in ("12001", '"12001"', "[12001]"):
            self.assertEqual(
                endpoints(read_config(self.file(f"port = {port}")), "port"),
                ["tcp:12001:backlog=1024:interface=127.0.0.1"],
            )

    def test_the_command_line_goes_before_the_file(self) -> None:
        settings = self.parsed(
            *("-c", str(self.file(self.FULL)), "--port", "1", "-i", "::1", "--server-name", "X"),
            *("--motd", "Y", "--max-text", "2000", "--state-dir", "/x", "--sync", "off"),
            *("--database", "postgresql://db/chat"),
        )
        self.assertEqual(
            settings,
            Settings(
                port=("1",),
                interface="::1",
                server_name="X",
                motd="Y",
                state_dir="/x",
                database="postgresql://db/chat",
                sync=Sync.OFF,
                flood_limit=False,
                limits=Limits(max_text=2000, history_lines=0),
            ),
        )
        self.assertFalse(self.parsed("-c", str(self.file("")), "--no-flood-limit").flood_limit)

    def test_limits_that_do_not_fit_together_are_found(self) -> None:
        path = self.file("[limits]\nmax-object = 50000")
        self.assertIn("limits.max-endless", self.mistake("-c", str(path), "--max-endless=40000"))
        self.assertRegex(
            self.refused("\n[limits]\nmax-object = 2000000"), "^:2: limits.max-endless: "
        )

    def refused(self, text: str | bytes) -> str:
        """Return what is said of a file, without the name of the file that it begins with."""
        path = self.file(text)
        said = self.mistake("--config", str(path))
        self.assertTrue(said.startswith(str(path)), said)
        return said.removeprefix(str(path))

    def test_a_mistake_is_named_with_file_line_key_and_reason(self) -> None:
        cases: dict[str, str] = {
            "\nprot = 1": ":2: prot: no such setting; did you mean port?",
            "[limits]\n\nmax-txt = 1": ":3: limits.max-txt: no such setting; did you mean max-text?",
            "[limits]\nmax-texts = 1": ":2: limits.max-texts: no such setting; did you mean max-text?",
            "[limits]\nxyz = 1": ":2: limits.xyz: no such setting",
            "[limits]\nmotd = 1": ":2: limits.motd: it belongs above [limits]",
            "max-texts = 1": ":1: max-texts: no such setting; did you mean max-text, below [limits]?",
            "[limits]\ntls_prot = 1": ":2: limits.tls_prot: no such setting; did you mean tls-port, "
            "above [limits]?",
            "\n\n[limit]\nmax-text = 1": ":3: limit: no such setting; did you mean limits?",
            "Interface = 1": ":1: Interface: no such setting; did you mean interface?",
            'log-level = "loud"': ":1: log-level: 'loud' is not one of debug, info, warn, error, critical",
            "max-text = 1": ":1: max-text: it belongs below [limits]",
            "max_text = 1": ":1: max_text: no such setting; did you mean max-text, below [limits]?",
            "[limits]\nmax_text = 1": ":2: limits.max_text: no such setting; did you mean max-text?",
            "interface = 1": ":1: interface: Expected string, got integer",
            '[limits]\nmax-text = "x"': ":2: limits.max-text: Expected integer, got string",
            '[limits]\nmax-text = "1"': ":2: limits.max-text: Expected integer, got string",
            "[limits]\nmax-text = 0": ":2: limits.max-text: Expected integer >= 1",
            "[limits]\nmax-text = 1.5": ":2: limits.max-text: Expected integer, got float",
            "limits.max-text = 0": ":1: limits.max-text: Expected integer >= 1",
            "[limits]\n'max-text' = 0": ":2: limits.max-text: Expected integer >= 1",
            "\nlimits = {max-text = 0}": ":2: limits.max-text: Expected integer >= 1",
            '"m\\u0061x" = 1': ": max: no such setting",
            '"a\\nb\\u001b" = 1': ": a?b?: no such setting",
            "limits = 1": ":1: limits: Expected table, got integer",
            "\nport = [1, 1.5]": ":2: port[1]: Expected integer | string, got float",
            "port = [1, 65536]": ":1: port: '65536' is not a port; use a number from 1 to 65535, or an endpoint "
            "such as unix:/run/chat.sock",
            "port = []": ":1: port: at least one port is needed",
            'flood-limit = "no"': ":1: flood-limit: Expected boolean, got string",
            '\nsync = "on"': ":2: sync: 'on' is not one of full, normal, off",
            "sync = 1": ":1: sync: Expected string, got integer",
            'state-dir = "a\\u0000"': ":1: state-dir: the name of a folder cannot contain U+0000 NULL",
            'motd = "a\\u001b"': ":1: motd: U+001B ESCAPE (character 2) cannot be sent",
            "[limits]\nsend-buffer = 9999999999": ":2: limits.send-buffer: 2,147,483,647 is the maximum",
            "[limits]\nmax-endless = 9": ":2: limits.max-endless: 9 is too small; it must be larger than "
            "max-object (16,384), and than max-text (4,096) plus 1,024",
        }
        for text, said in cases.items():
            self.assertEqual(self.refused(text), said, text)

    def test_what_is_not_toml_is_named_and_bad_settings_have_one_line(self) -> None:
        for text in ("port = \n", "[limits\n", "port = 1\nport = 2", "\x00"):
            self.assertRegex(self.refused(text), r"^: not valid TOML: .*\((at line \d|at end)")
        self.assertEqual(self.refused(b"motd = '\xff'"), ": not valid UTF-8")
        bad: dict[str, Any] = {"port": "x", "motd": "\x1b", "server_name": "\n"}
        bad |= {"database": "mysql://x\n", "state_dir": "\n\0"}
        for key, value in bad.items():
            error = self.assertRaises(BadSetting, Settings(**{key: value}).check)
            self.assertEqual(len(str(error).splitlines()), 1)

    def test_a_file_that_cannot_be_read_is_named(self) -> None:
        path = self.file("")
        for what, why in ((path.parent, "Is a directory"), (path / "x", "Not a directory")):
            self.assertEqual(self.mistake("-c", str(what)), f"{what}: cannot be read: {why}")
        path.unlink()
        self.assertEqual(
            self.mistake("-c", str(path)), f"{path}: cannot be read: No such file or directory"
        )
        self.assertEqual(self.mistake("--config="), ".: cannot be read: Is a directory")
