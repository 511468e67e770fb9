"""Tests of twisted_chat.core.api."""
