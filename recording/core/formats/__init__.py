"""Every wire format: what is read from JSON, and what is written as JSON. `reading` is the one reader under them."""
