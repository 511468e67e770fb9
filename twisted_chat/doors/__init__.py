"""Doors: listening endpoints that turn bytes into commands and events into bytes."""
