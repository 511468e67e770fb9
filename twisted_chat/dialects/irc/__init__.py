"""IRC: what clients and bots of IRC networks speak (RFC 2812, modern.ircdocs.horse, IRCv3)."""
