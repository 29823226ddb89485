"""The host's side of the queue: receives messages as they become visible, for tests that wait for them."""

import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from recording.core.formats.messages import ChunkMessage, parse_chunk_message
from recording.settings import CHUNK_QUEUE
from tests.endurance.workers import ENOUGH

_PAUSE = 0.1
_AT_ONCE = 32


class Messages:
    """All messages of the queue of chunk messages; a context manager."""

    def __init__(self, connection_string: str) -> None:
        self._queue = QueueClient.from_connection_string(connection_string, CHUNK_QUEUE)
        self._arrived: Counter[ChunkMessage] = Counter()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._failed: Exception | None = None
        self._refused: AzureError | None = None
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

    def take(self, message: ChunkMessage) -> None:
        """Wait for a message of this chunk, and take it.

        Raises:
            TimeoutError: none arrived: nothing would advance the chunk.
            RuntimeError: messages are received no more.
        """
        with self._changed:
            found = self._changed.wait_for(lambda: self._failed or self._arrived[message], ENOUGH)
            if self._failed:
                cause = f"the queue is read no more, because of {self._failed!r}"
                raise RuntimeError(cause) from self._failed
            if not found:
                cause = f"no message arrived for {message}; the storage's last refusal: {self._refused!r}"
                raise TimeoutError(cause) from self._refused
            self._arrived[message] -= 1

    def _read(self) -> None:
        while not self._ended.wait(_PAUSE):
            try:
                self._receive()
            except AzureError as error:
                # A busy machine: the storage did not answer in time, or not whole. What is in the queue stays there,
                # so the next try finds it; if none does, `take` says why.
                self._refused = error
            except Exception as error:  # noqa: BLE001 - raised by `take`, in the test that waits
                with self._changed:
                    self._failed = error
                    self._changed.notify_all()
                return

    def _receive(self) -> None:
        for message in self._queue.receive_messages(max_messages=_AT_ONCE):
            with self._changed:
                self._arrived[parse_chunk_message(message.content.encode())] += 1
                self._changed.notify_all()
            # On a busy machine its time can run out: it arrives again, and one more early try does no harm.
            with suppress(ResourceNotFoundError):
                self._queue.delete_message(message)
