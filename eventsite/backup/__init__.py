"""Backups: how the file is made and read, what goes into it, and what a restore does again."""
