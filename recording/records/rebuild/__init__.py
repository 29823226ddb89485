"""The catalog, made again from what stands in the archive."""
