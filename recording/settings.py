"""The app's settings: each declared once, read once, every missing or wrong one named at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, cast
from urllib.parse import urlsplit

from recording.connections import connection_problems, is_base64, url_problems
from recording.core.errors import InvalidRequest, SettingsInvalid
from recording.core.model import Authority, Output
from recording.core.naming import DEFAULT_TEMPLATE, Template, parse_template
from recording.core.outputs import parse_output_name

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Storage:
    """How to reach the archive's storage account: by connection string, or by service URIs and an identity."""

    connection_string: str = field(default="", repr=False)
    blob_uri: str = ""
    table_uri: str = ""
    queue_uri: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the app runs on. `KEYS` says what each setting means. No secret is in its `repr`."""

    acs_endpoint: str
    acs_access_key: str = field(repr=False)
    storage: Storage
    archive_container: str
    quarantine_container: str
    journal_container: str
    catalog_table: str
    archive_tier: str
    immutable_days: int
    immutable_locked: bool
    legal_hold: bool
    template: Template
    recording_output: Output
    retention_hours: int
    release_at_source: Authority
    topic_endpoint: str
    topic_key: str = field(repr=False)
    identity_client_id: str
    copy_block_bytes: int
    copy_memory_bytes: int
    copy_connections: int
    copy_slice_seconds: int
    first_wait_seconds: int
    longest_wait_seconds: int

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsInvalid: naming every key that is missing or wrong, and what it should be.
        """
        reader = _Reader(environment)
        settings = cls(
            acs_endpoint=reader.read("ACS_ENDPOINT", _service),
            acs_access_key=reader.read("ACS_ACCESS_KEY", _base64),
            storage=reader.storage("ARCHIVE_STORAGE"),
            archive_container=reader.read("ARCHIVE_CONTAINER", _container),
            quarantine_container=reader.read("QUARANTINE_CONTAINER", _container),
            journal_container=reader.read("JOURNAL_CONTAINER", _container),
            catalog_table=reader.read("CATALOG_TABLE", _table),
            archive_tier=reader.read("ARCHIVE_TIER", _tier),
            immutable_days=reader.read("ARCHIVE_IMMUTABLE_DAYS", _whole(0, 36500)),
            immutable_locked=reader.read("ARCHIVE_IMMUTABLE_LOCKED", _boolean),
            legal_hold=reader.read("ARCHIVE_LEGAL_HOLD", _boolean),
            template=reader.read("ARCHIVE_PATH_TEMPLATE", parse_template),
            recording_output=reader.read("RECORDING_OUTPUT", parse_output_name),
            retention_hours=reader.read("SOURCE_RETENTION_HOURS", _whole(1, 24 * 365)),
            release_at_source=reader.read("RELEASE_AT_SOURCE", _authority),
            topic_endpoint=reader.read("ARCHIVED_TOPIC_ENDPOINT", _endpoint_or_none),
            topic_key=reader.read("ARCHIVED_TOPIC_KEY", _base64),
            identity_client_id=reader.read("AZURE_CLIENT_ID", str),
            copy_block_bytes=reader.read("COPY_BLOCK_MIB", _mebibytes(1, 256)),
            copy_memory_bytes=reader.read("COPY_MEMORY_MIB", _mebibytes(1, 16384)),
            copy_connections=reader.read("COPY_CONNECTIONS", _whole(1, 64)),
            copy_slice_seconds=reader.read("COPY_SLICE_SECONDS", _whole(1, 3600)),
            first_wait_seconds=reader.read("RETRY_FIRST_SECONDS", _whole(1, 1800)),
            longest_wait_seconds=reader.read("RETRY_LONGEST_SECONDS", _whole(1, 7200)),
        )
        names = {settings.archive_container, settings.quarantine_container, settings.journal_container}
        wrong = {problem.partition(":")[0] for problem in reader.problems}
        if wrong.isdisjoint(_CONTAINERS) and len(names) < len(_CONTAINERS):
            reader.problems.append(f"{', '.join(_CONTAINERS)}: must be three different containers")
        if wrong.isdisjoint(_BUFFERS) and settings.copy_memory_bytes < settings.copy_block_bytes:
            reader.problems.append("COPY_MEMORY_MIB: must hold at least one block of COPY_BLOCK_MIB")
        if wrong.isdisjoint(_WAITS) and settings.longest_wait_seconds < settings.first_wait_seconds:
            reader.problems.append("RETRY_LONGEST_SECONDS: must not be less than RETRY_FIRST_SECONDS")
        if reader.problems:
            raise SettingsInvalid(tuple(reader.problems))
        return settings


