"""How the site waits for its database, and what it makes of one that does not answer."""
