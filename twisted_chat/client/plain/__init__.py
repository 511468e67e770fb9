"""The plain client: lines in, lines out."""

from twisted_chat.client.plain.app import run

__all__ = ["run"]
