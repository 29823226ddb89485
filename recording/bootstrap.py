"""Puts the app together: settings in, use cases over real adapters out. A part can be given in place of a real one."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from typing import Any, TypedDict, Unpack

from recording import ports
from recording.adapters import clients
from recording.adapters.archive import BlobArchive, BlobRetention
from recording.adapters.calls import AcsCalls
from recording.adapters.catalog import TableCatalog
from recording.adapters.guarding import guarded
from recording.adapters.open_work import TableDirectory, TableOpenWork, TableThrottle
from recording.adapters.queue import StorageQueue, StorageTickQueue
from recording.adapters.source import AcsSource
from recording.adapters.table import Table
from recording.adapters.topic import EventGridTopic, NoTopic
from recording.calls.controlling import Controlling
from recording.calls.ending import Ending
from recording.calls.starting import Starting
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.chunks.archiving import Archiving
from recording.chunks.completing import Completing
from recording.chunks.copying_chunk import CopyingChunk
from recording.chunks.metadata_file import MetadataFile
from recording.chunks.releasing import Releasing
from recording.chunks.setting_apart import SettingApart
from recording.chunks.storing import Storing
from recording.chunks.throttling import Throttling
from recording.copying.buffer_pool import BufferPool
from recording.copying.engine import Engine
from recording.core.deadlines import Waits
from recording.core.watching import Limits
from recording.events.receiving import Receiving
from recording.events.refusing import Refusing
from recording.settings import CHUNK_QUEUE, SWEEP_QUEUE, URGENT_QUEUE, Settings
from recording.watch.auditing import Auditing
from recording.watch.heartbeat import Heartbeat
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
    sweeping: Sweeping
    ticking: Ticking
    heartbeat: Heartbeat
    now: Callable[[], datetime]


class Parts(TypedDict, total=False):
    """What can be given to `compose` in place of the real part."""

    calls: ports.Calls
    source: ports.Source
    archive: ports.Archive
    quarantine: ports.Archive
    journal: ports.Journal
    catalog: ports.Catalog
    open_work: ports.OpenWork
    sweep_states: ports.SweepStates
    directory: ports.Directory
    queue: ports.ChunkQueue
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
    quarantine = parts.get("quarantine") or real.quarantine
    queue = parts.get("queue") or real.queue
    archiving = Archiving(
        updates=updates,
        copying=CopyingChunk(
            engine=engine,
            archive=archive,
            setting_apart=SettingApart(engine, quarantine, metadata_file, storing, waits),
            metadata_file=metadata_file,
            storing=storing,
            catalog=catalog,
            waits=waits,
            retention=retention,
            now=now,
        ),
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
    sweep_states = parts.get("sweep_states") or real.sweep_states
    watch = settings.watch
    ticking = Ticking(sweep_states, parts.get("tick_queue") or real.tick_queue, watch.interval, now)
    sweeping = Sweeping(
        updates=updates,
        open_work=open_work,
        states=sweep_states,
        auditing=Auditing(updates, open_work, sweep_states, directory, now),
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
        receiving=Receiving(
            starting,
            Ending(updates, calls),
            Announcing(updates, settings.archive.template, retention),
            refusing,
            ticking,
            monotonic,
        ),
        starting=starting,
        controlling=Controlling(updates, calls),
        refusing=refusing,
        archiving=archiving,
        sweeping=sweeping,
        ticking=ticking,
        heartbeat=Heartbeat(sweep_states, watch.interval, now(), now),
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
    def tick_queue(self) -> ports.TickQueue:
        return guarded(StorageTickQueue(self._queue(SWEEP_QUEUE)))

    @cached_property
    def _queue(self) -> Callable[[str], Any]:
        """Makes a client of a queue."""
        storage = self.settings.storage
        return partial(
            clients.queue,
            connection_string=storage.connection_string,
            uri=storage.queue_uri,
            credential=self._storage_identity,
        )

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

    @property
    def journal(self) -> ports.Journal:
        return guarded(self._container(self.settings.archive.journal_container))

    @cached_property
    def _container(self) -> Callable[..., BlobArchive]:
        """Makes an archive of a container; all of them share the clients."""
        storage = self.settings.storage
        blob = clients.blob_service(storage.connection_string, storage.blob_uri, self._storage_identity)
        return partial(BlobArchive, blob, clients.blob_requests(blob))

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
