"""The server at work: the path of a command through it, and who is told of the result."""
