"""Wire shapes of the records."""
