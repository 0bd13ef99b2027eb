"""Django's SQLite, where everybody who writes waits in line for the one lock."""
