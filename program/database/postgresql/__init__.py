"""Django's PostgreSQL, with an end to each wait, also for a server that answers nothing at all."""
