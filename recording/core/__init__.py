"""Pure decisions: no clock, environment, log, network or file. Time, ids and settings come in as arguments."""
