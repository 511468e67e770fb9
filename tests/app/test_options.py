"""The command line: everything can be set, and mistakes are named where they stand."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.application.app import ServerOptions
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock

from tests.making import folder_for
from tests.settings import OptionsTestCase, endpoints
from twisted_chat.app import options, settings
from twisted_chat.app.options import Options
from twisted_chat.app.settings import LIMITS, BadSetting, Settings, read_config
from twisted_chat.core.values.limits import Limits
from twisted_chat.store.state_dir import StateDirError
from twisted_chat.store.url import Kind, Sync


class CommandLineTests(OptionsTestCase):
    def test_without_options_this_machine_can_reach_port_12000(self) -> None:
        settings = self.parsed()
        self.assertEqual(settings, Settings())
        self.assertEqual(
            endpoints(settings, "port"), ["tcp:12000:backlog=1024:interface=127.0.0.1"]
        )
        self.assertEqual(
            self.parsed("--motd", r"Be kind.\nRead the rules.").motd_lines(),
            ("Be kind.", "Read the rules."),
        )
        self.assertEqual(self.parsed().motd_lines(), ())
        usual = self.parsed()
        self.assertIs(usual.effective_limits(), usual.limits)
        limits = self.parsed("--no-flood-limit", "--max-text=99").effective_limits()
        self.assertGreaterEqual(min(limits.flood_burst, limits.flood_rate, limits.byte_rate), 10**9)
        self.assertEqual(limits.max_text, 99)

    def test_only_a_pid_file_of_a_process_that_runs_is_in_the_way(self) -> None:
        file = Path(tempfile.mkdtemp()) / "twistd.pid"
        self.addCleanup(shutil.rmtree, file.parent)

        def mistake(content: str) -> str:
            file.write_text(content)
            chat = Options()
            chat.parent = ServerOptions()
            chat.parent["pidfile"] = str(file)
            with patch("sys.stderr", StringIO()) as told, contextlib.suppress(SystemExit):
                chat.parseOptions([])
            return told.getvalue()

        self.assertIn(f"(process {os.getpid()} in {file})", mistake(f"{os.getpid()}\n"))
        gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
        for content in ("", "x", "0", "-1", gone.stdout):
            self.assertEqual(mistake(content), "")
        with patch("os.kill", side_effect=PermissionError):
            self.assertIn("(process 1 in", mistake("1"))

    def test_every_limit_is_an_option_within_what_machines_have(self) -> None:
        for name, field in LIMITS.items():
            limits = self.parsed(f"--{name}", "20000").limits
            self.assertEqual(limits, msgspec.structs.replace(Limits(), **{field.name: 20000}))
        for name in LIMITS.keys() - {"max-endless"}:
            self.parsed(f"--{name}=1")
        self.assertEqual(self.parsed("--history-lines=0").limits.history_lines, 0)
        for huge in (2**31, 2**63, 10**40):
            self.assertEqual(
                self.mistake("--send-buffer", str(huge)),
                "limits.send-buffer: 2,147,483,647 is the maximum",
            )
        self.parsed("--send-buffer", str(2**31 - 1))

    def test_a_bad_limit_is_named_with_what_it_must_be(self) -> None:
        for name in LIMITS:
            for bad in ("-1", "x", "", "1.5", "4k", "1_0", "true", "\u00b2"):
                self.assertRegex(
                    self.mistake(f"--{name}={bad}"),
                    rf"^--{name}: '{re.escape(bad)}' is not a whole number of at least [01]$",
                )
        self.assertIn("--flood-rate: '0' is not a whole", self.mistake("--flood-rate=0"))

    def test_limits_must_fit_each_other(self) -> None:
        for arguments in (
            ["--max-endless=16384"],
            ["--max-object=1048576"],
            ["--max-text=1047552"],
        ):
            self.assertIn(
                " is too small; it must be larger than max-object", self.mistake(*arguments)
            )
        self.parsed("--max-endless=16385")
        self.parsed("--max-text=1047551", "--max-object=1048575")

    def test_ports_can_be_several_and_endpoints(self) -> None:
        settings = self.parsed(
            "-p", "12000", "--port", "55555", "--port=unix:/run/chat.sock", "-i", "::1", "--port=0"
        )
        reactor = MemoryReactorClock()
        for description in endpoints(settings, "port"):
            self.successResultOf(serverFromString(reactor, description).listen(Factory()))
        self.assertEqual(
            [(port, backlog, interface) for port, _, backlog, interface in reactor.tcpServers],
            [(12000, 1024, "::1"), (55555, 1024, "::1"), (0, 1024, "::1")],
        )
        self.assertEqual([each[0] for each in reactor.unixServers], ["/run/chat.sock"])

    def test_a_bad_port_is_named_with_what_it_must_be(self) -> None:
        for bad in ("", "x", "65536", "-1", "1.5", "/run/chat.sock", "\u0661\u0662"):
            self.assertEqual(
                self.mistake(f"--port={bad}"),
                f"port: {bad!r} is not a port; use a number from 1 to 65535, or an endpoint such as unix:/run/chat.sock",
            )

    def test_texts_are_clean(self) -> None:
        self.assertEqual(
            self.parsed("--server-name", "Ops \U0001f600").server_name, "Ops \U0001f600"
        )
        self.assertEqual(
            self.mistake("--server-name", "a\x1b[2J"),
            "server-name: U+001B ESCAPE (character 2) cannot be sent",
        )
        self.assertEqual(
            self.mistake("--motd", "a\u202eb"),
            "motd: U+202E RIGHT-TO-LEFT OVERRIDE (character 2) cannot be sent",
        )
        # What an argument is that was not UTF-8.
        self.assertIn("motd: U+DCFF", self.mistake("--motd", "\udcff"))
        for empty in ("", " "):
            self.assertEqual(self.mistake("--server-name", empty), "server-name: must not be empty")

    def test_what_is_no_option_is_named_on_one_line(self) -> None:
        self.assertIn("--nope", self.mistake("--nope"))
        self.assertIn("--port", self.mistake("--port"))
        self.assertEqual(
            self.mistake("12000"), "unexpected argument '12000'; did you mean --port 12000"
        )
        self.assertIn("unexpected argument 'a\\nb'", self.mistake("a\nb"))
        self.assertIn("--a?b", self.mistake("--a\nb"))

    @given(
        st.lists(
            st.sampled_from([*(f"--{name}" for name in LIMITS), "--port", "--motd", "-i"])
            | st.text()
        )
    )
    def test_any_command_line_gives_settings_or_one_line(self, arguments: list[str]) -> None:
        printed = StringIO()
        stderr, sys.stderr = sys.stderr, printed
        try:
            Options().parseOptions(
                [each for each in arguments if not each.startswith(("--h", "--v", "--c", "-c"))]
            )
        except SystemExit as ended:
            self.assertEqual(ended.code, 1)
            self.assertTrue(printed.getvalue().startswith("twistd chat: "))
        finally:
            sys.stderr = stderr


class TypoTests(OptionsTestCase):
    def test_option_that_is_none_gets_a_suggestion(self) -> None:
        for typed, meant in (("--max-texts", "--max-text"), ("--prot", "--port")):
            line = self.mistake(typed, "1")
            self.assertEqual(line, f"option {typed} not recognized; did you mean {meant}?")
        self.assertEqual(self.mistake("--xyz", "1"), "option --xyz not recognized")


class ProxyTests(OptionsTestCase):
    def test_port_for_proxies_needs_to_know_whom_to_believe(self) -> None:
        for option in ("--port", "--tls-port"):
            tls = ("--tls-cert", "cert.pem") if option == "--tls-port" else ()
            line = self.mistake(option, "haproxy:tcp:12000", *tls)
            self.assertEqual(
                line,
                f"{option.removeprefix('--')}: 'haproxy:tcp:12000' needs trusted-proxy, the networks of your proxies; "
                "otherwise anyone could claim any address",
            )

    def test_trusted_proxies_are_networks_or_unix(self) -> None:
        port = ("--port", "haproxy:tcp:12000")
        settings = self.parsed(*port, "--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "unix")
        trusted = settings.trusted_proxies()
        self.assertEqual((list(map(str, trusted.networks)), trusted.unix), (["10.0.0.0/8"], True))
        self.assertIn(
            "'x' is not an address or network", self.mistake(*port, "--trusted-proxy", "x")
        )
        self.assertIn(
            "not used without a port for proxies", self.mistake("--trusted-proxy", "10.0.0.1")
        )

    def test_loopback_is_this_machine_until_something_forwards_to_it(self) -> None:
        proxy = ("--trusted-proxy", "10.0.0.0/8")
        for arguments, trust in (
            ((), "loopback"),
            (("--port", "unix:/run/chat.sock", "--port", "tcp6:1"), "loopback"),
            (("--port", "1", "--port", "haproxy:tcp:2", *proxy), "unix"),
            (("--port", "onion:1"), "unix"),
            (("--port", "haproxy:tcp:2", *proxy, "--local-trust", "loopback"), "loopback"),
            (("--local-trust", "none"), "none"),
        ):
            self.assertEqual(self.parsed(*arguments).who_is_local(), trust, arguments)
        line = self.mistake("--local-trust", "all")
        self.assertEqual(line, "local-trust: 'all' is not one of none, unix, loopback")


class TlsTests(OptionsTestCase):
    def test_ports_for_programs_take_the_same_forms_as_others(self) -> None:
        settings = self.parsed("--json-port", "55555", "--json-port=unix:/run/json.sock")
        self.assertEqual(endpoints(settings, "port")[0][:9], "tcp:12000")
        self.assertEqual(
            endpoints(settings, "json-port"),
            ["tcp:55555:backlog=1024:interface=127.0.0.1", "unix:/run/json.sock"],
        )
        self.assertIn("json-port: 'x' is not a port", self.mistake("--json-port=x"))
        self.assertIn("json-port: 'haproxy:tcp:5' needs", self.mistake("--json-port=haproxy:tcp:5"))
        self.assertEqual(endpoints(Settings(port=(), json_port=1).check(), "port"), [])
        self.assertEqual(Settings(json_port="tcp:1").who_registers(), "invite")

    def test_tls_ports_take_the_same_forms_as_others(self) -> None:
        settings = self.parsed(
            *("--tls-port", "12001", "--tls-port=unix:/run/tls.sock", "--tls-cert", "/x/c.pem")
        )
        self.assertEqual(
            endpoints(settings, "tls-port"),
            ["tcp:12001:backlog=1024:interface=127.0.0.1", "unix:/run/tls.sock"],
        )
        self.assertEqual(settings.tls_files(), (Path("/x/c.pem"), None, None))
        self.assertIn("tls-port: 'x' is not a port", self.mistake("--tls-port=x", "--tls-cert=c"))
        self.assertEqual(endpoints(self.parsed(), "tls-port"), [])

    def test_what_does_not_go_together_is_refused(self) -> None:
        for arguments, said in (
            (["--tls-port=1"], "tls-port: a certificate is needed; set tls-cert or tls-dir"),
            (["--tls-cert=c"], "tls-cert: not used without a TLS port; set tls-port"),
            (["--tls-dir=d"], "tls-dir: not used without a TLS port; set tls-port"),
            (
                ["--tls-port=1", "--tls-dir=d", "--tls-key=k"],
                "tls-key: the certificate is missing; set tls-cert",
            ),
            (["--tls-key=k"], "tls-key: the certificate is missing; set tls-cert"),
        ):
            self.assertEqual(self.mistake(*arguments), said)

    def test_names_that_no_file_has_are_refused(self) -> None:
        for name in ("a\0b", "~nobody-by-this-name/x"):
            bad = Settings(tls_port=1, tls_cert=name)
            self.assertIn("tls-cert: ", str(self.assertRaises(BadSetting, bad.check)))

    def test_a_server_may_have_ports_with_tls_alone(self) -> None:
        settings = Settings(port=(), tls_port=(1,), tls_dir="d").check()
        self.assertEqual(
            (endpoints(settings, "port"), len(endpoints(settings, "tls-port"))), ([], 1)
        )


class RereadTests(OptionsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = folder_for(self)

    def test_file_is_read_anew_and_the_command_line_still_goes_before_it(self) -> None:
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        file = self.folder / "chat.toml"
        file.write_text('motd = "a"\nserver-name = "b"')
        options = Options()
        options.parseOptions(["--config", "chat.toml", "--server-name", "c"])
        os.chdir("/")
        file.write_text('motd = "d"\nserver-name = "e"')
        settings = options.reread()
        self.assertEqual((settings.motd, settings.server_name), ("d", "c"))
        file.write_text("motd = 1")
        error = self.assertRaises(BadSetting, options.reread)
        self.assertEqual(str(error), f"{file}:1: motd: Expected string, got integer")

    def test_certificates_are_where_they_were_when_the_options_were_read(self) -> None:
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        options = Options()
        options.parseOptions(["--tls-port=1", "--tls-cert=a", "--tls-key=~/b", "--tls-dir=c"])
        os.chdir("/")
        folder = self.folder.resolve()
        expected = (folder / "a", Path("~/b").expanduser(), folder / "c")
        self.assertEqual(options.settings.tls_files(), expected)
        self.assertEqual(options.reread(), options.settings)


class KeptTests(OptionsTestCase):
    """Where history and rooms are kept, and how safely."""

    def test_sqlite_in_the_default_folder_survives_a_power_cut(self) -> None:
        self.patch(settings, "default_folder", lambda: Path("/data"))
        parsed = self.parsed()
        self.assertEqual(parsed.state_folder(), Path("/data"))
        self.assertIs(parsed.database_kind(), Kind.SQLITE)
        self.assertIs(parsed.sync, Sync.FULL)
        self.assertRegex(self.mistake("--state-dir=~no-such-user/x"), "^state-dir: .*home")
        self.assertEqual(
            self.mistake("--state-dir=a\0b"),
            "state-dir: the name of a folder cannot contain U+0000 NULL",
        )

    def test_the_folder_is_absolute_wherever_the_server_goes_later(self) -> None:
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir("/")
        for path, folder in (
            ("/x/y", "/x/y"),
            ("x", "/x"),
            ("./x", "/x"),
            ("~/x", Path.home() / "x"),
        ):
            self.assertEqual(self.parsed("--state-dir", path).state_folder(), Path(folder))

    def test_who_has_no_home_must_name_a_folder_unless_none_is_needed(self) -> None:
        def none() -> Path:
            raise StateDirError("there is no home")

        for each in (settings, options):  # what is set, and what the help says of it
            self.patch(each, "default_folder", none)
        self.assertEqual(self.mistake(), "state-dir: there is no home")
        text = " ".join(self.prints("stdout", 0, "--help").split())
        self.assertIn("[none: there is no home]", text)
        path = str(self.file(""))
        self.parsed("--config", path, "--state-dir=/x")
        for database in (":memory:", "postgresql://db/chat"):
            self.assertIsNone(self.parsed(f"--database={database}").state_folder())

    def test_the_database_can_be_another(self) -> None:
        for url, kind in (
            (":memory:", Kind.MEMORY),
            ("postgresql://chat@db/chat", Kind.POSTGRESQL),
            ("postgres://chat@db/chat", Kind.POSTGRESQL),
        ):
            settings = self.parsed("--database", url)
            self.assertEqual((settings.database, settings.database_kind()), (url, kind))

    def test_one_that_cannot_be_used_is_refused_without_its_password(self) -> None:
        for url in ("mysql://root:s3cret@db/chat", "postgresql://chat:s3cret/@db/chat", "s3cret"):
            path = self.file(f"database = '{url}'")
            for said in (self.mistake("--database", url), self.mistake("-c", str(path))):
                self.assertNotIn("s3cret", said)
                self.assertRegex(
                    said, "not the URL of a database|mysql:// is not supported|not of the form"
                )

    def test_who_registers_is_everybody_where_only_this_machine_is_let_in(self) -> None:
        for arguments, who in (
            ([], "open"),
            (["--interface=::1", "--port=unix:chat.sock"], "open"),
            (["--interface=0.0.0.0"], "invite"),
            (["--interface=chat.example"], "invite"),
            (["--port=tcp:12000"], "invite"),
            (["--port=12000", "--port=tcp:12001"], "invite"),
            (["--interface=0.0.0.0", "--registration=open"], "open"),
            (["--registration=closed"], "closed"),
        ):
            self.assertEqual(self.parsed(*arguments).who_registers(), who, arguments)
        said = "registration: 'all' is not one of open, invite, closed"
        self.assertEqual(self.mistake("--registration=all"), said)

    def test_others_can_be_asked_about_passwords(self) -> None:
        path = self.file("")
        settings = self.parsed(f"--auth=argon2:{path}", f"--auth=argon2:{path}")
        self.assertEqual(len(settings.checkers()), 2)
        self.assertEqual(self.parsed().checkers(), [])
        self.assertIn("argon2:FILE", self.prints("stdout", 0, "--help-auth"))
        said = self.mistake("--auth=argon2:/nowhere")
        self.assertIn("auth: 'argon2:/nowhere' cannot be used", said)
        self.assertIn("there is no kind 'x'", self.mistake("--auth=x:y"))
        said = self.mistake("--auth=memory:bob:s3cret:eve")
        self.assertIn("auth: 'memory' cannot be used", said)
        self.assertNotIn("s3cret", said)

    def test_when_a_message_counts_as_kept_can_be_set(self) -> None:
        for sync in Sync:
            self.assertIs(self.parsed("--sync", sync.value).sync, sync)
            self.assertIs(read_config(self.file(f"sync = '{sync}'")).sync, sync)
        for bad in ("", "FULL", "on"):
            self.assertEqual(
                self.mistake(f"--sync={bad}"), f"--sync: {bad!r} is not one of full, normal, off"
            )


class OperatorsTests(OptionsTestCase):
    def test_the_operators_file_is_absolute_wherever_the_server_goes(self) -> None:
        self.assertIsNone(self.parsed().operators_file())
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir("/")
        self.assertEqual(self.parsed("--operators", "x").operators_file(), Path("/x"))
        self.assertEqual(self.parsed("--operators=~/x").operators_file(), Path.home() / "x")
        self.assertRegex(self.mistake("--operators=~no-such-user/x"), "^operators: .*home")
        self.assertRegex(self.mistake("--operators=a\0b"), "^operators: .*NULL")
        self.assertFalse(self.parsed().oper_in_clear)
        self.assertTrue(self.parsed("--oper-in-clear").oper_in_clear)


class HelpTests(OptionsTestCase):
    def test_it_lists_every_option_and_the_limits_last(self) -> None:
        text = self.prints("stdout", 0, "--help")
        options = Options()
        named = re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.MULTILINE)
        self.assertEqual(sorted(named), sorted(each.rstrip("=") for each in options.longOpt))
        self.assertEqual(named[-len(LIMITS) :], list(LIMITS))
        self.assertEqual(named[0], "port")
        for short in ("-p", "-i", "-c"):
            self.assertIn(f"  {short}, --", text)

    def test_help_has_every_limit_and_version_and_fits_the_terminal(self) -> None:
        text = " ".join(self.prints("stdout", 0, "--help").split())
        for name, field in LIMITS.items():
            self.assertRegex(text, rf"--{name}=N [^\[]+ \[{field.default}\]")
        self.assertRegex(
            self.prints("stdout", 0, "--version"), r"^twisted-chat \d+\.\d+\S*, Twisted \d"
        )
        for width in (80, 100, 120):
            widest = max(map(len, Options().getUsage(width).splitlines()))
            self.assertTrue(width - 15 < widest <= width, (width, widest))
        self.patch(Options, "longdesc", "word " * 50)
        self.assertTrue(Options().getUsage(10))
