"""The door: who is in, on every device, with or without a network (docs/door.md)."""
