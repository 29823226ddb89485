"""Recordings as records: filed under people, searched, exported, held, erased, kept for their time, sealed."""
