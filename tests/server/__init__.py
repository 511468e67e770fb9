"""Tests of twisted_chat.server."""
