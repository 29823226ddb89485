"""Stored and wire shapes of the records."""
