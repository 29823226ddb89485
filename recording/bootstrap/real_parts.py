"""The adapters that the settings ask for: each is made when it is needed, and guarded."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial

from recording import ports
from recording.adapters import clients
from recording.adapters.archive import BlobArchive, BlobRetention
from recording.adapters.archive_only import NoCalls, NoPrompts, NoSource
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
from recording.adapters.table import Table
from recording.adapters.tokens import KeyCache, TokenCallers, Trust, ask_for_keys
from recording.adapters.tombstones import BlobTombstones
from recording.adapters.topic import EventGridTopic, NoTopic
from recording.adapters.trail import BlobTrail
from recording.core.callers import Issuer
from recording.settings import (
    CHUNK_QUEUE,
    EVENT_QUEUE,
    FILING_QUEUE,
    JOB_QUEUE,
    QUEUES,
    SWEEP_QUEUE,
    URGENT_QUEUE,
    Settings,
)
from recording.watch.checks import Check, Checks

_CALL_AUTOMATION = "https://acscallautomation.communication.azure.com"
"""The issuer of the tokens of callbacks, and the host of its keys. Where they are is fixed: see ADR 17."""
_ENTRA = "https://login.microsoftonline.com"


@dataclass
class RealParts:
    """The adapters that the settings ask for, each made when it is needed, and each guarded.

    One that is set before it is needed, in a test, is not made.
    """

    settings: Settings
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    @cached_property
    def source(self) -> ports.Source:
        acs = self.settings.communication
        if not acs.endpoint:
            return guarded(NoSource())
        return guarded(AcsSource(clients.source_requests(acs.endpoint, self._credential(acs.access_key))))

    @cached_property
    def calls(self) -> ports.Calls:
        acs = self.settings.communication
        if not acs.endpoint:
            return guarded(NoCalls())
        client = clients.call_automation(acs.endpoint, self._credential(acs.access_key))
        return guarded(AcsCalls(client, self.settings.callback_url))

    @cached_property
    def prompts(self) -> ports.Prompts:
        acs = self.settings.communication
        if not acs.endpoint:
            return guarded(NoPrompts())
        return guarded(AcsPrompts(clients.call_automation(acs.endpoint, self._credential(acs.access_key)), self.now))

    @cached_property
    def consents(self) -> ports.Consents:
        archive = self.settings.archive
        return guarded(TableConsents(self._table(archive.catalog_table), self._table(archive.open_table)))

    @cached_property
    def topic(self) -> ports.Topic:
        topic = self.settings.topic
        if not topic.endpoint:
            return guarded(NoTopic())
        return guarded(EventGridTopic(clients.event_grid(topic.endpoint, self._credential(topic.key))))

    @cached_property
    def catalog(self) -> ports.Catalog:
        return guarded(TableCatalog(self._table(self.settings.archive.catalog_table)))

    @cached_property
    def directory(self) -> ports.Directory:
        return guarded(TableDirectory(self._table(self.settings.archive.catalog_table)))

    @cached_property
    def open_work(self) -> ports.OpenWork:
        return guarded(TableOpenWork(self._table(self.settings.archive.open_table)))

    @cached_property
    def throttle(self) -> ports.Throttle:
        return guarded(TableThrottle(self._table(self.settings.archive.open_table)))

    @cached_property
    def sweep_states(self) -> ports.SweepStates:
        return guarded(TableOpenWork(self._table(self.settings.archive.open_table)))

    @cached_property
    def queue(self) -> ports.ChunkQueue:
        return guarded(StorageQueue(self._queue(CHUNK_QUEUE), self._queue(URGENT_QUEUE)))

    @cached_property
    def event_queue(self) -> ports.EventQueue:
        return guarded(StorageEventQueue(self._queue(EVENT_QUEUE)))

    @cached_property
    def tick_queue(self) -> ports.TickQueue:
        return guarded(StorageTickQueue(self._queue(SWEEP_QUEUE)))

    @cached_property
    def record_queue(self) -> ports.RecordQueue:
        return guarded(StorageRecordQueue(self._queue(FILING_QUEUE)))

    @cached_property
    def job_queue(self) -> ports.JobQueue:
        return guarded(StorageJobQueue(self._queue(JOB_QUEUE)))

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

    @cached_property
    def ledger(self) -> ports.Ledger:
        return guarded(TableLedger(self._table(self.settings.archive.open_table)))

    @cached_property
    def index(self) -> ports.Index:
        return guarded(TableIndex(self._table(self.settings.records.table)))

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

    @cached_property
    def dead_letters(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.dead_letter_container))

    @cached_property
    def journal_inventory(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.journal_container))

    @cached_property
    def shelf(self) -> ports.Shelf:
        archive = self.settings.archive
        return guarded(BlobShelf(self._blob_service, archive.container, locked=archive.immutable_locked))

    @cached_property
    def export_inventory(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.records.export_container))

    @cached_property
    def inventories(self) -> Mapping[str, ports.Inventory]:
        """What lists the containers that copies stand in, named as in `removals`."""
        archive = self.settings.archive
        of = {
            "archive": self._inventory(archive.container),
            "quarantine": self._inventory(archive.quarantine_container),
        }
        if self.settings.overflow.is_set:
            service, container = self._overflow_service, self.settings.overflow.container
            of["overflow"] = BlobInventory(service, BlobArchive(service, clients.blob_requests(service), container))
        return {name: guarded(one) for name, one in of.items()}

    @cached_property
    def archive_inventory(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.container))

    @cached_property
    def trail_inventory(self) -> ports.Inventory:
        return guarded(self._inventory(self.settings.archive.trail_container))

    @cached_property
    def removals(self) -> Mapping[str, ports.Removal]:
        """What removes and holds blobs, by the container: archive, quarantine, journal, dead letters, exports."""
        archive, service = self.settings.archive, self._blob_service
        of = {
            "archive": BlobRemoval(service, archive.container),
            "quarantine": BlobRemoval(service, archive.quarantine_container),
            "journal": BlobRemoval(service, archive.journal_container),
            "deadletters": BlobRemoval(service, archive.dead_letter_container),
            "exports": BlobRemoval(service, self.settings.records.export_container),
        }
        if self.settings.overflow.is_set:
            of["overflow"] = BlobRemoval(self._overflow_service, self.settings.overflow.container)
        return {name: guarded(one) for name, one in of.items()}

    @cached_property
    def exports(self) -> ports.Archive:
        return guarded(self._container(self.settings.records.export_container))

    @cached_property
    def links(self) -> ports.Links:
        return guarded(BlobLinks(self._blob_service, self.settings.records.export_container, self.now))

    @cached_property
    def trail(self) -> ports.Trail:
        service, container = self._blob_service, self.settings.archive.trail_container
        archive = BlobArchive(service, clients.blob_requests(service, retries=0), container)  # the sweep repeats them
        return guarded(BlobTrail(archive, BlobInventory(service, archive)))

    @cached_property
    def tombstones(self) -> ports.Tombstones:
        return guarded(BlobTombstones(self._container(self.settings.archive.trail_container)))

    def _inventory(self, container: str) -> BlobInventory:
        return BlobInventory(self._blob_service, self._container(container))

    @cached_property
    def callers(self) -> ports.Callers:
        return guarded(TokenCallers(dict(self._trusted())))

    def _trusted(self) -> Iterator[tuple[Issuer, Trust]]:
        """Whose tokens the settings accept. The keys of a tenant are asked for once, for both uses of its tokens."""
        callers = self.settings.callers
        if callers.acs_resource_ids:
            keys = self._keys(f"{_CALL_AUTOMATION}/calling/keys")
            yield Issuer.CALL_AUTOMATION, Trust((_CALL_AUTOMATION,), callers.acs_resource_ids, keys)
        if callers.tenant_id:
            tenant = callers.tenant_id
            issuers = (f"{_ENTRA}/{tenant}/v2.0", f"https://sts.windows.net/{tenant}/")
            keys = self._keys(f"{_ENTRA}/{tenant}/discovery/v2.0/keys")
            if callers.api_audiences:
                yield Issuer.API, Trust(issuers, callers.api_audiences, keys)
            if callers.event_grid_audiences:
                yield Issuer.EVENT_GRID, Trust(issuers, callers.event_grid_audiences, keys)

    def _keys(self, url: str) -> KeyCache:
        return KeyCache(partial(ask_for_keys, clients.key_requests(), url), self.monotonic)

    @cached_property
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

    @cached_property
    def plain_archive(self) -> ports.Archive:
        """The archive, for blobs that are not kept by its retention."""
        return guarded(self._container(self.settings.archive.container))

    @cached_property
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
                    for name in (
                        archive.container,
                        archive.quarantine_container,
                        archive.journal_container,
                        archive.dead_letter_container,
                        archive.trail_container,
                        self.settings.records.export_container,
                    )
                },
                **({"of the overflow": self.overflow} if self.settings.overflow.is_set else {}),
                **{url.partition("://")[2]: container for url, container in self.natives.items()},
            },
            queues={name: guarded(StorageQueueProbe(self._queue(name))) for name in QUEUES},
            catalog=catalog,
            open_work=open_work,
            index=self.index,
            calls=calls if self.settings.communication.endpoint else None,
            new_id=uuid.uuid4,
        ).all()

    @cached_property
    def quarantined(self) -> ports.ReadableSource:
        requests = clients.blob_requests(self._blob_service, retries=0)  # the copy engine repeats them
        return guarded(BlobSource(self._blob_service.url, requests, self.settings.archive.quarantine_container))

    @cached_property
    def overflow(self) -> ports.Archive:
        service = self._overflow_service
        return guarded(BlobArchive(service, clients.blob_requests(service), self.settings.overflow.container))

    @cached_property
    def overflowed(self) -> ports.ReadableSource:
        service = self._overflow_service
        requests = clients.blob_requests(service, retries=0)
        return guarded(BlobSource(service.url, requests, self.settings.overflow.container))

    @cached_property
    def overflow_copies(self) -> ports.OverflowCopies:
        service = self._overflow_service
        return guarded(
            BlobOverflowCopies(service.url, clients.blob_requests(service), self.settings.overflow.container)
        )

    @cached_property
    def natives(self) -> Mapping[str, ports.NativeContainer]:
        """The native containers by URL; each is read with the app's identity, one of the archive's account as that."""
        return {url: guarded(self._native(url)) for url in self.settings.native.containers}

    def _native(self, url: str) -> BlobSource:
        account, _, container = url.rpartition("/")
        own = self._blob_service
        is_own = account == own.url.rstrip("/")
        service = own if is_own else clients.blob_service("", account, self._identity(self.settings.storage.client_id))
        return BlobSource(service.url, clients.blob_requests(service, retries=0), container)

    @cached_property
    def _overflow_service(self) -> clients.BlobService:
        overflow = self.settings.overflow
        identity = None if overflow.connection_string else self._identity(self.settings.storage.client_id)
        return clients.blob_service(overflow.connection_string, overflow.blob_uri, identity)

    @cached_property
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

    @cached_property
    def _storage_identity(self) -> clients.Identity | None:
        storage = self.settings.storage
        return None if storage.connection_string else self._identity(storage.client_id)

    @cached_property
    def _identity(self) -> Callable[[str], clients.Identity]:
        """The identity of a client id, one for all clients: a token is asked for once."""
        return cache(clients.identity)
