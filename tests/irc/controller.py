"""Starts our server for each test of irctest, as its configuration asks. Loaded by irctest only."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from typing import Any

from irctest import patma
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors

from twisted_chat.auth.passwords import hash_now

#: What the tests take for granted.
SERVER_NAME = "My.Little.Server"
OPERATOR, OPERATOR_PASSWORD = "operuser", "operpassword"

#: What the suite asks for that is not there yet; its tests fail, and are not among those that have to pass.
MISSING = {
    OptionalBehaviors.SASL_REAUTHENTICATION,
}


class TwistedChatController(BaseServerController, DirectoryBasedController):
    """One server for one test."""

    software_name = "twisted-chat"
    supported_sasl_mechanisms = {"PLAIN"}
    supports_sts = True
    capabilities = frozenset(Capabilities)
    optional_behaviors = frozenset(OptionalBehaviors) - MISSING
    isupport = {
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "MONITOR": patma.ANYSTR,
        "PREFIX": "(qov)~@+",
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
        "WHOX": None,
    }
    extban_mute_char = "m"
    nickserv = "NickServ"
    sync_sleep_time = 0.0  # PING is answered in order with all other commands
    _port_wait_interval = 0.05

    def get_hostname_and_port(self) -> tuple[str, int]:
        # The suite gives out 0.0.0.0.
        _, port = super().get_hostname_and_port()
        return "127.0.0.1", port

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: str | None,
        ssl: bool,
        run_services: bool,
        faketime: str | None,
        websocket_hostname: str | None,
        websocket_port: int | None,
    ) -> None:
        assert self.proc is None
        if websocket_port is not None:
            raise NotImplementedByController("WebSocket")
        if self.test_config.account_registration_requires_email:
            raise NotImplementedByController("e-mail")
        if self.test_config.account_registration_before_connect:
            raise NotImplementedByController("accounts made before the login")
        self.hostname, self.port = hostname, port
        self.create_config()
        assert self.directory is not None
        operators = self.directory / "operators"
        operators.touch(0o600)
        operators.write_text(f"{OPERATOR} {hash_now(OPERATOR_PASSWORD)}\n")
        self._json = self.directory / "json.sock"
        command = [
            *(os.path.join(os.path.dirname(sys.executable), "twistd"), "-n", "--pidfile="),
            *(f"--rundir={self.directory}", "chat", f"--port=unix:{self.directory}/lines.sock"),
            *(f"--json-port=unix:{self._json}", "--database=:memory:", "--no-flood-limit"),
            *(f"--server-name={SERVER_NAME}", f"--operators={operators}", "--registration=open"),
            "--min-password=3",
        ]
        if ssl:
            self.gen_ssl()
            command.append(f"--irc-tls-port={port}")
            command += [f"--tls-key={self.key_path}", f"--tls-cert={self.pem_path}"]
        else:
            command.append(f"--irc-port={port}")
        if password is not None:
            command.append(f"--irc-password={password}")
        if faketime and shutil.which("faketime"):
            command[:0] = ["faketime", "-f", faketime]
            self.faketime_enabled = True
        self.proc = self.execute(command, cwd=str(self.directory))

    def wait_for_services(self) -> None:
        """Accounts are part of the server."""

    def registerUser(self, case: Any, username: str, password: str | None = None) -> None:
        """Make an account through the JSON door: the longest passwords do not fit a line of IRC."""
        assert password is not None
        self.wait_for_port()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(self._json))
            lines = client.makefile("rw", encoding="utf-8", newline="\n")
            for each in (
                {"type": "nick", "content": username},
                {"type": "command", "content": f"/register {password}", "id": "1"},
            ):
                lines.write(json.dumps(each) + "\n")
                lines.flush()
            for line in lines:
                answer = json.loads(line)
                if answer.get("id") == "1":
                    assert answer["type"] != "error", answer
                    return
        raise AssertionError("the server closed the connection")


def get_irctest_controller_class() -> type[TwistedChatController]:
    return TwistedChatController
