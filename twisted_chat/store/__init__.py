"""The store: its port, and an implementation that keeps everything in memory."""
