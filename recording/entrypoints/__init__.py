"""The Azure Functions: each parses its input, calls one use case and translates the result."""
