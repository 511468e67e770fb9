"""The core of the chat: names, commands, events and the hub. No Twisted, no bytes, no clock of its own."""
