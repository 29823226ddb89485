"""The books of a soak: what the service recorded, held against the archive, the catalog, the open work and the topic.

They read past the app and past the fault proxy. They close when every chunk is archived byte for byte and released or
kept, or a person was told why not; when the rows of open work are those of what is owed, and no others; and when no
message lies in a poison queue.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

from azure.core.exceptions import ResourceNotFoundError

from local.acs.model import Recording, StoredObject
from local.host.telemetry import METRICS, SPANS
from local.stack import OPEN_TABLE, TABLE
from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.adapters.open_work import TableDirectory, TableOpenWork
from recording.core.formats.notifications import EventName
from recording.core.model import RUNNING, CatalogEntry, Chunk, ChunkState, DocumentId, RecordingId, RecordingState
from recording.settings import QUEUES
from tests.scenarios.conftest import secrets_of
from tests.scenarios.worlds import assert_nothing_leaked, blob, told
from tests.soak.stack import SoakStack

_PAGE = 1000
_SHOWN = 120
_FIRST_ANSWERS = 12
_DONE = frozenset({ChunkState.RELEASED, ChunkState.KEPT})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not close: of what, and why."""

    subject: str
    says: str


class Books:
    """Looks at everything, as often as it is asked to; a context manager.

    Attributes:
        doubtful: recordings that a lasting fault keeps in doubt.
        gone: recordings whose sources ended before anybody could read them.
        states: of the last look: how many recordings were in each state.
    """

    def __init__(self, stack: SoakStack) -> None:
        self._stack = stack
        self._running = ExitStack()
        self._read_back: dict[str, str] = {}
        self.doubtful: set[str] = set()
        self.gone: set[str] = set()
        self.states: Counter[str] = Counter()

    def __enter__(self) -> Self:
        storage = self._stack.azurite.connection_string
        table = self._running.enter_context(closing(clients.table(TABLE, storage)))
        open_table = self._running.enter_context(closing(clients.table(OPEN_TABLE, storage)))
        self._catalog, self._directory = TableCatalog(table), TableDirectory(table)
        self._open_work = TableOpenWork(open_table)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def look(self) -> list[Finding]:
        """What does not close now; what was read back and has not changed since is not read again."""
        self.states.clear()
        recordings = self._stack.acs.world.recordings
        return [
            *(Finding(one.recording_id, says) for one in recordings.values() for says in self._of_recording(one)),
            *(Finding(known, "the service never recorded it") for known in self._listed() - set(recordings)),
            *self._of_open_work(),
            *(
                Finding(f"{queue}-poison", message[:_SHOWN])
                for queue in QUEUES
                for message in self._stack.waiting(f"{queue}-poison")
            ),
        ]

    def knows(self, recording_id: str) -> bool:
        """Whether the catalog has the recording."""
        return self._catalog.load(RecordingId(recording_id)) is not None

    def leaks(self) -> list[Finding]:
        """Secrets, URLs and participants in log, spans and metrics, secrets published, requests to foreign hosts."""
        secrets, published = secrets_of(self._stack), json.dumps(self._stack.event_grid.topic.received)
        found = [Finding("what was published", name) for name, secret in secrets.items() if secret in published]
        for name in ("host.log", SPANS, METRICS):
            path = self._stack.folder / name
            if name == METRICS and not path.exists():  # written at intervals: no host may have lived so long
                continue
            written = path.read_text(encoding="utf-8", errors="replace")
            try:
                assert_nothing_leaked(self._stack, written, secrets)
            except AssertionError as error:
                found.append(Finding(name, str(error)))
        return found

    def _listed(self) -> set[str]:
        """The recordings that the catalog lists, of today and yesterday."""
        now, found = datetime.now(UTC), set[str]()
        for day in (now - timedelta(days=1), now):
            after = ""
            while True:
                page = self._directory.page(day, _PAGE, after)
                found.update(page.recording_ids)
                after = page.next
                if not after:
                    break
        return found

    def _of_recording(self, recording: Recording) -> Iterator[str]:
        recording_id = RecordingId(recording.recording_id)
        entry = self._catalog.load(recording_id)
        state = "not known" if entry is None else str(entry.recording.state)
        self.states[state] += 1
        if recording.ended is None:
            yield "it is not over"
        elif self._stack.is_silent(recording):
            # One whose start was never confirmed, and whose event never comes, nobody can know of.
            if entry is not None:
                yield from self._waits(entry, RecordingState.MISSING, EventName.MISSING)
        elif recording.announced is None and not recording.documents:
            yield "its media is not made yet"
        elif entry is None:
            yield "the app does not know it"
        elif recording_id in self.doubtful:
            yield from self._waits(entry, RecordingState.QUARANTINED, EventName.QUARANTINED)
            if not all(source.exists for source in self._sources(recording)):
                yield "it is in doubt, and a source of it is gone"
        elif recording_id in self.gone:
            yield from self._is_lost(entry)
        else:
            yield from self._is_done(entry, recording)

    def _is_lost(self, entry: CatalogEntry) -> Iterator[str]:
        """A person was told, and nothing is owed."""
        lost = {chunk.document_id for chunk in entry if chunk.state is ChunkState.LOST}
        told_of = {
            one["documentId"] for one in told(self._stack, EventName.LOST, entry.recording.recording_id).values()
        }
        if len(lost) < len(entry.chunks):
            yield f"its sources are gone, and it is {entry.recording.state}"
        elif lost - told_of:
            yield f"{len(lost - told_of)} chunks are lost, and nobody was told"
        elif entry.recording.opening.at is not None:
            yield "it is lost, and has a row of open work"

    def _waits(self, entry: CatalogEntry, state: RecordingState, alert: EventName) -> Iterator[str]:
        """It waits for a person, who was told."""
        recording_id, opening = entry.recording.recording_id, entry.recording.opening
        # The service is asked twice, with minutes between, whether a recording is over: longer than the soak waits.
        is_asked_again = entry.recording.state in RUNNING and entry.recording.denied_at is not None
        if is_asked_again and state is RecordingState.MISSING:
            pass
        elif entry.recording.state is not state:
            yield f"{entry.recording.state}, not {state}"
        elif not told(self._stack, alert, recording_id):
            yield f"{state}, and nobody was told"
        if opening.at is None or not self._open_work.has(recording_id, opening):
            yield f"{state}, without a row of open work"

    def _is_done(self, entry: CatalogEntry, recording: Recording) -> Iterator[str]:
        """It is archived whole, its sources are released or kept, and nothing is owed."""
        known = entry.recording
        before = len(entry.chunks)
        for source in self._sources(recording):
            chunk = entry.chunk(DocumentId(source.document_id))
            if chunk is None:
                yield f"chunk {source.index} is not known"
            elif chunk.state not in _DONE:
                failed = f"; {chunk.last_failure.operation}: {chunk.last_failure.cause}" if chunk.last_failure else ""
                source_is = "is there" if source.exists else "is gone"
                answers = [
                    f"{one.method} {one.operation} {one.status} {one.fault or ''}".strip()
                    for one in self._stack.acs.world.requests
                    if one.document_id == source.document_id
                ]
                asked = f"; its source {source_is}, and answered {', '.join(answers[:_FIRST_ANSWERS])}"
                yield f"chunk {chunk.index} is {chunk.state}, looked at again at {chunk.look_at}{failed}{asked}"
            else:
                yield from self._is_the_same(chunk, source)
        if len(recording.documents) != before:
            yield f"it has {before} chunks, not {len(recording.documents)}"
        if known.completed_at is None or known.lacks:
            yield f"no manifest of a whole recording: it lacks {', '.join(known.lacks) or 'the manifest'}"
        elif not told(self._stack, EventName.ARCHIVED, known.recording_id):
            yield "its RecordingArchived was not published"
        if known.untold:
            yield f"{len(known.untold)} alerts are not published"
        if known.opening.at is not None:
            yield "it owes nothing, and has a row of open work"

    def _is_the_same(self, chunk: Chunk, source: StoredObject) -> Iterator[str]:
        """The archive has the bytes that the service had; what is released is gone there, and only that.

        And what the service deleted while it answered that it did not: after such an answer a source may be kept.
        """
        is_denied = chunk.state is ChunkState.KEPT and any(
            one.operation == "delete" and one.document_id == source.document_id and one.status != HTTPStatus.OK
            for one in self._stack.acs.world.requests
        )
        if (chunk.state is ChunkState.RELEASED) == source.exists and not is_denied:
            yield f"chunk {chunk.index} is {chunk.state}, and its source {'is there' if source.exists else 'is gone'}"
        if chunk.proof is None or self._read_back.get(chunk.document_id) == chunk.proof.etag:
            return
        container = self._stack.container()
        try:
            if blob(container, chunk.proof.name) != source.path.read_bytes():
                yield f"chunk {chunk.index} has other bytes in the archive"
            elif chunk.proof.metadata is None:
                yield f"chunk {chunk.index} has no metadata file in the archive"
            elif blob(container, chunk.proof.metadata.name) != source.metadata:
                yield f"chunk {chunk.index} has another metadata file in the archive"
            else:
                self._read_back[chunk.document_id] = chunk.proof.etag
        except ResourceNotFoundError as error:
            yield f"chunk {chunk.index} is not in the archive: {error.reason}"

    def _of_open_work(self) -> Iterator[Finding]:
        """No row that stands for nothing."""
        after = ""
        while True:
            page = self._open_work.page(_PAGE, after)
            for row in page.rows:
                entry = self._catalog.load(row.recording_id)
                if entry is None or entry.recording.opening != row.opening:
                    yield Finding(row.recording_id, f"row {row.opening.number} of open work stands for nothing")
            after = page.next
            if not after:
                return

    def _sources(self, recording: Recording) -> list[StoredObject]:
        objects = self._stack.acs.world.objects
        return [objects[document] for document in recording.documents]
