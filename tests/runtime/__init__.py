"""Tests of twisted_chat.runtime."""
