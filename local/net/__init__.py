"""What the local services share: an event loop of their own, TLS listeners, the tunnel, certificates, host names."""
