"""Tests of twisted_chat.core.values."""
