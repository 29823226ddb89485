"""Pure functions and values: no clock, environment, log, network or file. Time and settings are arguments."""
