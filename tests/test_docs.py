"""What the documentation says of modules, of layers and of the log is so."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import House
from twisted_chat.app.reload import Reload
from twisted_chat.app.service import log as service_log
from twisted_chat.app.settings import Settings
from twisted_chat.app.startup import kept, room
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.admission import AcceptLimit
from twisted_chat.doors.stream import log as doors_log
from twisted_chat.runtime.log_sums import LogSums

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "twisted_chat"
README = ROOT / "README.md"
RUNNING = ROOT / "docs" / "running.md"


class ModuleTests(SynchronousTestCase):
    def test_each_module_that_is_pointed_to_exists(self) -> None:
        for page in (ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"):
            text = page.read_text("utf-8")
            modules = set(re.findall(r"(?<![\w/.])((?:[a-z_]+/)+(?:[a-z_]+\.py)?)", text))
            self.assertGreater(len(modules), 10)
            for each in modules:
                found = (PACKAGE / each).exists() or (ROOT / each).exists()
                new = each in ("core/rules/coin.py", "tests/core/rules/test_coin.py")
                self.assertTrue(found or new, f"{page.name}: {each}")


class LayersTests(SynchronousTestCase):
    def test_drawing_of_the_readme_is_the_contract_of_the_imports(self) -> None:
        contract = configparser.ConfigParser()
        contract.read(ROOT / "setup.cfg", "utf-8")
        text = README.read_text("utf-8")
        (drawing,) = re.findall(r"## How it is built\n\n```\n(.*?)```", text, re.DOTALL)
        sides: tuple[list[list[str]], list[list[str]]] = ([], [])
        for line in drawing.splitlines():
            left, bar, right = line.partition("│")
            # A layer in the middle is one of both sides.
            for side, cell in zip(sides, (left, right if bar else left), strict=True):
                # What stands further right explains it.
                names = re.findall(r"\w+", cell[:24] if bar else re.split("  ", cell.strip())[0])
                side += [names] if names else []
        for name, drawn in zip(("connections", "hub"), sides, strict=True):
            layers = contract[f"importlinter:contract:{name}"]["layers"].split("\n")[1:]
            wanted = [re.findall(r"twisted_chat\.(\w+)", layer) for layer in layers]
            self.assertEqual(drawn, wanted)
        folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
        self.assertEqual({name for side in sides for layer in side for name in layer}, folders)


class ConfigurationTests(SynchronousTestCase):
    def example(self) -> dict[str, object]:
        (example,) = re.findall(r"```toml\n(.*?)```", RUNNING.read_text("utf-8"), re.DOTALL)
        return tomllib.loads(example)

    def test_the_example_has_every_setting_with_its_default(self) -> None:
        defaults = msgspec.to_builtins(Settings())
        lists = {
            "port": [defaults["port"]],
            "json-port": [],
            "tls-port": [],
            "irc-port": [],
            "irc-tls-port": [],
            "trusted-proxy": [],
            "auth": [],
        }
        self.assertEqual(self.example(), {**defaults, **lists})

    def test_the_example_has_every_limit_with_its_default(self) -> None:
        self.assertEqual(self.example()["limits"], msgspec.to_builtins(Limits()))


class LogTests(SynchronousTestCase):
    """The lines of the log that docs/running.md shows are those that the server writes."""

    def setUp(self) -> None:
        self.lines: list[str] = []
        note: Any = self.note
        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

    def note(self, event: LogEvent) -> None:
        where = f"[{event['log_namespace']}#{event['log_level'].name}]"
        self.lines.append(f"{where} {formatEvent(event)}")

    def test_each_line_is_one_that_the_server_writes(self) -> None:
        self.reload()
        self.start()
        self.people()
        self.flood()
        self.full()
        shown = re.findall(r"^\[twisted_chat\..*$", RUNNING.read_text("utf-8"), re.MULTILINE)
        self.assertGreater(len(shown), 8)
        for line in shown:
            self.assertIn(line, self.lines)

    def reload(self) -> None:
        limits = Limits(max_text=1000)
        new = Settings(port=(1,), motd="x", limits=limits)
        Reload(Settings(), lambda: new, lambda settings: None).run()

    def start(self) -> None:
        service_log.info("{line}", line=kept(Settings(), Path("/var/lib/twisted-chat")))
        service_log.info("{line}", line=room(19_957))

    def people(self) -> None:
        house = House()
        house.enters("bob").resets()
        house.comes(IPv4Address("TCP", "192.0.2.8", 1)).sends(b"GET / HTTP/1.1\r\n\r\n")
        house.turn()
        house.closes()

    def flood(self) -> None:
        clock = Clock()
        sums = LogSums(clock)
        form = "refused a connection from {address}: {why}"
        for network, count in (("192.0.2.7", 871), ("2001:db8::1", 6)):
            for _ in range(count):
                sums.write(doors_log.info, form, address=network, most=1, why="too many")
        clock.advance(60)
        sums.tell()

    def full(self) -> None:
        connections = Mock(held=19_957)
        limit = AcceptLimit(connections, Clock())
        limit._tell("the limit is reached")
        connections.held = 18_709
        limit._untell()
