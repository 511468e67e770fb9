"""Tests of twisted_chat.seam."""
