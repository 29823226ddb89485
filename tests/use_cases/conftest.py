"""Fixtures of all use case tests."""

import pytest


@pytest.fixture(autouse=True)
def _quick(quick_tries: None) -> None:
    """Shorten the waits between tries of a range."""
