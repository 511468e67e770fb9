"""The program: options and settings in, a running server out."""
