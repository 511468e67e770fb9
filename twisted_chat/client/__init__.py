"""The client: a link to the server that bots and programs for people are made with."""
