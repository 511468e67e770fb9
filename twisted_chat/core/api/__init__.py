"""What goes into the core and what comes out: commands, events, replies, records. Values only."""
