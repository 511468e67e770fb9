"""Tests of twisted_chat.manage."""
