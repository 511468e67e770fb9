"""Tests of twisted_chat.app."""
