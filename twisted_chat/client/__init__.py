"""The client: a link to the server that bots, and programs for people, are made with. docs/bots.md tells how."""

from __future__ import annotations

from twisted_chat.client.api import ChatError, Client
from twisted_chat.client.piped import PipeReader, pieces
from twisted_chat.client.program import run

__all__ = ["ChatError", "Client", "PipeReader", "pieces", "run"]
