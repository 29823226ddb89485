"""Does the tasks of archived recordings, each when its message comes; but copies go first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from recording.core.formats.messages import RecordMessage, Task
from recording.ports import RecordQueue
from recording.records.filing import Filing
from recording.records.seals.sealing import Sealing

_FIRST = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=3))
WAITS = {Task.FILE: _FIRST, Task.SEAL: (*_FIRST, *[timedelta(minutes=10)] * 12)}
"""How long a task is put off, the first time and the next ones. It is done then, however much is copied. A person's
recordings must be found, and holds be set, minutes after they are archived. To seal costs much more than to copy, and
has time: some two hours of copies without a pause, as after an outage, when these are near their end."""


@dataclass(frozen=True, slots=True)
class RecordTasks:
    """Do the tasks. `is_copying`: whether this worker copies a chunk now."""

    filing: Filing
    sealing: Sealing
    queue: RecordQueue
    is_copying: Callable[[], bool]

    def run(self, message: RecordMessage) -> None:
        """Do the task of a message, or put it off while this worker copies: a copy has an end by which it must be done.

        Raises:
            Transient: the message is delivered again.
        """
        waits = WAITS[message.task]
        if message.put_off < len(waits) and self.is_copying():
            self.queue.put(replace(message, put_off=message.put_off + 1), waits[message.put_off])
        elif message.task is Task.FILE:
            self.filing.file(message.recording_id)
        else:
            self.sealing.seal(message.recording_id, message.put_off)
