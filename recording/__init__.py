"""Archive of Azure Communication Services call recordings."""
