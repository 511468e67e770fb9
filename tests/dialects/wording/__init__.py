"""Tests of twisted_chat.dialects.wording."""
