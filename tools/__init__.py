"""Programs that make and check what is handed over. None of it ships."""
