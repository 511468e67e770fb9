"""One server at work: what a command does on its way through, and who is told."""
