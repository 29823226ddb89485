"""What comes in: deliveries of events, each event taken or refused by itself."""
