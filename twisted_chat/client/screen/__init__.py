"""The full screen, drawn with Textual. Nothing else imports it, so its dependencies are optional."""

from twisted_chat.client.screen.running import run

__all__ = ["run"]
