"""A programme as a file: read, checked, saved and written, as ``model`` defines its fields."""
