"""What tests of every kind share. Claims in shared modules say what they saw when they fail, as tests themselves do."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.proxies import past_proxies

os.environ.update(past_proxies(os.environ))  # the proxy of whoever runs the tests does not lead to this machine
settings.register_profile("any machine", deadline=None)  # how long an example takes is the machine's to say
settings.load_profile("any machine")
pytest.register_assert_rewrite("tests.copying.copies", "tests.endurance.scene", "tests.scenarios.worlds")


@pytest.fixture(scope="session")
def quick_tries() -> Iterator[None]:
    """A broken range is taken up again at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recording.copying.range_requests.FIRST_WAIT", 0.0)
        yield
