"""Nothing but Transient and Permanent leaves a port, whatever its client does; every adapter of the app is guarded."""

import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import requests

from recording.adapters.archive import BlobArchive
from recording.adapters.blob_source import BlobSource
from recording.adapters.calls import AcsCalls
from recording.adapters.catalog import TableCatalog
from recording.adapters.consents import TableConsents
from recording.adapters.guarding import guarded
from recording.adapters.index import TableIndex
from recording.adapters.inventory import BlobInventory
from recording.adapters.ledger import TableLedger
from recording.adapters.links import BlobLinks
from recording.adapters.open_work import TableDirectory, TableOpenWork, TableThrottle
from recording.adapters.overflow_copies import BlobOverflowCopies
from recording.adapters.probe import BlobProbe, StorageQueueProbe
from recording.adapters.prompts import AcsPrompts
from recording.adapters.queue import (
    StorageEventQueue,
    StorageJobQueue,
    StorageQueue,
    StorageRecordQueue,
    StorageTickQueue,
)
from recording.adapters.removal import BlobRemoval
from recording.adapters.shelf import BlobShelf
from recording.adapters.source import AcsSource
from recording.adapters.tokens import TokenCallers, Trust
from recording.adapters.tombstones import BlobTombstones
from recording.adapters.topic import EventGridTopic
from recording.adapters.trail import BlobTrail
from recording.bootstrap import compose
from recording.core.callers import Issuer
from recording.core.errors import Permanent, PortFailed, RecordingError, SourceBusy, Transient
from recording.core.formats.messages import ChunkMessage, RecordMessage, Task
from recording.core.formats.notifications import EventName, OutgoingEvent
from recording.core.formats.records.tombstones import Tombstone
from recording.core.locations import of_blob
from recording.core.model import (
    APP,
    BlobName,
    CallConnectionId,
    CallLocator,
    Channel,
    Content,
    DocumentId,
    Format,
    Location,
    Opening,
    Output,
    Prompt,
    RemovalReason,
    StartOrder,
)
from recording.core.retention import Tier
from recording.ports import IndexRow, ListedBlob, PromptOrder, Source, StartClaim, SweepState
from tests.contracts.catalogs import entry
from tests.core.consents import consent
from tests.core.entries_of import NOW, RECORDING_ID, proof
from tests.environments import CONNECTION, settings_of
from tests.fakes import FakeSource

SECRET = "https://a.blob.core.windows.net/c?sig=whom-it-concerns"
LOCATION = Location("https://eu-api.asm.skype.com/v1/objects/0-weu-d1/content/audio")
NAME = BlobName("2026/0000.wav")
TOMBSTONE = Tombstone(RECORDING_ID, NOW, RemovalReason.ERASURE, APP)
VIEW = memoryview(bytearray(8))
TOKEN = f"{urlsafe_b64encode(b'{"alg": "RS256", "kid": "key"}').decode()}.e30.AAAA"

FAILURES: tuple[Exception, ...] = (
    KeyError(SECRET),
    AttributeError(SECRET),
    TypeError(SECRET),
    ValueError(SECRET),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
    RuntimeError(SECRET),
    MemoryError(SECRET),
    msgspec.ValidationError(SECRET),
    ssl.SSLError(SECRET),
    OSError(SECRET),
    requests.ConnectionError(SECRET),
    requests.exceptions.InvalidHeader(SECRET),
    RecordingError("do it", SECRET),
)


@dataclass
class Failing:
    """A client whose methods and attributes all fail."""

    failure: BaseException
    url: str = "https://a.blob.core.windows.net"

    def get_blob_client(self, *_: object) -> "Failing":
        return self

    get_container_client = get_blob_client

    def __getattr__(self, name: str) -> Callable[..., object]:
        def fail(*_: object, **__: object) -> object:
            raise self.failure

        return fail


