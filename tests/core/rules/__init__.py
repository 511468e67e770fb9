"""Tests of twisted_chat.core.rules."""
