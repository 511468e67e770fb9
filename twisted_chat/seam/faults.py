"""An internal error, as the log has it and as its session is told."""

from __future__ import annotations

import secrets

from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.core.api.replies import Refused
from twisted_chat.runtime.log_sums import LogSums

log = Logger(namespace="twisted_chat.sessions")


def report(sums: LogSums, what: str, address: str, why: Failure | None = None) -> Refused:
    """Log an exception under an id; return the notice that shows only this id to the session that caused it.

    ``why`` defaults to the exception being handled.
    """
    fault = secrets.token_hex(4)
    sums.write(
        log.failure,
        "fault {fault} while handling {what}",
        address=address,
        failure=why or Failure(),
        fault=fault,
        what=what,
    )
    text = f"Something went wrong in the server; its log lists the fault as {fault}"
    return Refused("internal", text)
