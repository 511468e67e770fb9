"""Tests of twisted_chat.cluster."""
