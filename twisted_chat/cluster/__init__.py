"""The bus: it gives every proposal its one place in the order."""
