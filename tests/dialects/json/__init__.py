"""Tests of twisted_chat.dialects.json."""
