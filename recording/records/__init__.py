"""Records: what is done with recordings that are archived."""
