"""The Azure Functions and their HTTP: each parses, calls one use case and translates its outcome."""
