"""An archive of many recordings, none of which is stored: each is computed from its number when it is asked for.

One recording is made by the app itself, over the fakes of the tests; all others are that one under another id and day.
Every request is counted by its kind, which decides its price.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from recording.adapters.rows import pack
from recording.core.model import BlobName, CatalogEntry, Chunk, DocumentId, ParticipantKind, Recording, RecordingId
from recording.core.records.people import ChunkPeople, Heard, PeopleDocument
from recording.ports import BlobPage, DayPage, ListedBlob
from tests.fakes import FakeArchive
from tests.use_cases.world import START, World, file_event_of

PER_DAY = 5000
"""Recordings of a day: ten million are of five and a half years."""
OF_A_PERSON = 300
"""Recordings in which one person is heard, spread over the whole archive."""
PERSON = "8:acs:somebody"
_ZERO = "00000000"
_NUMBER = re.compile(r"recording-(\d{8})")
_NUMBERED = re.compile(r"(?:recording|event)-(\d{8})")
_DAY = re.compile(r"(\d{4})/(\d\d)/(\d\d)/")
_ENTRY = msgspec.json.Decoder(tuple[Recording, tuple[Chunk, ...]])

TABLE, BLOB_READ, BLOB_WRITE, BLOB_LIST, QUEUE = "table", "blob read", "blob write", "blob list", "queue"
BLOBS = {"find": BLOB_READ, "read": BLOB_READ, "put": BLOB_WRITE, "write": BLOB_WRITE, "page": BLOB_LIST}


def id_of(number: int) -> RecordingId:
    """The id of a recording."""
    return RecordingId(f"recording-{number:08}")


def day_of(number: int) -> datetime:
    """The day on which the recording was first known."""
    return START + timedelta(days=number // PER_DAY)


@dataclass
class Counted:
    """A port whose requests are counted: by what kind of request each of its methods is."""

    port: Any
    counts: Counter[str]
    kinds: dict[str, str] | str

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        found = getattr(self.port, name)
        kind = self.kinds if isinstance(self.kinds, str) else self.kinds.get(name)
        if kind is None or not callable(found):
            return found

        def call(*args: object, **named: object) -> object:
            self.counts[kind] += 1
            return found(*args, **named)

        return call


@dataclass
class Template:
    """The blobs and the entry of the recording with number 0."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        for container in (self.world.archive, self.world.trail.archive):
            container.now = self.world.clock.now
        chunk = self.world.add(f"document-{_ZERO}")
        raw = file_event_of(chunk, recording_id=id_of(0), event_id=f"event-{_ZERO}")
        self.world.deliver(raw)
        self.world.run()
        entry = self.world.entry(id_of(0))
        self.text = msgspec.json.encode((entry.recording, entry.chunks)).decode()
        self.row_bytes = sum(len(one) for one in pack(entry).values() if isinstance(one, bytes))

    def entry(self, number: int) -> CatalogEntry:
        """The entry of a recording."""
        recording, chunks = _ENTRY.decode(self.text.replace(_ZERO, f"{number:08}"))
        return CatalogEntry(recording, chunks, "1")


class Blobs:
    """`Inventory`, and the reading half of `Archive`, of one container with the blobs of `size` recordings."""

    def __init__(self, container: FakeArchive, size: int) -> None:
        self._size = size
        self._names = sorted(name for name in container.blobs if _ZERO in name)
        self._contents = {name: container.blobs[name].content for name in self._names}
        self._written_at = {name: container.blobs[name].written_at for name in self._names}

    def folders(self) -> Sequence[str]:
        """See `ports.Inventory`; nobody asks."""
        return ()

    def page(self, prefix: str, marker: str = "", limit: int = 5000) -> BlobPage:
        """See `ports.Inventory`. A marker is the place in the list."""
        found, day = _NUMBER.search(prefix), _DAY.fullmatch(prefix)
        first, end = 0, self._size
        if found is not None:
            first, end = int(found[1]), min(int(found[1]) + 1, self._size)
        elif day is not None:
            year, month, date = map(int, day.groups())
            since = (datetime(year, month, date, tzinfo=UTC) - START.replace(hour=0)).days
            first, end = (min(max(0, one), self._size) for one in (since * PER_DAY, (since + 1) * PER_DAY))
        each = len(self._names)
        at = int(marker) if marker else first * each
        listed = [self._listed(place) for place in range(at, min(at + limit, end * each))]
        following = at + limit
        blobs = tuple(blob for blob in listed if blob.name.startswith(prefix))
        return BlobPage(blobs, str(following) if following < end * each else "")

    def read(self, blob: ListedBlob) -> bytes:
        """See `ports.Inventory`."""
        number = _NUMBERED.findall(blob.name)[0]
        template = next(name for name in self._names if _of(name, int(number)) == blob.name)
        return self._contents[template].replace(_ZERO.encode(), number.encode())

    def find(self, name: BlobName) -> None:
        """See `ports.Archive`."""

    def _listed(self, place: int) -> ListedBlob:
        number, which = divmod(place, len(self._names))
        name = self._names[which]
        return ListedBlob(_of(name, number), len(self._contents[name]), self._written_at[name])


def _of(name: BlobName, number: int) -> BlobName:
    """The name of that blob of another recording."""
    return BlobName(_DAY.sub(f"{day_of(number):%Y/%m/%d}/", name).replace(_ZERO, f"{number:08}"))


class Entries:
    """`Catalog`: all entries, or, where it was lost, those that were made since."""

    def __init__(self, template: Template, size: int, *, is_lost: bool) -> None:
        self._template, self._size = template, size
        self.made: set[RecordingId] | None = set() if is_lost else None

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """See `ports.Catalog`."""
        number = int(recording_id.rpartition("-")[2])
        is_there = number < self._size if self.made is None else recording_id in self.made
        return self._template.entry(number) if is_there else None

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        """See `ports.Catalog`."""
        if self.made is not None:
            self.made.add(entry.recording.recording_id)
        return replace(entry, version="1")


class Days:
    """`Directory`: the recordings of each day."""

    def __init__(self, size: int) -> None:
        self._size = size

    def add(self, recording_id: RecordingId, at: datetime) -> None:
        """See `ports.Directory`."""

    def page(self, day: datetime, limit: int, after: str = "", hour: int | None = None) -> DayPage:
        """See `ports.Directory`."""
        del hour
        first = (day - START.replace(hour=0)).days * PER_DAY
        end = min(first + PER_DAY, self._size)
        at = int(after) if after else first
        numbers = range(at, min(at + limit, end))
        return DayPage(tuple(map(id_of, numbers)), str(numbers.stop) if numbers and numbers.stop < end else "")


def of_the_person(size: int) -> Iterator[int]:
    """The numbers of the recordings in which the person is heard."""
    found = min(OF_A_PERSON, size)
    yield from (place * size // found for place in range(found))


def document_of(number: int) -> PeopleDocument:
    """Who is heard in a recording of the person."""
    heard = (Heard(PERSON, ParticipantKind.COMMUNICATION_USER, 0),)
    recording_id = id_of(number)
    chunk = ChunkPeople(DocumentId(f"document-{number:08}"), 0, heard)
    return PeopleDocument(recording_id, BlobName(f"{recording_id}.manifest.json"), (chunk,))
