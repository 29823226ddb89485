"""Programs that build and check what is delivered. None of them is deployed."""