def archive(client: Any) -> Any:  # noqa: ANN401 - a client of any kind, a port with more than its methods
    """`Archive` and `Journal`."""
    return guarded(BlobArchive(client, client, "recordings"))


def catalog(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Catalog`."""
    return guarded(TableCatalog(client))


def callers(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Callers`."""
    return guarded(TokenCallers({Issuer.API: Trust(("issuer",), ("audience",), client)}))


def calls(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Calls`."""
    return guarded(AcsCalls(client))


def prompts(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Prompts`."""
    return guarded(AcsPrompts(client, lambda: datetime.now(UTC)))


def index(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Index`."""
    return guarded(TableIndex(client))


def consents(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Consents`."""
    return guarded(TableConsents(client, client))


def source(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Source`."""
    return guarded(AcsSource(client))


def blob_source(client: Any) -> Any:  # noqa: ANN401 - the same
    """`ReadableSource`."""
    return guarded(BlobSource(client.url, client, "recordings"))


def probe(client: Any) -> Any:  # noqa: ANN401 - the same
    """`ProbeContainer`."""
    return guarded(BlobProbe(client.url, client, "recordings-probe"))


def copies(client: Any) -> Any:  # noqa: ANN401 - the same
    """`OverflowCopies`."""
    return guarded(BlobOverflowCopies(client.url, client, "recordings-overflow"))


def links(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Links`."""
    return guarded(BlobLinks(client, "recordings-exports", lambda: datetime.now(UTC)))


def queue(client: Any) -> Any:  # noqa: ANN401 - the same
    """`ChunkQueue`."""
    return guarded(StorageQueue(client, client))


def open_work(client: Any) -> Any:  # noqa: ANN401 - the same
    """`OpenWork` and `SweepStates`."""
    return guarded(TableOpenWork(client))


def inventory(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Inventory`."""
    return guarded(BlobInventory(client, BlobArchive(client, client, "recordings")))


def shelf(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Shelf`."""
    return guarded(BlobShelf(client, "recordings", locked=True))


def removal(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Removal`."""
    return guarded(BlobRemoval(client, "recordings"))


def tombstones(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Tombstones`."""
    return guarded(BlobTombstones(BlobArchive(client, client, "recordings-trail")))


def trail(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Trail`."""
    blobs = BlobArchive(client, client, "recordings-trail")
    return guarded(BlobTrail(blobs, BlobInventory(client, blobs)))


def topic(client: Any) -> Any:  # noqa: ANN401 - the same
    """`Topic`."""
    return guarded(EventGridTopic(client))


def read(client: Any) -> None:  # noqa: ANN401 - the same
    """Open a transfer."""
    with source(client).open(LOCATION):
        pytest.fail("it was opened")


def read_blob(client: Any) -> None:  # noqa: ANN401 - the same
    """Open a transfer of a blob."""
    with blob_source(client).open(of_blob(NAME, "0x1")):
        pytest.fail("it was opened")


METADATA = {"length": "1"}
ORDER = StartOrder(CallLocator(room_id="1"), Output(Content.AUDIO, Channel.MIXED, Format.WAV), "id", NOW)
CLAIM = StartClaim("k", ORDER, "event", NOW, version='W/"1"')
EVENT = OutgoingEvent("id", EventName.ARCHIVED, "/recording/r", {}, NOW)
RECORD = RecordMessage(RECORDING_ID, Task.FILE)
ROW = IndexRow("day~1", "a", version="0x1")
MESSAGE = ChunkMessage(RECORDING_ID, DocumentId("d"))
OPENING = Opening(NOW, 1)
STATE = SweepState(version='W/"1"')
CONNECTION_ID = CallConnectionId("connection")
PROMPT = PromptOrder(CONNECTION_ID, "consent.1.1", Prompt("This call is recorded.", "en-US", "1"))
CONSENT = replace(consent(), version='W/"1"')
SAVED = replace(entry(RECORDING_ID), version='W/"1"')

OPERATIONS: dict[str, Callable[[Any], object]] = {
    "BlobArchive.find": lambda client: archive(client).find(NAME),
    "BlobArchive.staged": lambda client: archive(client).staged(NAME),
    "BlobArchive.stage": lambda client: archive(client).stage(NAME, "id", VIEW),
    "BlobArchive.commit": lambda client: archive(client).commit(NAME, ["id"], METADATA, "audio/wav"),
    "BlobArchive.put": lambda client: archive(client).put(NAME, VIEW, METADATA, "audio/wav"),
    "BlobArchive.committed": lambda client: archive(client).committed(NAME),
    "BlobArchive.read": lambda client: archive(client).read(NAME, 0, VIEW),
    "BlobArchive.write": lambda client: archive(client).write(NAME, b"{}"),
    "TableCatalog.load": lambda client: catalog(client).load(RECORDING_ID),
    "TableCatalog.save": lambda client: (catalog(client).save(SAVED), catalog(client).save(entry(RECORDING_ID))),
    "TableCatalog.claim": lambda client: catalog(client).claim(CLAIM),
    "TableCatalog.find_claim": lambda client: catalog(client).find_claim("k"),
    "TableCatalog.settle": lambda client: catalog(client).settle(CLAIM),
    "TableCatalog.own": lambda client: catalog(client).own("key", RECORDING_ID, DocumentId("d")),
    "AcsCalls.resolve": lambda client: calls(client).resolve(CallConnectionId("c")),
    "AcsCalls.goes_on": lambda client: calls(client).goes_on(CallConnectionId("c")),
    "AcsCalls.start": lambda client: calls(client).start(ORDER),
    "AcsCalls.state": lambda client: calls(client).state(RECORDING_ID),
    "AcsCalls.pause": lambda client: calls(client).pause(RECORDING_ID),
    "AcsCalls.resume": lambda client: calls(client).resume(RECORDING_ID),
    "AcsCalls.stop": lambda client: calls(client).stop(RECORDING_ID),
    "AcsPrompts.participants": lambda client: prompts(client).participants(CONNECTION_ID),
    "AcsPrompts.play_to_all": lambda client: prompts(client).play_to_all(PROMPT),
    "AcsPrompts.ask_for_key": lambda client: prompts(client).ask_for_key(PROMPT, "4:+49", timedelta(seconds=5)),
    "AcsPrompts.hang_up": lambda client: prompts(client).hang_up(CONNECTION_ID),
    "TableConsents.load": lambda client: consents(client).load(CONNECTION_ID),
    "TableConsents.save": lambda client: (consents(client).save(consent()), consents(client).save(CONSENT)),
    "TableConsents.put_row": lambda client: consents(client).put_row(CONNECTION_ID, 1, NOW),
    "TableConsents.remove_row": lambda client: consents(client).remove_row(CONNECTION_ID, 1),
    "TableConsents.page": lambda client: consents(client).page(10),
    "AcsSource.open": read,
    "AcsSource.delete": lambda client: source(client).delete(LOCATION, proof()),
    "BlobSource.find": lambda client: blob_source(client).find(NAME),
    "BlobSource.open": read_blob,
    "BlobProbe.tier": lambda client: probe(client).tier(NAME),
    "BlobProbe.remove": lambda client: probe(client).remove(NAME),
    "BlobLinks.link": lambda client: links(client).link(NAME, datetime.now(UTC)),
    "BlobOverflowCopies.remove": lambda client: copies(client).remove(NAME, "0x1", proof()),
    "StorageQueueProbe.peek": lambda client: guarded(StorageQueueProbe(client)).peek(),
    "StorageQueue.put": lambda client: queue(client).put(MESSAGE, timedelta()),
    "StorageTickQueue.put": lambda client: guarded(StorageTickQueue(client)).put(1, timedelta()),
    "StorageEventQueue.put": lambda client: guarded(StorageEventQueue(client)).put("[]"),
    "StorageEventQueue.oldest": lambda client: guarded(StorageEventQueue(client)).oldest(),
    "BlobInventory.folders": lambda client: inventory(client).folders(),
    "BlobInventory.page": lambda client: inventory(client).page("A/"),
    "BlobInventory.read": lambda client: inventory(client).read(ListedBlob(NAME, 8, NOW)),
    "TableLedger.find": lambda client: guarded(TableLedger(client)).find("letters", "key"),
    "TableLedger.note": lambda client: guarded(TableLedger(client)).note("letters", "key", "replayed"),
    "TableLedger.note_first": lambda client: guarded(TableLedger(client)).note_first("letters", "key", "replayed"),
    "TokenCallers.prove": lambda client: callers(client).prove(Issuer.API, TOKEN),
    "TableLedger.forget": lambda client: guarded(TableLedger(client)).forget("letters~1", "letters~2", 10),
    "TableLedger.all": lambda client: guarded(TableLedger(client)).all("letters"),
    "TableOpenWork.put": lambda client: open_work(client).put(RECORDING_ID, OPENING, NOW),
    "TableOpenWork.remove_old": lambda client: open_work(client).remove_old(RECORDING_ID, OPENING, NOW),
    "TableOpenWork.remove": lambda client: open_work(client).remove(RECORDING_ID, OPENING),
    "TableOpenWork.touch": lambda client: open_work(client).touch(RECORDING_ID, OPENING, since=NOW),
    "TableOpenWork.has": lambda client: open_work(client).has(RECORDING_ID, OPENING),
    "TableOpenWork.page": lambda client: open_work(client).page(10),
    "TableOpenWork.load": lambda client: open_work(client).load(),
    "TableOpenWork.save": lambda client: (open_work(client).save(STATE), open_work(client).save(SweepState())),
    "TableThrottle.throttled_until": lambda client: guarded(TableThrottle(client)).throttled_until(),
    "TableThrottle.throttle": lambda client: guarded(TableThrottle(client)).throttle(NOW),
    "TableDirectory.add": lambda client: guarded(TableDirectory(client)).add(RECORDING_ID, NOW),
    "TableDirectory.page": lambda client: guarded(TableDirectory(client)).page(NOW, 10),
    "BlobShelf.move": lambda client: shelf(client).move(NAME, Tier.COOL),
    "BlobShelf.protect": lambda client: shelf(client).protect(NAME, NOW),
    "BlobRemoval.remove": lambda client: removal(client).remove(NAME),
    "BlobRemoval.hold": lambda client: removal(client).hold(NAME, on=True),
    "BlobRemoval.is_held": lambda client: removal(client).is_held(NAME),
    "BlobTombstones.put": lambda client: tombstones(client).put(TOMBSTONE),
    "BlobTombstones.find": lambda client: tombstones(client).find(RECORDING_ID),
    "BlobTrail.write": lambda client: trail(client).write(NAME, b"{}"),
    "BlobTrail.page": lambda client: trail(client).page("trail/r/"),
    "StorageRecordQueue.put": lambda client: guarded(StorageRecordQueue(client)).put(RECORD),
    "StorageJobQueue.put": lambda client: guarded(StorageJobQueue(client)).put("job-1"),
    "TableIndex.get": lambda client: index(client).get("day~1", "a"),
    "TableIndex.put": lambda client: index(client).put(ROW),
    "TableIndex.insert": lambda client: index(client).insert(ROW),
    "TableIndex.replace": lambda client: index(client).replace(ROW),
    "TableIndex.delete": lambda client: index(client).delete("day~1", "a"),
    "TableIndex.remove": lambda client: index(client).remove(ROW),
    "TableIndex.page": lambda client: index(client).page("day~1", 10),
    "EventGridTopic.publish": lambda client: topic(client).publish(EVENT),
}
ADAPTERS = (
    AcsPrompts,
    TableConsents,
    BlobArchive,
    TableCatalog,
    AcsCalls,
    AcsSource,
    BlobSource,
    BlobLinks,
    BlobOverflowCopies,
    StorageQueue,
    StorageTickQueue,
    StorageEventQueue,
    BlobInventory,
    TableLedger,
    TokenCallers,
    TableOpenWork,
    TableThrottle,
    TableDirectory,
    EventGridTopic,
    BlobShelf,
    BlobRemoval,
    BlobTombstones,
    BlobTrail,
    TableIndex,
    StorageRecordQueue,
    StorageJobQueue,
)
OF_HEALTH_CHECKS = (BlobProbe, StorageQueueProbe)
"""Adapters that only the checks call: they hold methods, so no attribute of the app leads to these."""
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


# Errors of clients


@every_operation
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__qualname__)
def test_what_no_adapter_knows_is_told_as_a_fault_that_passes(operation: str, failure: Exception) -> None:
    """The error names operation and type, not the text, which may contain a signed URL; the cause is kept."""
    with pytest.raises(PortFailed) as caught:
        OPERATIONS[operation](Failing(failure))

    assert failure is caught.value.__cause__
    assert isinstance(caught.value, Transient)
    assert operation == caught.value.operation
    kind, _, place = caught.value.cause.partition(" at ")
    assert type(failure).__qualname__ == kind.rpartition(".")[2]
    assert f"{__name__}:" in place
    assert caught.value.hint
    assert SECRET not in str(caught.value)


@every_operation
@pytest.mark.parametrize("failure", [SourceBusy("do", "busy"), Permanent("do", "never"), KeyboardInterrupt()], ids=repr)
def test_what_is_known_passes_as_it_is(operation: str, failure: BaseException) -> None:
    """The two families, and every BaseException that is no Exception."""
    with pytest.raises(type(failure)) as caught:
        OPERATIONS[operation](Failing(failure))

    assert failure is caught.value


def test_every_method_of_every_adapter_is_tried_here() -> None:
    methods = {
        f"{kind.__name__}.{name}"
        for kind in (*ADAPTERS, *OF_HEALTH_CHECKS)
        for name in vars(kind)
        if not name.startswith("_")
    }

    assert set(OPERATIONS) == methods


@pytest.mark.parametrize(
    ("operation", "ids"),
    [
        ("BlobArchive.find", {"blob": NAME}),
        ("TableCatalog.load", {"recording_id": RECORDING_ID}),
        ("TableCatalog.save", {"recording_id": RECORDING_ID}),
        ("TableCatalog.own", {"recording_id": RECORDING_ID, "document_id": "d"}),
        ("StorageQueue.put", {"recording_id": RECORDING_ID, "document_id": "d"}),
        ("AcsSource.open", {}),
    ],
)
def test_what_it_concerns_is_named(operation: str, ids: dict[str, str]) -> None:
    """By ids only; a location is none."""
    with pytest.raises(PortFailed) as caught:
        OPERATIONS[operation](Failing(KeyError("k")))

    assert ids == caught.value.ids


def test_a_call_with_arguments_that_the_method_has_not_is_a_fault_too() -> None:
    with pytest.raises(PortFailed) as caught:
        archive(Failing(KeyError("k"))).find(NAME, NAME)

    assert caught.value.cause.startswith("TypeError at recording.adapters.guarding:")


def test_the_attributes_of_a_port_are_those_behind_it() -> None:
    """Such as the name of a container; a missing attribute is an AttributeError."""
    assert "recordings" == archive(Failing(KeyError("k"))).container
    assert not hasattr(archive(Failing(KeyError("k"))), "nothing")


# A source that is open


class Broken:
    """`Transfer` that fails at every call."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure
        self.length = 7

    def readinto(self, view: memoryview) -> int:
        """Fail."""
        raise self.failure

    def abort(self) -> None:
        """Fail."""
        raise self.failure


class BrokenSource:
    """`Source` whose transfers fail at every call, and at their end if `at_end` says so."""

    def __init__(self, failure: Exception, at_end: Exception | None = None) -> None:
        self.failure = failure
        self.at_end = at_end
        self.closed = 0

    @contextmanager
    def open(self, location: Location) -> Iterator[Broken]:
        """Open at once."""
        try:
            yield Broken(self.failure)
        finally:
            self.closed += 1
            if self.at_end:
                raise self.at_end


@pytest.mark.parametrize(
    "use", [lambda transfer: transfer.readinto(VIEW), lambda transfer: transfer.abort()], ids=["read", "abort"]
)
def test_a_transfer_is_guarded_as_its_source_is(use: Callable[[Any], object]) -> None:
    """It has its attributes, and is closed."""
    failure = KeyError(SECRET)
    broken = BrokenSource(failure)
    with guarded(broken).open(LOCATION) as transfer:
        assert 7 == transfer.length
        with pytest.raises(PortFailed) as caught:
            use(transfer)

    assert failure is caught.value.__cause__
    assert 1 == broken.closed


@pytest.mark.parametrize(
    "mine",
    [KeyError("mine"), StopIteration("mine"), SourceBusy("do", "busy"), GeneratorExit(), KeyboardInterrupt()],
    ids=repr,
)
@pytest.mark.parametrize("at_end", [None, OSError("closing")], ids=["closed", "not closed"])
def test_what_the_caller_raises_passes_as_it_is(mine: BaseException, at_end: Exception | None) -> None:
    """Also if the close fails after it."""
    broken = BrokenSource(KeyError("k"), at_end)
    with pytest.raises(type(mine)) as caught, guarded(broken).open(LOCATION):
        raise mine

    assert mine is caught.value
    assert 1 == broken.closed
    assert (["BrokenSource.open failed at its end: OSError"] if at_end else []) == getattr(mine, "__notes__", [])


def test_a_failure_to_close_is_the_ports() -> None:
    """If the caller raises nothing."""
    failure = OSError(SECRET)
    with pytest.raises(PortFailed) as caught, guarded(BrokenSource(KeyError("k"), failure)).open(LOCATION):
        pass

    assert failure is caught.value.__cause__


def test_what_the_caller_does_with_a_good_source_is_its_own() -> None:
    """To read, to leave early, and to raise."""
    fake = FakeSource()
    port: Source = guarded(fake)
    location = fake.add(b"12345678")
    found = memoryview(bytearray(8))
    with port.open(location, 0, 8) as transfer:
        assert 8 == transfer.readinto(found)
    with pytest.raises(ZeroDivisionError), port.open(location) as transfer:
        _ = 1 // (transfer.offset * 0)

    assert b"12345678" == bytes(found)


# The app


def test_every_adapter_of_the_app_is_guarded() -> None:
    """No use case has an adapter that is not guarded."""
    settings = settings_of(
        ACS_ACCESS_KEY="a2V5",
        ARCHIVED_TOPIC_ENDPOINT="https://t.westeurope-1.eventgrid.azure.net/api/events",
        ARCHIVED_TOPIC_KEY="a2V5",
        OVERFLOW_STORAGE=CONNECTION.replace("AccountName=a", "AccountName=b"),
    )
    held = list(parts(compose(settings)))
    adapters = [part for part in held if type(part).__module__.startswith("recording.adapters")]

    assert {"_Guarded"} == {type(part).__name__ for part in adapters}
    assert {kind.__name__ for kind in ADAPTERS} == {type(part._port).__name__ for part in adapters}  # type: ignore[attr-defined]  # noqa: SLF001 - what stands behind is the question


def parts(whole: object) -> Iterator[object]:
    """The attributes of our objects, recursively, down to the ports."""
    names = getattr(type(whole), "__slots__", ()) or vars(whole)
    for part in (getattr(whole, name) for name in names):
        if type(part).__module__.startswith("recording."):
            yield part
            if not type(part).__module__.startswith("recording.adapters"):
                yield from parts(part)
