"""Puts the app together: settings in, use cases over real adapters out; tests put their own parts in."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recording.adapters import clients
from recording.adapters.archive import BlobArchive, BlobRetention
from recording.adapters.calls import AcsCalls
from recording.adapters.catalog import TableCatalog
from recording.adapters.guarding import guarded
from recording.adapters.queue import StorageQueue
from recording.adapters.source import AcsSource
from recording.adapters.topic import EventGridTopic, NoTopic
from recording.calls.controlling import Controlling
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
from recording.copying.buffer_pool import BufferPool
from recording.copying.engine import Engine
from recording.core.deadlines import Waits
from recording.events.receiving import Receiving
from recording.events.refusing import Refusing
from recording.settings import Settings

CHUNK_QUEUE = "recording-chunks"
"""The queue of chunk messages, which `function_app` listens to."""


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
    now: Callable[[], datetime]


def compose(
    settings: Settings,
    *,
    now: Callable[[], datetime] = _utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    new_id: Callable[[], uuid.UUID] = uuid.uuid4,
) -> App:
    """Build the app. No request is sent before the first call."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # at INFO it writes every URL it asks
    storage = settings.storage
    client = clients.call_automation(settings.acs_endpoint, settings.acs_access_key, settings.identity_client_id)
    requests = clients.source_requests(settings.acs_endpoint, settings.acs_access_key, settings.identity_client_id)
    blob = clients.blob_service(storage.connection_string, storage.blob_uri, storage.client_id)
    writes = clients.blob_writes(blob)
    table = clients.table(storage.connection_string, storage.table_uri, storage.client_id, settings.catalog_table)
    queue = clients.queue(storage.connection_string, storage.queue_uri, storage.client_id, CHUNK_QUEUE)
    topic = guarded(
        EventGridTopic(clients.event_grid(settings.topic_endpoint, settings.topic_key, settings.identity_client_id))
        if settings.topic_endpoint
        else NoTopic()
    )
    keeping = BlobRetention(
        now,
        tier=settings.archive_tier,
        immutable_days=settings.immutable_days,
        locked=settings.immutable_locked,
        legal_hold=settings.legal_hold,
    )
    archive = guarded(BlobArchive(blob, writes, settings.archive_container, keeping))
    quarantine = guarded(BlobArchive(blob, writes, settings.quarantine_container))
    journal = guarded(BlobArchive(blob, writes, settings.journal_container))
    source = guarded(AcsSource(requests))
    updates = CatalogUpdates(guarded(TableCatalog(table)), topic, now, sleep)
    engine = Engine(
        source,
        BufferPool(settings.copy_block_bytes, settings.copy_memory_bytes),
        connections=settings.copy_connections,
        monotonic=monotonic,
    )
    calls = guarded(AcsCalls(client))
    starting = Starting(updates, calls, settings.recording_output, new_id)
    refusing = Refusing(journal, topic, now)
    announcing = Announcing(updates, settings.template, settings.retention_hours)
    retention = timedelta(hours=settings.retention_hours)
    waits = Waits(
        first=timedelta(seconds=settings.first_wait_seconds), longest=timedelta(seconds=settings.longest_wait_seconds)
    )
    metadata_file, storing = MetadataFile(engine), Storing(now, monotonic)
    archiving = Archiving(
        updates=updates,
        copying=CopyingChunk(
            engine=engine,
            archive=archive,
            setting_apart=SettingApart(engine, quarantine, metadata_file, storing, waits),
            metadata_file=metadata_file,
            storing=storing,
            catalog=updates.catalog,
            waits=waits,
            retention=retention,
            now=now,
        ),
        releasing=Releasing(updates.catalog, engine, source, archive, settings.release_at_source),
        completing=Completing(topic, archive, settings.archive_container, now),
        queue=guarded(StorageQueue(queue)),
        waits=waits,
        slice_seconds=settings.copy_slice_seconds,
        monotonic=monotonic,
    )
    return App(
        settings=settings,
        receiving=Receiving(starting, announcing, refusing, monotonic),
        starting=starting,
        controlling=Controlling(updates, calls),
        refusing=refusing,
        archiving=archiving,
        now=now,
    )
