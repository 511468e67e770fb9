"""Tests of twisted_chat.core.state."""
