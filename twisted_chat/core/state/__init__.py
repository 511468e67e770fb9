"""What the chat is at one moment, the same on every node."""
