"""Dialects: pure pairs, bytes to commands and events or replies to bytes. No I/O."""
