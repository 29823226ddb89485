"""Puts the app together: settings in, use cases over real adapters out. A part can be given in place of a real one."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TypedDict, Unpack

from recording import ports
from recording.adapters.monitor import hide_requests
from recording.admitting import Admitting
from recording.bootstrap.archiving import archiving_of, engine_of, natives_of
from recording.bootstrap.real_parts import RealParts
from recording.bootstrap.records import Records, records_of
from recording.calls.answering import Answering
from recording.calls.asking import Asking
from recording.calls.beginning import Beginning
from recording.calls.consenting import Consenting
from recording.calls.controlling import Controlling
from recording.calls.ending import Ending
from recording.calls.ordering import Ordering
from recording.calls.policy_replay import PolicyReplay
from recording.calls.reacting import Reacting
from recording.calls.starting import Starting
from recording.calls.withdrawing import Withdrawing
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.chunks.archiving import Archiving
from recording.copying.engine import Engine
from recording.core.deadlines import Waits
from recording.core.watching import Limits
from recording.events.receiving import Receiving
from recording.refusing import Refusing
from recording.settings import Settings
from recording.watch.auditing import Auditing
from recording.watch.checks import Check
from recording.watch.dead_letters import DeadLetters
from recording.watch.deciding import Deciding
from recording.watch.draining import Draining
from recording.watch.heartbeat import Heartbeat
from recording.watch.journal_check import JournalCheck
from recording.watch.listing import Listing
from recording.watch.looking import Looking
from recording.watch.missed_timers import MissedTimers
from recording.watch.open_consents import OpenConsents
from recording.watch.probing import Probing
from recording.watch.putting_back import PuttingBack
from recording.watch.replaying import Replaying
from recording.watch.sweeping import Sweeping
from recording.watch.ticking import Ticking
from recording.watch.waiting_events import WaitingEvents
from recording.writing_trail import WritingTrail


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """The use cases, ready; and the clock that the entry points show times by."""

    settings: Settings
    admitting: Admitting
    receiving: Receiving
    beginning: Beginning
    policy_replay: PolicyReplay
    controlling: Controlling
    consenting: Consenting
    withdrawing: Withdrawing
    refusing: Refusing
    archiving: Archiving
    replaying: Replaying
    draining: Draining
    probing: Probing
    sweeping: Sweeping
    ticking: Ticking
    listing: Listing
    looking: Looking
    deciding: Deciding
    heartbeat: Heartbeat
    records: Records
    now: Callable[[], datetime]


class Parts(TypedDict, total=False):
    """What can be given to `compose` in place of the real part."""

    callers: ports.Callers
    calls: ports.Calls
    prompts: ports.Prompts
    consents: ports.Consents
    source: ports.Source
    quarantined: ports.ReadableSource
    overflow: ports.Archive
    overflowed: ports.ReadableSource
    overflow_copies: ports.OverflowCopies
    natives: Mapping[str, ports.NativeContainer]
    archive: ports.Archive
    plain_archive: ports.Archive
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
    export_inventory: ports.Inventory
    shelf: ports.Shelf
    inventories: Mapping[str, ports.Inventory]
    archive_inventory: ports.Inventory
    trail_inventory: ports.Inventory
    checks: Mapping[str, Check]
    tick_queue: ports.TickQueue
    throttle: ports.Throttle
    tombstones: ports.Tombstones
    topic: ports.Topic
    trail: ports.Trail
    index: ports.Index
    record_queue: ports.RecordQueue
    job_queue: ports.JobQueue
    removals: Mapping[str, ports.Removal]
    exports: ports.Archive
    links: ports.Links
    engine: Engine
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], uuid.UUID]


def compose(settings: Settings, **parts: Unpack[Parts]) -> App:
    """Build the app. No request is sent before the first call, and no adapter is made whose part is given."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # at INFO it writes every URL it asks
    hide_requests()
    now, monotonic = parts.get("now", _utc_now), parts.get("monotonic", time.monotonic)
    real = RealParts(settings, now, monotonic)
    for name, part in parts.items():
        if part is not None and isinstance(getattr(RealParts, name, None), cached_property):
            setattr(real, name, part)  # the real one is not made then
    calls, catalog, open_work, directory = real.calls, real.catalog, real.open_work, real.directory
    queue, event_queue, topic, trail, ledger = real.queue, real.event_queue, real.topic, real.trail, real.ledger
    updates = CatalogUpdates(catalog, open_work, directory, topic, now, parts.get("sleep", time.sleep))
    writing_trail = WritingTrail(updates, trail, now)
    waits = Waits(first=settings.retry.first, longest=settings.retry.longest)
    retention = settings.recordings.retention
    asking = Asking(calls)
    new_id, policy = parts.get("new_id", uuid.uuid4), settings.recordings.policy
    starting = Starting(updates, calls, Ordering(policy, new_id, now), new_id)
    controlling = Controlling(updates, calls, asking, real.consents)
    consenting = Consenting(
        starting=starting,
        controlling=controlling,
        consents=real.consents,
        prompts=real.prompts,
        topic=topic,
        secret=settings.participant_key,
        new_id=new_id,
        now=now,
    )
    beginning = Beginning(starting, Answering(updates, calls), consenting, settings.check_calls)
    refusing = Refusing(real.journal, topic, now)
    engine = parts.get("engine") or engine_of(real)
    natives = natives_of(real, engine)
    announcing = Announcing(updates, settings.archive.template, retention, natives, real.tombstones)
    putting_back = PuttingBack(updates, announcing, refusing, event_queue, queue)
    journal, sweep_states = real.journal_inventory, real.sweep_states
    replaying = Replaying(
        DeadLetters(real.dead_letters, ledger, putting_back, refusing, retention, now, monotonic),
        JournalCheck(journal, ledger, putting_back, beginning, topic, now, monotonic),
        monotonic,
    )
    watch = settings.watch
    reacting = Reacting(updates, calls, asking, controlling, consenting, settings.watch.pause_limit or None)
    heartbeat = Heartbeat(sweep_states, watch.interval, now(), now)
    checks = parts.get("checks")
    if checks is None:
        checks = {
            **real.checks(catalog, open_work, calls),
            "sweep": heartbeat.check,
            "starting": settings.check_starting,
            "people": settings.check_people,
            "retention": settings.check_retention,
        }
    ticking = Ticking(sweep_states, real.tick_queue, watch.interval, now)
    limits = Limits(retention=retention, file_event=watch.file_event, step=settings.copy.slice_length + watch.overdue)
    archiving = archiving_of(real, updates, writing_trail, engine, natives, waits)
    records = records_of(real, updates, writing_trail, refusing, announcing, archiving, new_id, now)
    sweeping = Sweeping(
        updates=updates,
        open_work=open_work,
        states=sweep_states,
        auditing=Auditing(updates, open_work, sweep_states, directory, now, monotonic),
        replaying=replaying,
        writing_trail=writing_trail,
        reacting=reacting,
        withdrawing=Withdrawing(updates, controlling, consenting),
        open_consents=OpenConsents(consenting.consents, consenting, now, monotonic),
        waiting_events=WaitingEvents(event_queue, now),
        missed_timers=MissedTimers(records.jobs, records.jobs.runs),
        queue=queue,
        limits=limits,
        first_look=watch.interval,
        now=now,
        monotonic=monotonic,
    )
    callers = settings.callers
    admitting = Admitting(
        callers=real.callers,
        ledger=ledger,
        api_auth=callers.api_auth,
        takes_callbacks=bool(callers.acs_resource_ids),
        takes_event_grid=bool(callers.event_grid_audiences),
        now=now,
    )
    return App(
        settings=settings,
        admitting=admitting,
        receiving=Receiving(
            beginning,
            consenting,
            Ending(updates, asking),
            reacting,
            announcing,
            refusing,
            ticking,
            monotonic,
            proves_callbacks=admitting.takes_callbacks,
            proves_event_grid=admitting.takes_event_grid,
        ),
        beginning=beginning,
        policy_replay=PolicyReplay(journal, policy),
        controlling=controlling,
        consenting=consenting,
        withdrawing=sweeping.withdrawing,
        refusing=refusing,
        archiving=archiving,
        replaying=replaying,
        draining=Draining(updates, queue, putting_back, refusing, ledger, waits),
        probing=Probing(checks, time.monotonic),  # its threads wait in real time, whatever the given clock says
        sweeping=sweeping,
        listing=Listing(records.searching, open_work, limits),
        looking=Looking(updates, trail),
        deciding=Deciding(updates, queue, now),
        ticking=ticking,
        heartbeat=heartbeat,
        records=records,
        now=now,
    )
