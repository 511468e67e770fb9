"""Tests of twisted_chat.dialects.schema."""
