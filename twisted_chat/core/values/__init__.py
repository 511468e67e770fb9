"""Values, each parsed once: text, names, ids, durations, addresses, limits."""
