"""`make demo`: calls are recorded, archived, proven and released on one machine."""
