"""The host's side of the queue: takes messages as they become visible, and gives them to whom they are for."""

import threading
from collections import Counter
from types import TracebackType
from typing import Self

from azure.storage.queue import QueueClient

from recording.core.formats.messages import ChunkMessage, parse_chunk_message
from recording.settings import CHUNK_QUEUE
from tests.endurance.workers import ENOUGH

_PAUSE = 0.1
_AT_ONCE = 32


class Messages:
    """Everything that comes from the queue of chunk messages; a context manager."""

    def __init__(self, connection_string: str) -> None:
        self._queue = QueueClient.from_connection_string(connection_string, CHUNK_QUEUE)
        self._come: Counter[ChunkMessage] = Counter()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._reading = threading.Thread(target=self._read, name="messages", daemon=True)

    def __enter__(self) -> Self:
        self._reading.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._reading.join()
        self._queue.close()

    def take(self, step: ChunkMessage) -> None:
        """Wait for a message of this chunk, and take it.

        Raises:
            TimeoutError: none has come; nothing would drive the chunk on.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._come[step], ENOUGH):
                message = f"no message has come for {step}"
                raise TimeoutError(message)
            self._come[step] -= 1

    def _read(self) -> None:
        while not self._ended.wait(_PAUSE):
            for message in self._queue.receive_messages(max_messages=_AT_ONCE):
                with self._changed:
                    self._come[parse_chunk_message(message.content.encode())] += 1
                    self._changed.notify_all()
                self._queue.delete_message(message)
