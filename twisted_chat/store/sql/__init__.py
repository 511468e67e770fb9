"""The store in a database: SQLite in the state folder, or PostgreSQL."""
