"""Receives deliveries of events: each event is taken or refused independently of the others."""
