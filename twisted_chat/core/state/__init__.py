"""The state of the chat at one moment, the same on every node."""
