"""Archived recordings read once more: proven, and heard whether they are silent."""
