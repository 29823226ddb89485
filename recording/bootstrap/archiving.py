"""Puts together what copies a chunk: the engine, the places that a copy can go to, and the steps around a copy."""

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.chunks.accepting import Accepting
from recording.chunks.archiving import Archiving
from recording.chunks.completing import Completing
from recording.chunks.copying_chunk import CopyingChunk
from recording.chunks.metadata_file import MetadataFile
from recording.chunks.native_containers import NativeContainers, Readable
from recording.chunks.overflowing import Overflow, Overflowing
from recording.chunks.proving_in_place import ProvingInPlace
from recording.chunks.recopying import Recopying
from recording.chunks.releasing import Releasing
from recording.chunks.removing_overflow import RemovingOverflow
from recording.chunks.running_chunks import RunningChunks
from recording.chunks.setting_apart import SettingApart
from recording.chunks.storing import Storing
from recording.chunks.throttling import Throttling
from recording.copying.buffer_pool import BufferPool
from recording.copying.engine import Engine
from recording.core.deadlines import Waits
from recording.core.model import Place
from recording.writing_trail import WritingTrail


def engine_of(real: RealParts) -> Engine:
    """The copy engine over the source."""
    copy = real.settings.copy
    pool = BufferPool(copy.block_bytes, copy.memory_bytes)
    return Engine(real.source, pool, connections=copy.connections, monotonic=real.monotonic)


def natives_of(real: RealParts, engine: Engine) -> NativeContainers:
    """The containers that the service itself may write into."""
    return NativeContainers({url: Readable(one, engine.over(one)) for url, one in real.natives.items()})


def archiving_of(
    real: RealParts,
    updates: CatalogUpdates,
    writing_trail: WritingTrail,
    engine: Engine,
    natives: NativeContainers,
    waits: Waits,
) -> Archiving:
    """The use case that drives a chunk."""
    settings, now, monotonic = real.settings, real.now, real.monotonic
    source, archive, topic, catalog = real.source, real.archive, real.topic, real.catalog
    metadata_file, storing = MetadataFile(engine, natives), Storing(now, monotonic)
    quarantined = engine.over(real.quarantined)
    quarantine = real.quarantine
    running = RunningChunks()
    copying = CopyingChunk(
        engine=engine,
        archive=archive,
        setting_apart=SettingApart(engine, quarantine, Place.QUARANTINE, metadata_file, storing, waits),
        metadata_file=metadata_file,
        storing=storing,
        catalog=catalog,
        waits=waits,
        retention=settings.recordings.retention,
        now=now,
    )
    overflow, copies = None, None
    if settings.overflow.is_set:
        putting = real.overflow
        copies = real.overflow_copies
        overflowed = engine.over(real.overflowed)
        overflow = Overflow(
            SettingApart(engine, putting, Place.OVERFLOW, metadata_file, storing, waits),
            Recopying(MetadataFile(overflowed), storing),
            settings.overflow.before_due,
        )
    return Archiving(
        updates=updates,
        copying=copying,
        overflowing=Overflowing(copying, quarantine, overflow),
        proving_in_place=ProvingInPlace(
            natives, metadata_file, archive, waits, settings.recordings.retention, now, monotonic
        ),
        accepting=Accepting(metadata_file, Recopying(MetadataFile(quarantined), storing), archive, storing),
        removing_overflow=RemovingOverflow(archive, copies),
        releasing=Releasing(catalog, engine, source, archive, settings.recordings.release, now),
        completing=Completing(topic, archive, catalog, real.record_queue, settings.archive.container, running, now),
        writing_trail=writing_trail,
        throttling=Throttling(real.throttle, waits, now),
        queue=real.queue,
        running=running,
        waits=waits,
        slice_seconds=settings.copy.slice_length.total_seconds(),
        monotonic=monotonic,
    )
