"""Measures the cost of copying recordings: this app beside other tools, with the same work."""
