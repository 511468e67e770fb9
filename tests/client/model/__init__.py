"""Tests of the client's model."""
