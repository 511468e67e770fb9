"""The IRC dialect, for clients and bots of IRC networks (RFC 2812, modern.ircdocs.horse, IRCv3)."""
