"""What tests of the use cases share."""

import pytest


@pytest.fixture(autouse=True)
def _quick(quick_tries: None) -> None:
    """No test here waits for a range."""
