"""Small chat servers after the classic designs, to compare with; each is a program of its own."""
