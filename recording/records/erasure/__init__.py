"""Recordings are erased, or a person is taken out of them, and nothing that names them is left."""