@dataclass(frozen=True, slots=True)
class Key:
    """One app setting: its name, its default (None: it must be set) and what it means."""

    name: str
    default: str | None
    meaning: str


KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("ACS_ENDPOINT", None, "the Communication resource, https://NAME.communication.azure.com"),
        Key("ACS_ACCESS_KEY", "", "its access key; without one the app's managed identity is used"),
        Key("ARCHIVE_STORAGE", None, "connection string of the archive's storage account, or the __ forms below"),
        Key("ARCHIVE_STORAGE__blobServiceUri", "", "https://ACCOUNT.blob.core.windows.net, with managed identity"),
        Key("ARCHIVE_STORAGE__queueServiceUri", "", "https://ACCOUNT.queue.core.windows.net"),
        Key("ARCHIVE_STORAGE__tableServiceUri", "", "https://ACCOUNT.table.core.windows.net"),
        Key("ARCHIVE_STORAGE__credential", "", "managedidentity, read by the Functions host for the queue"),
        Key("ARCHIVE_STORAGE__clientId", "", "client id of the user-assigned identity"),
        Key("ARCHIVE_CONTAINER", "recordings", "where recordings are archived"),
        Key("QUARANTINE_CONTAINER", "recordings-quarantine", "where doubtful ones are kept apart"),
        Key("JOURNAL_CONTAINER", "recordings-journal", "where events are kept, as the app got them"),
        Key("CATALOG_TABLE", "recordings", "the table of the catalog"),
        Key("ARCHIVE_TIER", "", "Hot, Cool or Cold from the commit on; none, the account's default"),
        Key("ARCHIVE_IMMUTABLE_DAYS", "0", "days for which an archived blob can be neither changed nor deleted"),
        Key("ARCHIVE_IMMUTABLE_LOCKED", "false", "whether not even an administrator can shorten them"),
        Key("ARCHIVE_LEGAL_HOLD", "false", "whether archived blobs are held until the hold is lifted"),
        Key("ARCHIVE_PATH_TEMPLATE", DEFAULT_TEMPLATE, "names of archived chunks"),
        Key("RECORDING_OUTPUT", "audio-mixed-wav", "what call events start: CONTENT-CHANNEL-FORMAT"),
        Key("SOURCE_RETENTION_HOURS", "24", "hours after which the source expires"),
        Key("RELEASE_AT_SOURCE", Authority.PROVEN, "what a delete at the source needs beside a proof of the copy"),
        Key("ARCHIVED_TOPIC_ENDPOINT", "", "custom Event Grid topic for RecordingArchived and alerts; none, no events"),
        Key("ARCHIVED_TOPIC_KEY", "", "its key; without one the managed identity is used"),
        Key("AZURE_CLIENT_ID", "", "client id of the user-assigned identity for Communication and Event Grid"),
        Key("COPY_BLOCK_MIB", "6", "size of a block, and of a range read from the source"),
        Key("COPY_MEMORY_MIB", "48", "buffers of all copies of a worker process together"),
        Key("COPY_CONNECTIONS", "8", "the most connections that one copy opens"),
        Key("COPY_SLICE_SECONDS", "1200", "how long one run copies before it hands on to the next"),
        Key("RETRY_FIRST_SECONDS", "30", "how long a failed try waits at first; each further wait is twice as long"),
        Key("RETRY_LONGEST_SECONDS", "1800", "how long it waits at most"),
    )
}
"""Every setting of the app; the deployment sets no other, and a test holds the two equal."""

