"""Tests of twisted_chat.tls."""
