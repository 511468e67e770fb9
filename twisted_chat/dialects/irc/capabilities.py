"""The capabilities that clients can ask for, see IRCv3, capability-negotiation."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.values.profile import MAX_KEYS

#: The most keys that a session can subscribe to.
MAX_SUBS: Final = 32
#: The value of both versions of the draft, which have the same rules here.
METADATA: Final = f"before-connect,max-subs={MAX_SUBS},max-keys={MAX_KEYS}"
#: A client that has one of these is told of profiles.
KNOWS_METADATA: Final = frozenset(("draft/metadata-2", "draft/metadata-3"))

#: The names of the capabilities, with their values; no value: "".
OFFERED: Final[dict[str, str]] = {
    "account-notify": "",
    "account-tag": "",
    "away-notify": "",
    "batch": "",
    "cap-notify": "",
    "chghost": "",
    "echo-message": "",
    "extended-join": "",
    "extended-monitor": "",
    "invite-notify": "",
    "labeled-response": "",
    "message-tags": "",
    "multi-prefix": "",
    "sasl": "PLAIN",
    "server-time": "",
    "setname": "",
    "znc.in/self-message": "",
    "draft/account-registration": "",
    "draft/chathistory": "",
    "draft/channel-rename": "",
    "draft/message-redaction": "",
    "draft/multiline": "max-bytes=4096,max-lines=100",
    "draft/metadata-2": METADATA,
    "draft/metadata-3": METADATA,
    "draft/no-implicit-names": "",
    "draft/read-marker": "",
    "standard-replies": "",
    "userhost-in-names": "",
}

#: Those that change what many sessions see alike; the others concern the client alone.
SHOWN: Final = frozenset(
    (
        *(
            "account-tag",
            "draft/multiline",
            "echo-message",
            "extended-join",
            "invite-notify",
            "message-tags",
        ),
        *("server-time", "znc.in/self-message", "draft/message-redaction", "draft/channel-rename"),
        *("account-notify", "away-notify", "chghost", "setname"),
    )
)

#: The most bytes of names in one line of a list of capabilities: with all that stands before them they fit a line.
PER_LINE: Final = 400
