"""Start, pause, resume, stop and show the recordings of calls."""
