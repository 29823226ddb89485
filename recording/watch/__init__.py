"""Finds what no event and no message brings: overdue steps, missing file events, lost letters. People decide here."""
