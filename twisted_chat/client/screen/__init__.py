"""The full screen, drawn with Textual. Nothing else imports it: who does not use it needs nothing of what it needs."""

from twisted_chat.client.screen.running import run

__all__ = ["run"]
