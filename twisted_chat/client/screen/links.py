"""Addresses of the web in a text, as a terminal is told of them (OSC 8), so that a click opens them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

# What is said can hide nothing in a link: it goes where it reads. Others than these schemes open programs.
_URL: Final = re.compile(r"\bhttps?://[^\s<>\"`|\\^{}]+", re.IGNORECASE)
# What stands behind an address in a sentence.
_BEHIND: Final = ".,;:!?'’”»…*_~"
# In the sequence only printable ASCII may stand; what is escaped already stays as it is.
_SAFE: Final = "%/:?#[]@!$&'()*+,;=-._~"
#: The longest address that is told: terminals take 2,083 bytes, as the description of OSC 8 has it.
MOST: Final = 2_000


def links(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, address) of each address in a text."""
    found: list[tuple[int, int, str]] = []
    for match in _URL.finditer(text):
        url = _trimmed(match[0])
        address = quote(url, safe=_SAFE)
        if len(url) > len("https://") and len(address) <= MOST:
            found.append((match.start(), match.start() + len(url), address))
    return found


def _trimmed(url: str) -> str:
    """Leave out what belongs to the sentence, and not to the address."""
    while url:
        opened = {")": "(", "]": "["}.get(url[-1])
        if url[-1] in _BEHIND or (opened and url.count(url[-1]) > url.count(opened)):
            url = url[:-1]
        else:
            break
    return url
