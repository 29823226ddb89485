"""The queues that functions write to and read from, and how a reception's messages get there."""

import typing

import azure.functions as func

from recording.events.taking import Reception

Messages = func.Out[typing.List[str]]  # noqa: UP006 - the worker's own check knows only this spelling


def put_messages(received: Reception, chunks: Messages, later: Messages) -> None:
    """Queue what an accepted delivery leaves to do: a message for each chunk, and events that wait for another run."""
    _put(chunks, [message.to_message() for message in received.steps])
    _put(later, received.later)


def _put(out: Messages, messages: list[str]) -> None:
    if messages:
        out.set(messages)
