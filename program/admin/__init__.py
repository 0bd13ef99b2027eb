"""The admin of the programme. Django looks here; each module registers its own."""

from program.admin import events, tables

__all__ = ["events", "tables"]
