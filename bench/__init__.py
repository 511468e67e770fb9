"""The load generator: how fast a chat server is, on your own machine, against others. ``python -m bench --help``."""
