"""What is done with a call: its recording is started, paused, resumed, stopped and shown."""
