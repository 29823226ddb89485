"""Queue output bindings, and how the result of a delivery is put into them and answered."""

import typing

import azure.functions as func

from recording.core.formats.api.shapes import EventsAnswer
from recording.entrypoints.answers import json_answer
from recording.events.taking import Reception

Messages = func.Out[typing.List[str]]  # noqa: UP006 - the worker accepts only this spelling


def put_messages(received: Reception, chunks: Messages, urgent: Messages, later: Messages) -> None:
    """Queue the work left by a delivery: one message for each chunk, and the events for a later run."""
    _put(chunks, [message.to_message() for message in received.messages if not message.is_urgent])
    _put(urgent, [message.to_message() for message in received.messages if message.is_urgent])
    _put(later, received.later)


def answer_events(
    received: Reception, chunks: Messages, urgent: Messages, later: Messages, *, from_event_grid: bool = False
) -> func.HttpResponse:
    """Queue the work left by a request with events; answer with the outcome of each, or to a handshake.

    Raises:
        Exception: why the request must be sent again, or that none of its events could be read.
    """
    put_messages(received, chunks, urgent, later)
    if received.failure is not None:
        raise received.failure
    if received.validation_code is not None:
        return json_answer(EventsAnswer(validationResponse=received.validation_code))
    if received.malformed is not None and not from_event_grid:  # Event Grid does not retry after 400
        raise received.malformed
    return json_answer(EventsAnswer(events=received.outcomes))


def _put(out: Messages, messages: list[str]) -> None:
    if messages:
        out.set(messages)
