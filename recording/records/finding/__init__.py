"""Recordings found, and chosen for what is done with many."""
