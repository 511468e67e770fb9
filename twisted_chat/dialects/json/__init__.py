"""The JSON dialect: one object a line."""
