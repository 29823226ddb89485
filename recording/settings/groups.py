"""Every setting, declared once: key, default, parser, bounds and meaning."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from recording.core.model import Authority, Output
from recording.core.naming import DEFAULT_TEMPLATE, Template, parse_template
from recording.core.outputs import parse_output_name
from recording.settings import parsing
from recording.settings.declaring import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """The Communication resource whose calls are recorded."""

    endpoint: Annotated[
        str,
        Setting(
            "ACS_ENDPOINT",
            None,
            parsing.host_endpoint,
            "the Communication resource, https://NAME.communication.azure.com",
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
    """The app's own identity, towards Communication and Event Grid."""

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
    """Where recordings, doubtful ones, events and the catalog are kept, under which names and for how long."""

    container: Annotated[
        str, Setting("ARCHIVE_CONTAINER", "recordings", parsing.container, "where recordings are archived")
    ]
    quarantine_container: Annotated[
        str,
        Setting(
            "QUARANTINE_CONTAINER", "recordings-quarantine", parsing.container, "where doubtful ones are kept apart"
        ),
    ]
    journal_container: Annotated[
        str,
        Setting(
            "JOURNAL_CONTAINER", "recordings-journal", parsing.container, "where events are kept, as the app got them"
        ),
    ]
    catalog_table: Annotated[str, Setting("CATALOG_TABLE", "recordings", parsing.table, "the table of the catalog")]
    tier: Annotated[
        str,
        Setting("ARCHIVE_TIER", "", parsing.tier, "Hot, Cool or Cold from the commit on; none, the account's default"),
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
            "ARCHIVE_IMMUTABLE_LOCKED", "false", parsing.boolean, "whether not even an administrator can shorten them"
        ),
    ]
    legal_hold: Annotated[
        bool,
        Setting(
            "ARCHIVE_LEGAL_HOLD", "false", parsing.boolean, "whether archived blobs are held until the hold is lifted"
        ),
    ]
    template: Annotated[
        Template, Setting("ARCHIVE_PATH_TEMPLATE", DEFAULT_TEMPLATE, parse_template, "names of archived chunks")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """What is recorded, how long its source lives, and what its release needs."""

    output: Annotated[
        Output,
        Setting(
            "RECORDING_OUTPUT", "audio-mixed-wav", parse_output_name, "what call events start: CONTENT-CHANNEL-FORMAT"
        ),
    ]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Where RecordingArchived and alerts are published."""

    endpoint: Annotated[
        str,
        Setting(
            "ARCHIVED_TOPIC_ENDPOINT",
            "",
            parsing.endpoint,
            "custom Event Grid topic for RecordingArchived and alerts; none, no events",
        ),
    ]
    key: Annotated[
        str, Setting("ARCHIVED_TOPIC_KEY", "", parsing.base64_key, "its key; without one the managed identity is used")
    ] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a copy may use."""

    block_bytes: Annotated[
        int,
        Setting(
            "COPY_BLOCK_MIB", "6", parsing.mebibytes(1, 256), "size of a block, and of a range read from the source"
        ),
    ]
    memory_bytes: Annotated[
        int,
        Setting(
            "COPY_MEMORY_MIB", "48", parsing.mebibytes(1, 16384), "buffers of all copies of a worker process together"
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
            "how long one run copies before it hands on to the next",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How long a failed try waits for the next."""

    first: Annotated[
        timedelta,
        Setting(
            "RETRY_FIRST_SECONDS",
            "30",
            parsing.seconds(1, 1800),
            "how long a failed try waits at first; each further wait is twice as long",
        ),
    ]
    longest: Annotated[
        timedelta, Setting("RETRY_LONGEST_SECONDS", "1800", parsing.seconds(1, 7200), "how long it waits at most")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What host.json has for the Functions host, where the environment overrides it; held against our own settings."""

    function_timeout: Annotated[
        timedelta,
        Setting(
            "AzureFunctionsJobHost__functionTimeout", "00:30:00", parsing.time_span, "when the host ends a function"
        ),
    ]
    visibility_timeout: Annotated[
        timedelta,
        Setting(
            "AzureFunctionsJobHost__extensions__queues__visibilityTimeout",
            "00:03:00",
            parsing.time_span,
            "when a message comes again whose function failed",
        ),
    ]
    most_deliveries: Annotated[
        int,
        Setting(
            "AzureFunctionsJobHost__extensions__queues__maxDequeueCount",
            "1440",
            parsing.whole(1, 10**6),
            "how often a message comes before the host sets it aside",
        ),
    ]
