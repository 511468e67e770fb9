"""What the client knows: events in, a state of rooms, people and lines out. Pure: no I/O, no clock, no screen."""
