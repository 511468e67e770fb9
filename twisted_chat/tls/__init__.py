"""Certificates: making, reading and renewing them, and TLS around a door."""
