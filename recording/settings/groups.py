"""Every setting, declared once: key, default, parser, bounds and meaning."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from recording.core.model import Authority
from recording.core.naming import DEFAULT_TEMPLATE, Template, parse_template
from recording.core.policy import Policy
from recording.settings import parsing
from recording.settings.mechanism import Setting
from recording.settings.policy import parse_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """The Communication resource whose calls are recorded."""

    endpoint: Annotated[
        str,
        Setting(
            "ACS_ENDPOINT",
            "",
            parsing.host_endpoint,
            "the Communication resource, https://NAME.communication.azure.com; without it, only an archive is kept",
        ),
    ]
    access_key: Annotated[
        str,
        Setting(
            "ACS_ACCESS_KEY", "", parsing.base64_key, "its access key; without one the app's managed identity is used"
        ),
    ] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The app's identity for Communication and Event Grid."""

    client_id: Annotated[
        str,
        Setting("AZURE_CLIENT_ID", "", str, "client id of the user-assigned identity for Communication and Event Grid"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """How to reach the archive's storage account: by connection string, or by service URIs and an identity."""

    connection_string: Annotated[
        str,
        Setting(
            "ARCHIVE_STORAGE",
            "",
            parsing.connection_string,
            "connection string of the archive's storage account, or the __ forms below",
        ),
    ] = field(repr=False)
    blob_uri: Annotated[
        str,
        Setting(
            "ARCHIVE_STORAGE__blobServiceUri",
            "",
            parsing.endpoint,
            "https://ACCOUNT.blob.core.windows.net, with managed identity",
        ),
    ]
    queue_uri: Annotated[
        str,
        Setting("ARCHIVE_STORAGE__queueServiceUri", "", parsing.endpoint, "https://ACCOUNT.queue.core.windows.net"),
    ]
    table_uri: Annotated[
        str,
        Setting("ARCHIVE_STORAGE__tableServiceUri", "", parsing.endpoint, "https://ACCOUNT.table.core.windows.net"),
    ]
    credential: Annotated[
        str,
        Setting("ARCHIVE_STORAGE__credential", "", str, "managedidentity, read by the Functions host for the queue"),
    ]
    client_id: Annotated[str, Setting("ARCHIVE_STORAGE__clientId", "", str, "client id of the user-assigned identity")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where recordings, quarantined copies, events and the catalog are stored, and how archived blobs are protected."""

    container: Annotated[
        str, Setting("ARCHIVE_CONTAINER", "recordings", parsing.container, "the container of archived recordings")
    ]
    quarantine_container: Annotated[
        str,
        Setting(
            "QUARANTINE_CONTAINER", "recordings-quarantine", parsing.container, "the container of quarantined copies"
        ),
    ]
    journal_container: Annotated[
        str,
        Setting(
            "JOURNAL_CONTAINER", "recordings-journal", parsing.container, "the container of the events, as they arrived"
        ),
    ]
    dead_letter_container: Annotated[
        str,
        Setting(
            "DEAD_LETTER_CONTAINER",
            "recordings-deadletter",
            parsing.container,
            "the container into which Event Grid writes the events that it cannot deliver",
        ),
    ]
    trail_container: Annotated[
        str,
        Setting("TRAIL_CONTAINER", "recordings-trail", parsing.container, "the container of the audit trails"),
    ]
    probe_container: Annotated[
        str,
        Setting(
            "PROBE_CONTAINER",
            "recordings-probe",
            parsing.container,
            "the container in which the deep health check does what a copy does",
        ),
    ]
    catalog_table: Annotated[str, Setting("CATALOG_TABLE", "recordings", parsing.table, "the table of the catalog")]
    open_table: Annotated[
        str, Setting("OPEN_TABLE", "open", parsing.table, "the table of open work: what is owed, by time left")
    ]
    tier: Annotated[
        str,
        Setting("ARCHIVE_TIER", "", parsing.tier, "Hot, Cool or Cold, set at the commit; empty: the account's default"),
    ]
    immutable_days: Annotated[
        int,
        Setting(
            "ARCHIVE_IMMUTABLE_DAYS",
            "0",
            parsing.whole(0, 36500),
            "days for which an archived blob can be neither changed nor deleted",
        ),
    ]
    immutable_locked: Annotated[
        bool,
        Setting(
            "ARCHIVE_IMMUTABLE_LOCKED",
            "false",
            parsing.boolean,
            "whether the days are locked: no administrator can shorten them",
        ),
    ]
    legal_hold: Annotated[
        bool,
        Setting(
            "ARCHIVE_LEGAL_HOLD",
            "false",
            parsing.boolean,
            "whether archived blobs get a legal hold, until it is removed",
        ),
    ]
    template: Annotated[
        Template, Setting("ARCHIVE_PATH_TEMPLATE", DEFAULT_TEMPLATE, parse_template, "names of archived chunks")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """A second storage account, which takes chunks that are nearly due while the archive cannot be written."""

    connection_string: Annotated[
        str,
        Setting(
            "OVERFLOW_STORAGE",
            "",
            parsing.connection_string,
            "connection string of a second account for overflow, or the __ form below; empty: no overflow",
        ),
    ] = field(repr=False)
    blob_uri: Annotated[
        str,
        Setting(
            "OVERFLOW_STORAGE__blobServiceUri",
            "",
            parsing.endpoint,
            "https://ACCOUNT.blob.core.windows.net, with the identity of ARCHIVE_STORAGE__clientId",
        ),
    ]
    container: Annotated[
        str,
        Setting(
            "OVERFLOW_CONTAINER", "recordings-overflow", parsing.container, "the container of the copies in overflow"
        ),
    ]
    before_due: Annotated[
        timedelta,
        Setting(
            "OVERFLOW_HOURS",
            "4",
            parsing.hours(1, 24 * 7),
            "with fewer hours left than this, a chunk goes to overflow if the archive cannot be written",
        ),
    ]

    @property
    def is_set(self) -> bool:
        """Whether there is such an account."""
        return bool(self.connection_string or self.blob_uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """The customer's containers into which the service itself may write recordings."""

    containers: Annotated[
        tuple[str, ...],
        Setting(
            "NATIVE_CONTAINERS",
            "",
            parsing.container_urls,
            "URLs of the containers into which the service may write recordings, with commas between them; empty: none",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """What is recorded, how long the source keeps it, and what a release requires."""

    policy: Annotated[
        Policy,
        Setting(
            "RECORDING_POLICY",
            "",
            parse_policy,
            "which calls are recorded, and how: the rules as YAML or JSON, or the path of a file in the app's package",
            only_to_start=True,
        ),
    ] = field(repr=False)
    retention: Annotated[
        timedelta,
        Setting("SOURCE_RETENTION_HOURS", "24", parsing.hours(1, 24 * 7), "hours after which the source expires"),
    ]
    release: Annotated[
        Authority,
        Setting(
            "RELEASE_AT_SOURCE",
            Authority.PROVEN,
            parsing.authority,
            "what a delete at the source needs beside a proof of the copy",
        ),
    ]
    participant_key: Annotated[
        str,
        Setting(
            "PARTICIPANT_KEY",
            "",
            parsing.base64_key,
            "key of the hashes that name participants in evidence of consent; without it nobody is found again",
            only_to_start=True,
        ),
    ] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Recordings as records: their index, people, exports."""

    table: Annotated[
        str, Setting("RECORDS_TABLE", "records", parsing.table, "the table of the index: people, days, holds, jobs")
    ]
    export_container: Annotated[
        str, Setting("EXPORT_CONTAINER", "recordings-exports", parsing.container, "the container of exports")
    ]
    people_keys: Annotated[
        tuple[str, ...],
        Setting(
            "PEOPLE_INDEX_KEY",
            "",
            parsing.base64_keys,
            "keys, with commas between them, of the hashes by which people are found; the first is the current one",
            only_for_people=True,
        ),
    ] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Where RecordingArchived and alerts are published."""

    endpoint: Annotated[
        str,
        Setting(
            "ARCHIVED_TOPIC_ENDPOINT",
            "",
            parsing.endpoint,
            "custom Event Grid topic for RecordingArchived and alerts; empty: no events",
        ),
    ]
    key: Annotated[
        str, Setting("ARCHIVED_TOPIC_KEY", "", parsing.base64_key, "its key; without one the managed identity is used")
    ] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Limits of a copy."""

    block_bytes: Annotated[
        int,
        Setting(
            "COPY_BLOCK_MIB", "6", parsing.mebibytes(1, 256), "size of a block, and of a range read from the source"
        ),
    ]
    memory_bytes: Annotated[
        int,
        Setting(
            "COPY_MEMORY_MIB",
            "48",
            parsing.mebibytes(1, 16384),
            "memory for the buffers of all copies of a worker process",
        ),
    ]
    connections: Annotated[
        int, Setting("COPY_CONNECTIONS", "8", parsing.whole(1, 64), "the most connections that one copy opens")
    ]
    slice_length: Annotated[
        timedelta,
        Setting(
            "COPY_SLICE_SECONDS",
            "1200",
            parsing.seconds(1, 3600),
            "how long one run copies; then the next run continues",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Waits between retries."""

    first: Annotated[
        timedelta,
        Setting(
            "RETRY_FIRST_SECONDS",
            "30",
            parsing.seconds(1, 1800),
            "the wait after the first failed try; each further wait is twice as long",
        ),
    ]
    longest: Annotated[
        timedelta,
        Setting("RETRY_LONGEST_SECONDS", "1800", parsing.seconds(1, 7200), "the longest wait between two tries"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How often the sweep goes, and what is overdue."""

    interval: Annotated[
        timedelta,
        Setting(
            "SWEEP_SECONDS",
            "300",
            parsing.seconds(1, 3600),
            "the time from one sweep through the open work to the next",
        ),
    ]
    overdue: Annotated[
        timedelta,
        Setting(
            "OVERDUE_SECONDS",
            "600",
            parsing.seconds(1, 7200),
            "how long, beyond a slice of copying, a step may give no sign of life before its message is put again",
        ),
    ]
    file_event: Annotated[
        timedelta,
        Setting(
            "FILE_EVENT_SECONDS",
            "3600",
            parsing.seconds(1, 43200),
            "how long after its end a recording's file event may take, before a person is told that it is missing",
        ),
    ]
    pause_limit: Annotated[
        timedelta,
        Setting(
            "PAUSE_LIMIT_SECONDS",
            "0",
            parsing.seconds(0, 86400),
            "how long a recording may be paused, before a person is told; 0: for ever",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Values that the platform sets."""

    hostname: Annotated[
        str, Setting("WEBSITE_HOSTNAME", "", parsing.host_name, "the name under which the app is reached")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Values of host.json, which the environment can override; used to cross-check the app's own settings."""

    function_timeout: Annotated[
        timedelta,
        Setting(
            "AzureFunctionsJobHost__functionTimeout",
            "00:30:00",
            parsing.time_span,
            "the time after which the host ends a function",
        ),
    ]
    visibility_timeout: Annotated[
        timedelta,
        Setting(
            "AzureFunctionsJobHost__extensions__queues__visibilityTimeout",
            "00:03:00",
            parsing.time_span,
            "the time after which the host retries a message whose function failed",
        ),
    ]
    most_deliveries: Annotated[
        int,
        Setting(
            "AzureFunctionsJobHost__extensions__queues__maxDequeueCount",
            "1440",
            parsing.whole(1, 10**6),
            "how often the host tries a message before it puts it into the poison queue",
        ),
    ]
