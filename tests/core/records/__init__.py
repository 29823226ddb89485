"""Decisions about the records."""
