"""Records: what is decided about recordings that are archived. Pure."""
