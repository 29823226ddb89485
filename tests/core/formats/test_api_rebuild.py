"""A rebuild as the API shows it."""

from dataclasses import replace

from recording.core.formats.api import rebuild_view
from recording.core.model import APP
from recording.core.records.jobs import Job, JobKind, JobState
from tests.core.entries_of import NOW


def test_a_rebuild_shows_how_far_it_is() -> None:
    job = Job(
        "job-1", JobKind.REBUILD, JobState.RUNNING, NOW, by=APP, spec="{}", touched_at=NOW, progress={"rebuilt": 2}
    )
    shown = rebuild_view(job)
    assert ("job-1", "running", {"rebuilt": 2}, None) == (
        shown["jobId"],
        shown["state"],
        shown["progress"],
        shown["cause"],
    )
    assert "it fails" == rebuild_view(replace(job, state=JobState.FAILED, cause="it fails"))["cause"]
