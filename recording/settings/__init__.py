"""The app's settings: read once; all missing or wrong settings are reported together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from recording.core.callers import ApiAuth
from recording.core.errors import SettingsInvalid
from recording.settings.callers import Callers
from recording.settings.connections import blob_endpoint
from recording.settings.groups import (
    Archive,
    Communication,
    Copy,
    Host,
    Identity,
    Native,
    Overflow,
    Recordings,
    Records,
    Retry,
    Site,
    Storage,
    Topic,
    Watch,
)
from recording.settings.mechanism import Reader, Setting, declared
from recording.settings.parsing import MEBIBYTE
from recording.settings.retention import Retention

__all__ = [
    "CHUNK_QUEUE",
    "EVENT_QUEUE",
    "FILING_QUEUE",
    "JOB_QUEUE",
    "MEBIBYTE",
    "OURS",
    "POISON",
    "QUEUES",
    "STORAGE",
    "SWEEP_QUEUE",
    "URGENT_QUEUE",
    "Setting",
    "Settings",
    "Storage",
    "api_auth_of",
]

STORAGE = "ARCHIVE_STORAGE"
"""The connection name in the functions' queue bindings."""
CHUNK_QUEUE = "recording-chunks"
"""The queue of chunk messages. Not a setting: the deployment and the bindings use the same name."""
URGENT_QUEUE = "recording-chunks-urgent"
"""The same for chunks with little time left."""
SWEEP_QUEUE = "recording-sweep"
"""The queue of ticks: each is a message that lets the sweep go on, and puts the next."""
EVENT_QUEUE = "recording-events"
"""The queue of events: from a subscription that delivers to a queue, and those that a long delivery left for later."""
FILING_QUEUE = "recording-filing"
"""The queue of recordings whose manifest is written, to be filed."""
JOB_QUEUE = "recording-jobs"
"""The queue of jobs: exports and erasures."""
QUEUES = (CHUNK_QUEUE, URGENT_QUEUE, EVENT_QUEUE, SWEEP_QUEUE, FILING_QUEUE, JOB_QUEUE)
POISON = "-poison"
"""The host adds this to a queue's name, and puts the messages there that it gives up."""

