"""What moving a recording costs: the copy engine and what people would use instead, side by side on the same work."""
