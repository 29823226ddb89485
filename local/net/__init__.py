"""What the local services share: an event loop, listeners, the tunnel, certificates, host names, and named faults."""