_AFTER_SLICE = timedelta(minutes=5)
"""Time of a run after its slice: finish the blocks in progress, commit, read back what was staged before."""
_LONGEST_IN_QUEUE = timedelta(days=7)
"""The default time to live of a message in Queue storage."""
_MEMORY_SHARE = 2
"""Buffers may use 1 / this of the instance's memory; the rest is for the host, the worker and its libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, in groups. Secrets are not in the `repr`."""

    communication: Communication
    identity: Identity
    storage: Storage
    archive: Archive
    overflow: Overflow
    native: Native
    recordings: Recordings
    records: Records
    retention: Retention
    topic: Topic
    copy: Copy
    retry: Retry
    watch: Watch
    callers: Callers
    site: Site
    host: Host
    wrong_to_start: tuple[str, ...] = ()
    wrong_for_people: tuple[str, ...] = ()
    wrong_for_retention: tuple[str, ...] = ()

    @property
    def callback_url(self) -> str | None:
        """Where the service tells of recordings; None where nothing would prove that it is the service that calls."""
        name = self.site.hostname
        return f"https://{name}/api/calls/callbacks" if name and self.callers.acs_resource_ids else None

    @classmethod
    def from_env(cls, environment: Mapping[str, str], memory_bytes: int | None = None) -> Self:
        """Read the settings.

        Args:
            environment: text by key.
            memory_bytes: the instance's memory, if known.

        Raises:
            SettingsInvalid: names every key that is missing or wrong, and what it should be.
        """
        reader = Reader(environment)
        settings = cls(
            communication=reader.read(Communication),
            identity=reader.read(Identity),
            storage=reader.read(Storage),
            archive=reader.read(Archive),
            overflow=reader.read(Overflow),
            native=reader.read(Native),
            recordings=reader.read(Recordings),
            records=reader.read(Records),
            retention=reader.read(Retention),
            topic=reader.read(Topic),
            copy=reader.read(Copy),
            retry=reader.read(Retry),
            watch=reader.read(Watch),
            callers=reader.read(Callers),
            site=reader.read(Site),
            host=reader.read(Host),
        )
        _require_storage(settings.storage, reader)
        found = [*reader.problems]
        found += [problem for keys, check in _CHECKS if reader.are_right(*keys) and (problem := check(settings))]
        if memory_bytes is not None and reader.are_right(_MEMORY):
            found += _memory_problems(settings.copy, memory_bytes)
        if found:
            raise SettingsInvalid((*found, *reader.starting, *reader.people, *reader.retention))
        return replace(
            settings,
            retention=_known(settings.retention, reader),
            wrong_to_start=(*reader.starting, *_native_rules(settings)),
            wrong_for_people=tuple(reader.people),
            wrong_for_retention=(*reader.retention, *_class_rules(settings)),
        )

    def participant_key(self) -> str:
        """The key of the hashes that name participants.

        Raises:
            SettingsInvalid: it is set, and cannot be read.
        """
        wrong = tuple(problem for problem in self.wrong_to_start if problem.startswith(f"{_PARTICIPANT_KEY}:"))
        if wrong:
            raise SettingsInvalid(wrong)
        return self.recordings.participant_key

    def people_keys(self) -> tuple[str, ...]:
        """The keys of the hashes by which people are found, the current one first; empty: there is no such index.

        Raises:
            SettingsInvalid: they are set, and cannot be read.
        """
        self.check_people()
        return self.records.people_keys

    def check_people(self) -> None:
        """Do nothing if people can be found.

        Raises:
            SettingsInvalid: what is wrong about it.
        """
        if self.wrong_for_people:
            raise SettingsInvalid(self.wrong_for_people)

    def check_retention(self) -> None:
        """Do nothing if recordings end as their classes say.

        Raises:
            SettingsInvalid: what is wrong about it. If the classes cannot be read, nothing ends.
        """
        if self.wrong_for_retention:
            raise SettingsInvalid(self.wrong_for_retention)

    def check_all(self) -> None:
        """Do nothing if all settings are right.

        Raises:
            SettingsInvalid: all that is wrong; what needs none of these settings goes on.
        """
        found = (*self.wrong_to_start, *self.wrong_for_people, *self.wrong_for_retention)
        if found:
            raise SettingsInvalid(found)

    def check_starting(self) -> None:
        """Do nothing if recordings can be started.

        Raises:
            SettingsInvalid: what is wrong about it; what was recorded before is archived all the same.
        """
        if self.wrong_to_start:
            raise SettingsInvalid(self.wrong_to_start)

    @property
    def is_archive_only(self) -> bool:
        """Whether there is no Communication resource: nothing is started, copied or released."""
        return not self.communication.endpoint

    def check_calls(self) -> None:
        """Do nothing if recordings can be started, and there is a service to start them.

        Raises:
            SettingsInvalid: what is wrong about it.
        """
        self.check_starting()
        if self.is_archive_only:
            raise SettingsInvalid((f"{_ENDPOINT}: missing: this app only keeps an archive",))


OURS: Mapping[str, Setting] = {
    setting.key: setting
    for group in (
        Communication,
        Identity,
        Storage,
        Archive,
        Overflow,
        Native,
        Recordings,
        Records,
        Retention,
        Topic,
        Copy,
        Retry,
        Watch,
        Callers,
    )
    for _, setting in declared(group)
}
"""Every setting of the app by key. A test checks that the deployment sets exactly these."""


