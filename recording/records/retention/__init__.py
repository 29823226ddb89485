"""What becomes of recordings in time: moved to cheaper tiers, and deleted once no duty keeps them."""
