"""The records' queues and their daily timer: recordings are filed, and jobs run."""

import logging

import azure.functions as func

from recording import log
from recording.core.errors import InvalidRequest, Permanent, SettingsInvalid
from recording.core.formats.messages import parse_job, parse_record
from recording.entrypoints.answers import let_host_retry
from recording.entrypoints.worker import get_app
from recording.settings import FILING_QUEUE, JOB_QUEUE, POISON, STORAGE

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name=FILING_QUEUE, connection=STORAGE)
@let_host_retry
def file_record(message: func.QueueMessage) -> None:
    """File a recording whose manifest is written, or read once more what is archived of it."""
    try:
        get_app().records.tasks.run(parse_record(message.get_body()))
    except SettingsInvalid:  # a retry succeeds once it is corrected, and nothing else would find it after some days
        raise
    except Permanent as error:  # a retry cannot succeed; the daily pass finds it again
        log.event("recording.filing_refused", {"code": error.code, "cause": error}, logging.ERROR)


@blueprint.queue_trigger(arg_name="message", queue_name=JOB_QUEUE, connection=STORAGE)
@let_host_retry
def run_job(message: func.QueueMessage) -> None:
    """Go on with a job: an export, an erasure."""
    try:
        get_app().records.jobs.run(parse_job(message.get_body()))
    except Permanent as error:  # a retry cannot succeed
        log.event("job.refused", {"code": error.code, "cause": error}, logging.ERROR)


@blueprint.queue_trigger(arg_name="message", queue_name=f"{FILING_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_filing(message: func.QueueMessage) -> None:
    """Put the message of what is still to be filed again: by now the daily pass does not look so far back."""
    app = get_app()
    try:
        is_owed = app.records.daily.put_again(parse_record(message.get_body()).recording_id)
    except InvalidRequest as error:
        log.event("recording.filing_refused", {"code": error.code, "cause": error}, logging.ERROR)
        return
    log.event("message.drained", {"outcome": "queued" if is_owed else "dropped"}, logging.WARNING)


@blueprint.queue_trigger(arg_name="message", queue_name=f"{JOB_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_jobs(message: func.QueueMessage) -> None:  # noqa: ARG001 - the binding needs the name
    """Drop the message: a job that is silent is started again."""
    log.event("message.drained", {"outcome": "dropped"}, logging.WARNING)


@blueprint.timer_trigger(arg_name="timer", schedule="0 20 2 * * *")
@let_host_retry
def records_daily(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding needs the name
    """Find what is not filed, and run the passes of the records: at 02:20 UTC."""
    get_app().records.daily.run()


@blueprint.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
@let_host_retry
def watch_jobs(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding needs the name
    """Start jobs again that give no sign of life."""
    get_app().records.jobs.restart_silent()
