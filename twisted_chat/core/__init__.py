"""What a chat is: names, commands, events and the hub. No Twisted, no bytes, no clock of its own."""