_WAITS = ("RETRY_FIRST_SECONDS", "RETRY_LONGEST_SECONDS")
_BUFFERS = ("COPY_BLOCK_MIB", "COPY_MEMORY_MIB")
_CONTAINERS = ("ARCHIVE_CONTAINER", "QUARANTINE_CONTAINER", "JOURNAL_CONTAINER")


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def _text(self, name: str) -> str:
        text = self._environment.get(name, "").strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            self.problems.append(f"{name}: in quotes, which a shell takes off and Azure does not")
            return text[1:-1].strip()
        return text

    def read[T](self, name: str, parse: Callable[[str], T]) -> T:
        """The setting as `parse` reads it; a problem is noted, and the result then never used."""
        key = KEYS[name]
        text = self._text(name) or key.default
        if text is None:
            self.problems.append(f"{name}: missing ({key.meaning})")
            return cast("T", None)
        try:
            return parse(text)
        except InvalidRequest as error:
            self.problems.append(f"{name}: {error.cause.removeprefix(f'{name}: ')}")
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
        return cast("T", None)

    def storage(self, name: str) -> Storage:
        storage = Storage(
            connection_string=self._text(name),
            blob_uri=self._text(f"{name}__blobServiceUri"),
            table_uri=self._text(f"{name}__tableServiceUri"),
            queue_uri=self._text(f"{name}__queueServiceUri"),
            client_id=self._text(f"{name}__clientId"),
        )
        if storage.connection_string:
            if wrong := "; ".join(connection_problems(storage.connection_string)):
                self.problems.append(f"{name}: {wrong}")
            return storage
        uris = {"blob": storage.blob_uri, "table": storage.table_uri, "queue": storage.queue_uri}
        if not any(uris.values()):
            self.problems.append(f"{name}: missing ({KEYS[name].meaning})")
            return storage
        for service, uri in uris.items():
            if wrong := "; ".join(url_problems(uri)) if uri else "missing":
                self.problems.append(f"{name}__{service}ServiceUri: {wrong}")
        return storage


def _endpoint(text: str) -> str:
    if wrong := "; ".join(url_problems(text)):
        raise ValueError(wrong)
    return text.rstrip("/")  # a trailing slash would be signed into the host, and every call refused


def _service(text: str) -> str:
    endpoint = _endpoint(text)
    if urlsplit(endpoint).path:
        raise ValueError("a path behind the host")
    return endpoint


def _endpoint_or_none(text: str) -> str:
    return _endpoint(text) if text else ""


def _base64(text: str) -> str:
    if not is_base64(text):
        raise ValueError("not base64: it may be cut off")
    return text


def _authority(text: str) -> Authority:
    if text.lower() == "true":
        raise ValueError("true does not say what is needed; use proven (the default), or event")
    try:
        return Authority(text.lower())
    except ValueError as error:
        raise ValueError("none of proven, event, false") from error


def _container(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]", text):
        raise ValueError("not a container name: 3 to 63 of a-z, 0-9 and single dashes")
    return text


def _table(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", text):
        raise ValueError("not a table name: 3 to 63 letters and digits, a letter first")
    return text


def _tier(text: str) -> str:
    if text not in {"", "Hot", "Cool", "Cold"}:
        raise ValueError("none of Hot, Cool, Cold")  # Archive would have to be rehydrated before it could be proven
    return text


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return text.lower() == "true"


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            message = f"not a whole number from {least} to {most}"
            raise ValueError(message)
        return int(text)

    return parse


def _mebibytes(least: int, most: int) -> Callable[[str], int]:
    parse = _whole(least, most)
    return lambda text: parse(text) * MEBIBYTE
