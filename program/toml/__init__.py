"""Programmes in TOML files."""
