"""The rule by which a recording was started, and so how long it is kept, outlasts the loss of the tables."""

import pytest

from recording.core.lifecycle import Started
from recording.core.model import Actor, CallConnectionId, RecordingState, ServerCallId
from recording.core.records.jobs import JobKind
from recording.core.retention import Duty
from tests.core.entries_of import APPLIED, WAV
from tests.fakes import FakeCatalog, FakeDirectory, FakeIndex, FakeOpenWork
from tests.use_cases.keepings import file_all, run_jobs
from tests.use_cases.test_retention import CLASSES
from tests.use_cases.world import RECORDING, World, file_event_of


@pytest.mark.parametrize("is_archived_before", [True, False])
def test_the_class_of_its_rule_counts_also_if_an_event_made_its_entry_before_the_rebuild(
    *, is_archived_before: bool
) -> None:
    """Else it would end by the default class, years before its own."""
    world = World(settings={"RETENTION_CLASSES": CLASSES})
    started = Started(RECORDING, WAV, ServerCallId("call"), CallConnectionId("connection"), applied=APPLIED)
    world.updates.apply(RECORDING, started)
    world.app.archiving.writing_trail.write(world.entry())
    world.catalog, world.open_work, world.directory = FakeCatalog(), FakeOpenWork(), FakeDirectory()
    world.index = FakeIndex()
    world.archiving = world.worker()
    world.deliver(file_event_of(world.add(), event_id="event-1"))
    if is_archived_before:
        world.run()
        file_all(world)
    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=Actor("key:ada"))
    run_jobs(world)
    world.run()
    file_all(world)

    assert RecordingState.RELEASED is world.entry().recording.state
    assert world.entry().recording.completed_at is not None
    duty, _ = world.app.records.keeping.duties.duty_of(world.entry())
    assert isinstance(duty, Duty)
    assert "long" == duty.retention_class
    end = world.app.records.keeping.duties.end_of(RECORDING)
    assert end is not None
    assert "long" == end.retention_class
    assert [] == list(world.missing_rows())


def test_what_was_started_by_nobody_here_stays_as_it_is() -> None:
    world = World(settings={"RETENTION_CLASSES": CLASSES})
    world.deliver(file_event_of(world.add(), event_id="event-1"))
    world.run()
    file_all(world)
    before = world.entry()
    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=Actor("key:ada"))
    run_jobs(world)

    assert before == world.entry()
