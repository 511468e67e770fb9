"""Durable truth: ids, history. The port, and its adapter that keeps everything in memory."""
