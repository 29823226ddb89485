"""The poison queues: what the host has given up is driven again, or put before a person."""

import azure.functions as func

from recording.entrypoints.answers import let_host_retry
from recording.entrypoints.worker import get_app
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, POISON, STORAGE, SWEEP_QUEUE, URGENT_QUEUE

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name=f"{CHUNK_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_chunks(message: func.QueueMessage) -> None:
    """Drive the chunk again if it is open; raises transient errors only, as all functions here."""
    get_app().draining.drain_chunk(message.get_body())


@blueprint.queue_trigger(arg_name="message", queue_name=f"{URGENT_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_urgent_chunks(message: func.QueueMessage) -> None:
    """The same for a chunk with little time left."""
    get_app().draining.drain_chunk(message.get_body())


@blueprint.queue_trigger(arg_name="message", queue_name=f"{EVENT_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_events(message: func.QueueMessage) -> None:
    """Give the events to the app again, once each."""
    get_app().draining.drain_events(message.get_body())


@blueprint.queue_trigger(arg_name="message", queue_name=f"{SWEEP_QUEUE}{POISON}", connection=STORAGE)
@let_host_retry
def drain_ticks(message: func.QueueMessage) -> None:  # noqa: ARG001 - the binding needs the name
    """Drop the tick: another driver of the sweep plants a new one."""
    get_app().draining.drop_tick()
