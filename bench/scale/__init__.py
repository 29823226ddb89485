"""What the records cost with many recordings: requests are counted over a simulated archive, and priced."""
