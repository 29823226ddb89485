"""The ports over the real SDKs; the only importers of azure.* in this package."""
