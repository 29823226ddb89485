"""The stored and wire shapes of what is done with recordings after they were archived."""
