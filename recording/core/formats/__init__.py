"""Every wire shape: what is read from JSON, and what is written as JSON."""
