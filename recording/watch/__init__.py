"""What watches over the recordings: the sweep, replay, decisions, what is owed, and the check of all services."""
