"""Tests of twisted_chat.dialects.line."""
