"""What must be kept: holds, duties of the retention classes, and where the blobs are kept meanwhile."""
