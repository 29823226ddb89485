"""Who takes part: filed under keyed hashes, found by them, and by own keys; each look is put on record."""
