"""A programme as a file: what its fields are, read, checked, stored and written again.

``model`` defines the fields once; everything else here is derived from it.
"""
