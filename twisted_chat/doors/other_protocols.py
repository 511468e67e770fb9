"""What comes to a door of text by mistake, or to have somebody else's browser say something there: TLS and HTTP."""

from __future__ import annotations

import re
from typing import Final

# A browser or a scanner, not a person: RFC 9112, section 3.
_HTTP: Final = re.compile(rb"[A-Z]{3,20} \S+ HTTP/[0-9]")
# The first byte of a TLS handshake record, RFC 8446 section 5.1. No line of text begins with it.
_TLS_HELLO: Final = b"\x16"


def is_tls(first: bytes) -> bool:
    """Return whether the first bytes begin a TLS handshake."""
    return first.startswith(_TLS_HELLO)


def is_http(line: bytes) -> bool:
    """Return whether a line begins an HTTP request."""
    return _HTTP.match(line) is not None
