"""The rules: what is allowed and what it changes, one module for each topic."""
