"""What may be done, and what it changes: one topic a module."""
