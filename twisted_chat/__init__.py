"""One chat, every door: a chat server that people join with what they already have."""
