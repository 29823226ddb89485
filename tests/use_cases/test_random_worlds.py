"""Whatever happens, in whatever order: nothing is lost, nothing is released that is not kept, nothing ends unsaid."""

import pytest

from tests.use_cases.explorer import Explorer


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_worlds_that_go_wrong_at_random_end_as_they_must(first: int) -> None:
    """Each seed is one world; one that fails can be run again by its number."""
    assert {} == {seed: wrong for seed in range(first, first + 10) if (wrong := Explorer(seed).run())}
