"""Everything the app meets, on one machine: the Functions host, ACS, Event Grid and Azurite. Never ships."""
