"""Certificates: made, read, renewed, and put around a door."""
