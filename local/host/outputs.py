"""Output bindings: what a function set or returned is written after it succeeded."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.host.bindings import Function, HttpOutput, QueueOutput
from local.host.payloads import Binary, Json, Payload, Text
from local.host.storage import Queues

_LARGEST = 64 * 1024  # bytes of one message, encoded


class OutputRefusedError(Exception):
    """What a function gave cannot be written to its output binding."""


@dataclass(frozen=True, slots=True)
class Target:
    """A queue output with its expressions resolved."""

    connection: str
    queue: str


class Outputs:
    """The queue outputs of all functions, by function and binding name."""

    def __init__(self, queues: Queues, targets: Mapping[tuple[str, str], Target], *, base64: bool) -> None:
        self._queues = queues
        self._targets = targets
        self._base64 = base64

    async def write(self, function: Function, outputs: Mapping[str, Payload]) -> None:
        """Writes each queue output; the HTTP answer is the web server's to give.

        Raises:
            OutputRefusedError: no message can be made of it, or it is larger than 64 KB.
            QueueRefusedError: the service refused, or is not there.
        """
        for output in function.outputs:
            payload = outputs.get(output.name)
            match output:
                case QueueOutput(name) if payload is not None:
                    target = self._targets[function.name, name]
                    for body in _bodies(payload):
                        await self._queues.send(target.connection, target.queue, self._text(body))
                case QueueOutput() | HttpOutput():
                    pass

    def _text(self, body: bytes) -> str:
        text = base64.b64encode(body).decode() if self._base64 else body.decode("utf-8", "replace")
        if len(text.encode()) > _LARGEST:
            raise OutputRefusedError(f"a queue message of {len(text.encode())} bytes; 65536 is the most")
        return text


def _bodies(payload: Payload) -> Iterator[bytes]:
    """One message for each value: the real host takes a list apart, and also a string that is a JSON list."""
    match payload:
        case Binary(value):
            yield value
        case Text(value) if _looks_like_json(value):
            yield from _bodies(Json(value))
        case Text(value):
            yield value.encode()
        case Json(text):
            try:
                content = json.loads(text)
            except ValueError as error:
                raise OutputRefusedError(f"it looks like JSON and is none: {error}") from error
            for item in content if isinstance(content, list) else [content]:
                # As in the real host, objects are reformatted: a comparison of bytes fails here as well.
                yield (item if isinstance(item, str) else json.dumps(item, indent=2, ensure_ascii=False)).encode()
        case other:
            raise OutputRefusedError(f"a {type(other).__name__} is nothing for a queue")


def _looks_like_json(value: str) -> bool:
    stripped = value.strip()
    return (stripped[:1], stripped[-1:]) in {("{", "}"), ("[", "]")}
