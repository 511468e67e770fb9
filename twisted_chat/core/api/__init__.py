"""What goes into the core and what comes out of it: commands, events, replies, records. Values only."""
