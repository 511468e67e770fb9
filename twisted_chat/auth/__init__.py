"""Authentication: passwords, operators, and other sources of passwords."""
