"""The objects of the JSON dialect: both sides, server and client, use these declarations."""
