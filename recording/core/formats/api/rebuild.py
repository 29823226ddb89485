"""A job that rebuilds the catalog as JSON of the HTTP API."""

from recording.core.formats.api.shapes import Rebuild
from recording.core.records.jobs import Job
from recording.core.times import format_time


def rebuild_view(job: Job) -> Rebuild:
    """The job, and how far it is."""
    return {
        "jobId": job.job_id,
        "state": job.state,
        "madeAt": format_time(job.made_at),
        "touchedAt": format_time(job.touched_at),
        "progress": dict(job.progress),
        "cause": job.cause or None,
    }
