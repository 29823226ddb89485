"""When a recording is to be filed."""

from dataclasses import replace

import pytest

from recording.core.model import BlobName, CatalogEntry
from recording.core.naming import manifest_name, sibling_name
from recording.core.records.filed import Filed, is_to_file
from recording.core.records.jobs import Job, JobKind, JobState
from tests.core.entries_of import NOW, RECORDING_ID, entry_of

FIRST, SECOND = (manifest_name(RECORDING_ID, BlobName("2026/03/01/r/0000-d.wav"), revision) for revision in (1, 2))


def completed(manifest: BlobName | None) -> CatalogEntry:
    """An entry whose manifest is written, or is not."""
    found = entry_of()
    at = None if manifest is None else NOW
    return replace(found, recording=replace(found.recording, manifest_name=manifest, completed_at=at))


@pytest.mark.parametrize(
    ("manifest", "filed", "is_owed"),
    [
        (None, None, False),
        (FIRST, None, True),
        (FIRST, FIRST, False),
        (SECOND, FIRST, True),
        (SECOND, SECOND, False),
    ],
)
def test_a_recording_is_filed_once_for_each_manifest(
    manifest: BlobName | None, filed: BlobName | None, *, is_owed: bool
) -> None:
    row = None if filed is None else Filed(1, filed, NOW)
    assert is_owed == is_to_file(completed(manifest), row)


def test_what_belongs_to_a_manifest_stands_beside_it_under_its_number() -> None:
    assert [FIRST.replace(".manifest.", ".people."), SECOND.replace(".manifest-2.", ".people-2.")] == [
        sibling_name(name, "people") for name in (FIRST, SECOND)
    ]


def test_a_job_runs_while_it_has_a_message() -> None:
    running = {JobState.PLANNING, JobState.RUNNING}
    for state in JobState:
        job = Job("job-1", JobKind.EXPORT, state, NOW, by=entry_of().recording.changed_by, spec="{}", touched_at=NOW)
        assert (state in running) == job.is_running


def test_a_job_is_over_when_nothing_more_comes_of_it() -> None:
    over = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
    for state in JobState:
        job = Job("job-1", JobKind.EXPORT, state, NOW, by=entry_of().recording.changed_by, spec="{}", touched_at=NOW)
        assert (state in over) == job.is_over
