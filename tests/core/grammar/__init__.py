"""Tests of twisted_chat.core.grammar."""
