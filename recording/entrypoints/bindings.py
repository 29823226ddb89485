"""Queue output bindings, and how the messages of a reception are put into them."""

import typing

import azure.functions as func

from recording.events.taking import Reception

Messages = func.Out[typing.List[str]]  # noqa: UP006 - the worker accepts only this spelling


def put_messages(received: Reception, chunks: Messages, urgent: Messages, later: Messages) -> None:
    """Queue the work left by a delivery: one message for each chunk, and the events for a later run."""
    _put(chunks, [message.to_message() for message in received.messages if not message.is_urgent])
    _put(urgent, [message.to_message() for message in received.messages if message.is_urgent])
    _put(later, received.later)


def _put(out: Messages, messages: list[str]) -> None:
    if messages:
        out.set(messages)
