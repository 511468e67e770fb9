"""Tests of the client's full screen."""