def _require_storage(storage: Storage, reader: Reader) -> None:
    """Require a connection string, or all three URIs: the Functions host needs the queue's, the app all three."""
    uris = {"blob": storage.blob_uri, "queue": storage.queue_uri, "table": storage.table_uri}
    keys = {f"{STORAGE}__{service}ServiceUri": uri for service, uri in uris.items()}
    if storage.connection_string or not reader.are_right(STORAGE):
        return
    if not any(keys.values()) and reader.are_right(*keys):
        reader.refuse(STORAGE, f"missing ({OURS[STORAGE].meaning})")
        return
    for key, uri in keys.items():
        if not uri and reader.are_right(key):
            reader.refuse(key, "missing")


def api_auth_of(environment: Mapping[str, str]) -> ApiAuth | None:
    """What callers of the API show, without reading the other settings; None if that is set wrong."""
    found: ApiAuth | None = Reader(environment).read(Callers).api_auth
    return found


def _memory_problems(copy: Copy, memory_bytes: int) -> Iterator[str]:
    most = memory_bytes // _MEMORY_SHARE // MEBIBYTE
    if copy.memory_bytes > most * MEBIBYTE:
        yield f"{_MEMORY}: more than {most}, half of what the instance has"


def _own_containers(settings: Settings) -> frozenset[str]:
    """The containers that this app writes into; `_CONTAINERS` has their keys."""
    archive = settings.archive
    return frozenset(
        {
            archive.container,
            archive.quarantine_container,
            archive.journal_container,
            archive.dead_letter_container,
            archive.trail_container,
            archive.probe_container,
            settings.records.export_container,
        }
    )


def _containers(settings: Settings) -> str:
    names = _own_containers(settings)
    return "" if len(names) == len(_CONTAINERS) else f"{', '.join(_CONTAINERS)}: must be different containers"


def _overflow(settings: Settings) -> str:
    """An outage of the archive's account would be one of the overflow too."""
    storage, overflow = settings.storage, settings.overflow
    is_same = (
        overflow.connection_string == storage.connection_string
        if overflow.connection_string
        else overflow.blob_uri == storage.blob_uri
    )
    return f"{_OVERFLOW[0]}: must be another account than {STORAGE}" if overflow.is_set and is_same else ""


def _api_tokens(settings: Settings) -> str:
    callers = settings.callers
    is_enough = callers.api_auth is ApiAuth.KEY or (callers.api_audiences and callers.tenant_id)
    return "" if is_enough else "API_AUTH: entra and both need API_AUDIENCES and ENTRA_TENANT_ID"


def _event_grid_tokens(settings: Settings) -> str:
    callers = settings.callers
    is_enough = callers.tenant_id or not callers.event_grid_audiences
    return "" if is_enough else "EVENT_GRID_AUDIENCES: needs ENTRA_TENANT_ID"


def _native(settings: Settings) -> str:
    """Only the archive's own account may be an emulator, which is not reached by https; none may be a container of it.

    What the service writes is not to be mixed with what this app writes.
    """
    storage = settings.storage
    account = blob_endpoint(storage.connection_string) if storage.connection_string else storage.blob_uri
    ours = {f"{account}/{name}" for name in _own_containers(settings)}
    for url in settings.native.containers:
        if url in ours:
            return f"{_NATIVE}: names a container that this app writes into"
        if not url.startswith(("https://", f"{account}/")):
            return f"{_NATIVE}: an http URL, which is possible only in an emulated account of {STORAGE}"
    return ""


def _native_rules(settings: Settings) -> Iterator[str]:
    """What the service writes elsewhere would be neither found nor verified."""
    for rule in settings.recordings.policy.rules:
        container = rule.recorded.native_container if rule.recorded else ""
        if container and container not in settings.native.containers:
            yield f"{_NATIVE}: lacks the container into which the service is to write by rule {rule.id} of {_POLICY}"


def _known(retention: Retention, reader: Reader) -> Retention:
    """The retention; that its classes cannot be read is another thing than that there are none."""
    classes = retention.classes
    return replace(retention, classes=replace(classes, are_known=bool(classes.digest) or not reader.retention))


