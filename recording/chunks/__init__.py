"""What is done with the chunks of a recording: announced, copied, proven, released, completed."""
