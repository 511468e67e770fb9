"""Commands as people write them: names, arguments, help."""
