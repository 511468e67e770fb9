"""Configurations for IRC servers to compare with: loopback only, no throttles, no look-ups, as many clients as there are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

# ngIRCd gives nicknames of up to 31 characters, not 9, and neither penalties nor limits on connections.
_NGIRCD: Final = """\
[Global]
Name = bench.localhost
Info = load test
AdminInfo1 = load test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 31
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local7
"""

# fakelag and threshold are InspIRCd's flood limits, sendq and recvq its slow-reader limits.
_INSPIRCD: Final = """\
<server name="bench.localhost" description="load test" network="bench">
<admin name="bench" nick="bench" email="bench@localhost">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect allow="*" timeout="60" pingfreq="3600" fakelag="off" threshold="1000000" commandrate="1000000000"
 softsendq="64M" hardsendq="64M" recvq="8M" limit="{clients}" localmax="{clients}" globalmax="{clients}"
 maxchans="100" maxconnwarn="no" resolvehostnames="no" useident="no">
<performance netbuffersize="65535" somaxconn="4096" softlimit="{clients}" clonesonconnect="no" quietbursts="yes">
<channels users="100" opers="100">
<log method="file" type="*" level="default" target="{directory}/inspircd.log" flush="100">
<pid file="{directory}/inspircd.pid">
"""


def ngircd(directory: Path, port: int) -> list[str]:
    """Write a configuration for ngIRCd; return the command that runs it in the foreground."""
    path = directory / "ngircd.conf"
    path.write_text(_NGIRCD.format(port=port))
    return ["ngircd", "-n", "-f", str(path)]


def inspircd(directory: Path, port: int, clients: int) -> list[str]:
    """Write a configuration for InspIRCd; return the command that runs it in the foreground."""
    path = directory / "inspircd.conf"
    path.write_text(
        _INSPIRCD.format(port=port, clients=max(1000, 2 * clients), directory=directory)
    )
    return ["inspircd", "--nofork", "--nopid", "--runasroot", "--config", str(path)]