def _class_rules(settings: Settings) -> Iterator[str]:
    """Where classes are declared, a rule that names another one is a mistake: its recordings would be kept for good."""
    classes = settings.retention.classes
    if not classes.classes:
        return
    for rule in settings.recordings.policy.rules:
        name = rule.recorded.retention_class if rule.recorded else ""
        if name and classes.find(name) is None:
            yield f"{_CLASSES}: lacks the class {name}, which rule {rule.id} of {_POLICY} names"


def _access_key(settings: Settings) -> str:
    """A key without its service is a mistake, not an app that only keeps an archive."""
    acs = settings.communication
    return f"{_ENDPOINT}: missing, though {_ACCESS_KEY} is set" if acs.access_key and not acs.endpoint else ""


def _buffers(settings: Settings) -> str:
    fits = settings.copy.memory_bytes >= settings.copy.block_bytes
    return "" if fits else f"{_MEMORY}: must hold at least one block of COPY_BLOCK_MIB"


def _waits(settings: Settings) -> str:
    fits = settings.retry.longest >= settings.retry.first
    return "" if fits else "RETRY_LONGEST_SECONDS: must not be less than RETRY_FIRST_SECONDS"


def _slice(settings: Settings) -> str:
    most = settings.host.function_timeout - _AFTER_SLICE
    if settings.copy.slice_length <= most:
        return ""
    return (
        f"COPY_SLICE_SECONDS: more than {max(0, int(most.total_seconds()))}: the host would end the run before its end"
    )


def _retention(settings: Settings) -> str:
    host = settings.host
    kept = min(host.most_deliveries * min(host.visibility_timeout, _LONGEST_IN_QUEUE), _LONGEST_IN_QUEUE)
    if settings.recordings.retention <= kept:
        return ""
    cause = "the host gives up a message after maxDequeueCount × visibilityTimeout, and a queue keeps it for a week"
    return f"SOURCE_RETENTION_HOURS: more than {kept // timedelta(hours=1)}: {cause}"


_ENDPOINT, _ACCESS_KEY = (setting.key for _, setting in declared(Communication))
_MEMORY = "COPY_MEMORY_MIB"
_CONTAINERS = tuple(
    f"{name}_CONTAINER" for name in ("ARCHIVE", "QUARANTINE", "JOURNAL", "DEAD_LETTER", "TRAIL", "PROBE", "EXPORT")
)
_NATIVE = "NATIVE_CONTAINERS"
_POLICY = "RECORDING_POLICY"
_CLASSES = "RETENTION_CLASSES"
_PARTICIPANT_KEY = "PARTICIPANT_KEY"
_OVERFLOW = ("OVERFLOW_STORAGE", "OVERFLOW_STORAGE__blobServiceUri")
_TIMEOUT, _VISIBILITY, _DELIVERIES = (setting.key for _, setting in declared(Host))
_CHECKS = (
    (_CONTAINERS, _containers),
    ((STORAGE, f"{STORAGE}__blobServiceUri", *_OVERFLOW), _overflow),
    ((_ENDPOINT, _ACCESS_KEY), _access_key),
    (("API_AUTH", "API_AUDIENCES", "ENTRA_TENANT_ID"), _api_tokens),
    (("EVENT_GRID_AUDIENCES", "ENTRA_TENANT_ID"), _event_grid_tokens),
    ((STORAGE, f"{STORAGE}__blobServiceUri", *_CONTAINERS, _NATIVE), _native),
    (("COPY_BLOCK_MIB", _MEMORY), _buffers),
    (("RETRY_FIRST_SECONDS", "RETRY_LONGEST_SECONDS"), _waits),
    (("COPY_SLICE_SECONDS", _TIMEOUT), _slice),
    (("SOURCE_RETENTION_HOURS", _VISIBILITY, _DELIVERIES), _retention),
)
"""Cross-checks, each with the keys that must be valid for it to run."""
