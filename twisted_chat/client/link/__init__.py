"""The link: one connection after the other to a server, with nothing lost and nothing doubled."""
