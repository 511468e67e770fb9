"""The IRC door: clients and bots of IRC networks."""
