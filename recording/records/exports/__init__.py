"""Packages of recordings for whoever asks for them."""
