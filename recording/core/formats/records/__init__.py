"""What the records keep in Blob storage and answer over HTTP, as JSON."""
