"""The client: a link to the server that bots, and programs for people, are made with. docs/bots.md tells how."""

from __future__ import annotations

from twisted_chat.client.api import ChatError, Client, run
from twisted_chat.client.piped import PipeReader, pieces

__all__ = ["ChatError", "Client", "PipeReader", "pieces", "run"]
