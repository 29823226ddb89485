"""Puts the app together: settings in, use cases over real adapters out. A part can be given in place of a real one."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from typing import TypedDict, Unpack

from recording import ports
from recording.adapters import clients
from recording.adapters.archive import BlobArchive, BlobRetention
from recording.adapters.blob_source import BlobSource
from recording.adapters.calls import AcsCalls
from recording.adapters.catalog import TableCatalog
from recording.adapters.guarding import guarded
from recording.adapters.inventory import BlobInventory
from recording.adapters.ledger import TableLedger
from recording.adapters.open_work import TableDirectory, TableOpenWork, TableThrottle
from recording.adapters.probe import BlobProbe, StorageQueueProbe
from recording.adapters.queue import StorageEventQueue, StorageQueue, StorageTickQueue
from recording.adapters.source import AcsSource
from recording.adapters.table import Table
from recording.adapters.topic import EventGridTopic, NoTopic
from recording.calls.controlling import Controlling
from recording.calls.ending import Ending
from recording.calls.starting import Starting
from recording.catalog_updates import CatalogUpdates
from recording.chunks.accepting import Accepting
from recording.chunks.announcing import Announcing
from recording.chunks.archiving import Archiving
from recording.chunks.completing import Completing
from recording.chunks.copying_chunk import CopyingChunk
from recording.chunks.metadata_file import MetadataFile
from recording.chunks.overflowing import Overflow, Overflowing
from recording.chunks.recopying import Recopying
from recording.chunks.releasing import Releasing
from recording.chunks.setting_apart import SettingApart
from recording.chunks.storing import Storing
from recording.chunks.throttling import Throttling
from recording.copying.buffer_pool import BufferPool
from recording.copying.engine import Engine
from recording.core.deadlines import Waits
from recording.core.model import Place
from recording.core.watching import Limits
from recording.events.receiving import Receiving
from recording.refusing import Refusing
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, QUEUES, SWEEP_QUEUE, URGENT_QUEUE, Settings
from recording.watch.auditing import Auditing
from recording.watch.checks import Check, Checks
from recording.watch.dead_letters import DeadLetters
from recording.watch.draining import Draining
from recording.watch.heartbeat import Heartbeat
from recording.watch.journal_check import JournalCheck
from recording.watch.probing import Probing
from recording.watch.putting_back import PuttingBack
from recording.watch.replaying import Replaying
from recording.watch.sweeping import Sweeping
from recording.watch.ticking import Ticking


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """The use cases, ready; and the clock that the entry points show times by."""

    settings: Settings
    receiving: Receiving
    starting: Starting
    controlling: Controlling
    refusing: Refusing
    archiving: Archiving
    replaying: Replaying
    draining: Draining
    probing: Probing
    sweeping: Sweeping
    ticking: Ticking
    heartbeat: Heartbeat
    now: Callable[[], datetime]


class Parts(TypedDict, total=False):
    """What can be given to `compose` in place of the real part."""

    calls: ports.Calls
    source: ports.Source
    quarantined: ports.ReadableSource
    overflow: ports.Archive
    overflowed: ports.ReadableSource
    archive: ports.Archive
    quarantine: ports.Archive
    journal: ports.Journal
    catalog: ports.Catalog
    open_work: ports.OpenWork
    sweep_states: ports.SweepStates
    directory: ports.Directory
    queue: ports.ChunkQueue
    event_queue: ports.EventQueue
    ledger: ports.Ledger
    dead_letters: ports.Inventory
    journal_inventory: ports.Inventory
    checks: Mapping[str, Check]
    tick_queue: ports.TickQueue
    throttle: ports.Throttle
    topic: ports.Topic
    engine: Engine
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], uuid.UUID]


def compose(settings: Settings, **parts: Unpack[Parts]) -> App:
    """Build the app. No request is sent before the first call, and no adapter is made whose part is given."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # at INFO it writes every URL it asks
    now, monotonic = parts.get("now", _utc_now), parts.get("monotonic", time.monotonic)
    real = _RealParts(settings, now)
    source = parts.get("source") or real.source
    archive = parts.get("archive") or real.archive
    topic = parts.get("topic") or real.topic
    calls = parts.get("calls") or real.calls
    catalog = parts.get("catalog") or real.catalog
    open_work = parts.get("open_work") or real.open_work
    directory = parts.get("directory") or real.directory
    updates = CatalogUpdates(catalog, open_work, directory, topic, now, parts.get("sleep", time.sleep))
    engine = parts.get("engine") or Engine(
        source,
        BufferPool(settings.copy.block_bytes, settings.copy.memory_bytes),
        connections=settings.copy.connections,
        monotonic=monotonic,
    )
    waits = Waits(first=settings.retry.first, longest=settings.retry.longest)
    retention = settings.recordings.retention
    metadata_file, storing = MetadataFile(engine), Storing(now, monotonic)
    quarantined = engine.over(parts.get("quarantined") or real.quarantined)
    quarantine = parts.get("quarantine") or real.quarantine
    copying = CopyingChunk(
        engine=engine,
        archive=archive,
        setting_apart=SettingApart(engine, quarantine, Place.QUARANTINE, metadata_file, storing, waits),
        metadata_file=metadata_file,
        storing=storing,
        catalog=catalog,
        waits=waits,
        retention=retention,
        now=now,
    )
    overflow = None
    if settings.overflow.is_set:
        putting = parts.get("overflow") or real.overflow
        overflowed = engine.over(parts.get("overflowed") or real.overflowed)
        overflow = Overflow(
            SettingApart(engine, putting, Place.OVERFLOW, metadata_file, storing, waits),
            Recopying(MetadataFile(overflowed), storing),
            settings.overflow.before_due,
        )
    queue = parts.get("queue") or real.queue
    archiving = Archiving(
        updates=updates,
        copying=copying,
        overflowing=Overflowing(copying, quarantine, overflow),
        accepting=Accepting(metadata_file, Recopying(MetadataFile(quarantined), storing), archive, storing),
        releasing=Releasing(catalog, engine, source, archive, settings.recordings.release, now),
        completing=Completing(topic, archive, catalog, settings.archive.container, now),
        throttling=Throttling(parts.get("throttle") or real.throttle, now),
        queue=queue,
        waits=waits,
        slice_seconds=settings.copy.slice_length.total_seconds(),
        monotonic=monotonic,
    )
    starting = Starting(updates, calls, settings.recordings.output, parts.get("new_id", uuid.uuid4))
    refusing = Refusing(parts.get("journal") or real.journal, topic, now)
    announcing = Announcing(updates, settings.archive.template, retention)
    ledger = parts.get("ledger") or real.ledger
    putting_back = PuttingBack(updates, announcing, refusing, parts.get("event_queue") or real.event_queue, queue)
    letters = parts.get("dead_letters") or real.dead_letters
    journal = parts.get("journal_inventory") or real.journal_inventory
    sweep_states = parts.get("sweep_states") or real.sweep_states
    replaying = Replaying(
        DeadLetters(letters, ledger, putting_back, refusing, retention, now, monotonic),
        JournalCheck(journal, ledger, putting_back, now, monotonic),
    )
    watch = settings.watch
    heartbeat = Heartbeat(sweep_states, watch.interval, now(), now)
    checks = parts.get("checks")
    if checks is None:
        checks = {**real.checks(catalog, open_work, calls), "sweep": heartbeat.check}
    ticking = Ticking(sweep_states, parts.get("tick_queue") or real.tick_queue, watch.interval, now)
    sweeping = Sweeping(
        updates=updates,
        open_work=open_work,
        states=sweep_states,
        auditing=Auditing(updates, open_work, sweep_states, directory, now),
        replaying=replaying,
        calls=calls,
        queue=queue,
        limits=Limits(
            retention=retention, file_event=watch.file_event, step=settings.copy.slice_length + watch.overdue
        ),
        first_look=watch.interval,
        now=now,
        monotonic=monotonic,
    )
    return App(
        settings=settings,
        receiving=Receiving(starting, Ending(updates, calls), announcing, refusing, ticking, monotonic),
        starting=starting,
        controlling=Controlling(updates, calls),
        refusing=refusing,
        archiving=archiving,
        replaying=replaying,
        draining=Draining(updates, queue, putting_back, refusing, ledger, waits),
        probing=Probing(checks, time.monotonic),  # its threads wait in real time, whatever the given clock says
        sweeping=sweeping,
        ticking=ticking,
        heartbeat=heartbeat,
        now=now,
    )


