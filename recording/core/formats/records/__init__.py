"""Wire and stored shapes of the records: what is written about a recording after it was archived."""
