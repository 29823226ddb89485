"""After the tables were lost a rebuild says which erasures waited, and are lost: nobody knows whose they were."""

import pytest

from recording.core.records.jobs import JobState
from tests.use_cases.erasures import BOB, state, two_recordings
from tests.use_cases.test_erasing_deferred import begun, hold_on
from tests.use_cases.test_rebuilding import lose_tables, rebuild
from tests.use_cases.world import RECORDING


def test_a_rebuild_tells_of_each_erasure_that_waited_and_of_no_other(caplog: pytest.LogCaptureFixture) -> None:
    world = two_recordings(1)
    world.app.records.holding.insert(hold_on(RECORDING))
    waiting, _ = begun(world)
    done, _ = begun(world, raw_id=BOB)
    assert (JobState.WAITING, JobState.DONE) == (state(world, waiting), state(world, done))
    assert "erasures_lost" not in rebuild(world)

    lose_tables(world)
    assert 1 == rebuild(world)["erasures_lost"]
    assert 1 == caplog.text.count("erasure.lost")
    assert f"job_id={waiting}" in caplog.text