@dataclass
class _RealParts:
    """The adapters that the settings ask for, each made when it is needed, and each guarded."""

    settings: Settings
    now: Callable[[], datetime]

    @property
    def source(self) -> ports.Source:
        acs = self.settings.communication
        return guarded(AcsSource(clients.source_requests(acs.endpoint, self._credential(acs.access_key))))

    @property
    def calls(self) -> ports.Calls:
        acs = self.settings.communication
        return guarded(AcsCalls(clients.call_automation(acs.endpoint, self._credential(acs.access_key))))

    @property
    def topic(self) -> ports.Topic:
        topic = self.settings.topic
        if not topic.endpoint:
            return guarded(NoTopic())
        return guarded(EventGridTopic(clients.event_grid(topic.endpoint, self._credential(topic.key))))

    @property
    def catalog(self) -> ports.Catalog:
        return guarded(TableCatalog(self._table(self.settings.archive.catalog_table)))

    @property
    def directory(self) -> ports.Directory:
        return guarded(TableDirectory(self._table(self.settings.archive.catalog_table)))

    @property
    def open_work(self) -> ports.OpenWork:
        return guarded(TableOpenWork(self._table(self.settings.archive.open_table)))

    @property
    def throttle(self) -> ports.Throttle:
        return guarded(TableThrottle(self._table(self.settings.archive.open_table)))

    @property
    def sweep_states(self) -> ports.SweepStates:
        return guarded(TableOpenWork(self._table(self.settings.archive.open_table)))

    @property
    def queue(self) -> ports.ChunkQueue:
        return guarded(StorageQueue(self._queue(CHUNK_QUEUE), self._queue(URGENT_QUEUE)))

    @property
    def event_queue(self) -> ports.EventQueue:
        return guarded(StorageEventQueue(self._queue(EVENT_QUEUE)))

    @property
    def tick_queue(self) -> ports.TickQueue:
        return guarded(StorageTickQueue(self._queue(SWEEP_QUEUE)))

    @cached_property
    def _queue(self) -> Callable[[str], clients.Queue]:
        """Makes a client of a queue."""
        storage = self.settings.storage
        return partial(
            clients.queue,
            connection_string=storage.connection_string,
            uri=storage.queue_uri,
            credential=self._storage_identity,
        )

    @property
    def ledger(self) -> ports.Ledger:
        return guarded(TableLedger(self._table(self.settings.archive.open_table)))

    @cached_property
    def _table(self) -> Callable[[str], Table]:
        """A client of a table; asked again for the same, it is the same."""
        storage = self.settings.storage
        make = partial(
            clients.table,
            connection_string=storage.connection_string,
            uri=storage.table_uri,
            credential=self._storage_identity,
        )
        return cache(make)

    @property
    def dead_letters(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.dead_letter_container))

    @property
    def journal_inventory(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.journal_container))

    def _inventory(self, container: str) -> BlobInventory:
        return BlobInventory(self._blob_service, self._container(container))

    @property
    def archive(self) -> ports.Archive:
        archive = self.settings.archive
        retention = BlobRetention(
            self.now,
            tier=archive.tier,
            immutable_days=archive.immutable_days,
            locked=archive.immutable_locked,
            legal_hold=archive.legal_hold,
        )
        return guarded(self._container(archive.container, retention))

    @property
    def quarantine(self) -> ports.Archive:
        return guarded(self._container(self.settings.archive.quarantine_container))

    def checks(self, catalog: ports.Catalog, open_work: ports.OpenWork, calls: ports.Calls) -> Mapping[str, Check]:
        """The checks of all services, over adapters of their own where the use cases have others or none."""
        archive, blob = self.settings.archive, self._blob_service
        # In the archive's tier, but without its retention: a probe is removed.
        retention = BlobRetention(self.now, tier=archive.tier)
        return Checks(
            probe=guarded(self._container(archive.probe_container, retention)),
            probed=guarded(BlobProbe(blob.url, clients.blob_requests(blob), archive.probe_container)),
            tier=archive.tier,
            containers={
                **{
                    name: guarded(self._container(name))
                    for name in (archive.container, archive.quarantine_container, archive.journal_container)
                },
                **({"of the overflow": self.overflow} if self.settings.overflow.is_set else {}),
            },
            queues={name: guarded(StorageQueueProbe(self._queue(name))) for name in QUEUES},
            catalog=catalog,
            open_work=open_work,
            calls=calls,
            new_id=uuid.uuid4,
        ).all()

    @property
    def quarantined(self) -> ports.ReadableSource:
        requests = clients.blob_requests(self._blob_service, retries=0)  # the copy engine repeats them
        return guarded(BlobSource(self._blob_service.url, requests, self.settings.archive.quarantine_container))

    @property
    def overflow(self) -> ports.Archive:
        service = self._overflow_service
        return guarded(BlobArchive(service, clients.blob_requests(service), self.settings.overflow.container))

    @property
    def overflowed(self) -> ports.ReadableSource:
        service = self._overflow_service
        requests = clients.blob_requests(service, retries=0)
        return guarded(BlobSource(service.url, requests, self.settings.overflow.container))

    @cached_property
    def _overflow_service(self) -> clients.BlobService:
        overflow = self.settings.overflow
        identity = None if overflow.connection_string else self._identity(self.settings.storage.client_id)
        return clients.blob_service(overflow.connection_string, overflow.blob_uri, identity)

    @property
    def journal(self) -> ports.Journal:
        return guarded(self._container(self.settings.archive.journal_container))

    @cached_property
    def _container(self) -> Callable[..., BlobArchive]:
        """Makes an archive of a container; all of them share the clients."""
        return partial(BlobArchive, self._blob_service, clients.blob_requests(self._blob_service))

    @cached_property
    def _blob_service(self) -> clients.BlobService:
        storage = self.settings.storage
        return clients.blob_service(storage.connection_string, storage.blob_uri, self._storage_identity)

    def _credential(self, key: str) -> clients.Credential:
        return clients.access_key(key) if key else self._identity(self.settings.identity.client_id)

    @property
    def _storage_identity(self) -> clients.Identity | None:
        storage = self.settings.storage
        return None if storage.connection_string else self._identity(storage.client_id)

    @cached_property
    def _identity(self) -> Callable[[str], clients.Identity]:
        """The identity of a client id, one for all clients: a token is asked for once."""
        return cache(clients.identity)
