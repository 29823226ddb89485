"""What is stored and given away of records, as JSON and as pages."""
