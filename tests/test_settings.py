"""Settings: read once, every wrong one named at once."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import SettingsInvalid
from recording.core.model import Authority, Channel, Content, Format, Output
from recording.core.naming import DEFAULT_TEMPLATE
from recording.settings import KEYS, MEBIBYTE, Settings, Storage

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net"
LEAST = {"ACS_ENDPOINT": "https://contoso.communication.azure.com", "ARCHIVE_STORAGE": CONNECTION}
IDENTITY = {
    "ACS_ENDPOINT": LEAST["ACS_ENDPOINT"],
    "ARCHIVE_STORAGE__blobServiceUri": "https://a.blob.core.windows.net",
    "ARCHIVE_STORAGE__queueServiceUri": "https://a.queue.core.windows.net",
    "ARCHIVE_STORAGE__tableServiceUri": "https://a.table.core.windows.net",
    "ARCHIVE_STORAGE__credential": "managedidentity",
    "ARCHIVE_STORAGE__clientId": "client",
}


def read(**changed: str) -> Settings:
    """The settings of an app that lacks nothing, with some set otherwise."""
    return Settings.from_env({**LEAST, **changed})


def problems(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What is said of a wrong environment."""
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_env(environment)
    return caught.value.problems


def named(environment: Mapping[str, str]) -> list[str]:
    """The keys it is said of."""
    return [problem.partition(":")[0] for problem in problems(environment)]


def test_two_settings_are_enough() -> None:
    """All others have a default."""
    settings = read()

    assert LEAST["ACS_ENDPOINT"] == settings.acs_endpoint
    assert ("", Storage(connection_string=CONNECTION)) == (settings.acs_access_key, settings.storage)
    assert ("recordings", "recordings-quarantine", "recordings-journal", "recordings") == (
        settings.archive_container,
        settings.quarantine_container,
        settings.journal_container,
        settings.catalog_table,
    )
    assert ("", 0, False, False) == (
        settings.archive_tier,
        settings.immutable_days,
        settings.immutable_locked,
        settings.legal_hold,
    )
    assert DEFAULT_TEMPLATE == settings.template.text
    assert Output(Content.AUDIO, Channel.MIXED, Format.WAV) == settings.recording_output
    assert (24, Authority.PROVEN) == (settings.retention_hours, settings.release_at_source)
    assert ("", "", "") == (settings.topic_endpoint, settings.topic_key, settings.identity_client_id)
    assert (6 * MEBIBYTE, 48 * MEBIBYTE) == (settings.copy_block_bytes, settings.copy_memory_bytes)
    assert (8, 1200) == (settings.copy_connections, settings.copy_slice_seconds)
    assert (30, 1800) == (settings.first_wait_seconds, settings.longest_wait_seconds)


def test_storage_may_be_reached_by_identity() -> None:
    """By the URIs of its three services."""
    storage = Settings.from_env(IDENTITY).storage

    assert ("", "client") == (storage.connection_string, storage.client_id)
    assert ("https://a.blob.core.windows.net", "https://a.table.core.windows.net") == (
        storage.blob_uri,
        storage.table_uri,
    )


def test_blanks_around_a_value_do_not_count() -> None:
    """And a value of blanks is none."""
    settings = read(ACS_ENDPOINT=f" {LEAST['ACS_ENDPOINT']}\n", CATALOG_TABLE="  ", RELEASE_AT_SOURCE=" False ")

    assert (LEAST["ACS_ENDPOINT"], "recordings", Authority.NEVER) == (
        settings.acs_endpoint,
        settings.catalog_table,
        settings.release_at_source,
    )


def test_a_slash_behind_the_endpoint_is_taken_off() -> None:
    """It would be signed into the host, and every call refused."""
    assert LEAST["ACS_ENDPOINT"] == read(ACS_ENDPOINT=f"{LEAST['ACS_ENDPOINT']}/").acs_endpoint


def test_all_that_is_missing_is_named_at_once() -> None:
    """With what it means."""
    found = problems({})

    assert ["ACS_ENDPOINT", "ARCHIVE_STORAGE"] == [problem.partition(":")[0] for problem in found]
    assert all("missing (" in problem for problem in found)


def test_all_that_is_wrong_is_named_at_once() -> None:
    """What is missing, what is malformed, and what does not go together."""
    wrong = {
        "ACS_ACCESS_KEY": "not base64!",
        "ARCHIVE_CONTAINER": "Recordings",
        "CATALOG_TABLE": "1st",
        "ARCHIVE_PATH_TEMPLATE": "{index}",
        "RECORDING_OUTPUT": "audio-unmixed-mp3",
        "RELEASE_AT_SOURCE": "perhaps",
        "COPY_CONNECTIONS": "0",
        "COPY_MEMORY_MIB": "5",
    }

    assert {"ACS_ENDPOINT", "ARCHIVE_STORAGE", *wrong} == set(named(wrong))
    assert 2 + len(wrong) == len(named(wrong))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ACS_ENDPOINT", "http://contoso.communication.azure.com"),
        ("ACS_ENDPOINT", "contoso.communication.azure.com"),
        ("ACS_ENDPOINT", "https://"),
        ("ACS_ENDPOINT", "https://user@contoso.communication.azure.com"),
        ("ACS_ENDPOINT", "https://contoso.communication.azure.com/?a=b"),
        ("ACS_ENDPOINT", "https://[contoso"),
        ("ACS_ACCESS_KEY", "not base64"),
        ("ACS_ACCESS_KEY", "ä"),
        ("ARCHIVE_STORAGE", "a key"),
        ("ARCHIVE_CONTAINER", "ab"),
        ("ARCHIVE_CONTAINER", "a--b"),
        ("ARCHIVE_CONTAINER", "-abc"),
        ("ARCHIVE_CONTAINER", "a" * 64),
        ("JOURNAL_CONTAINER", "a_b"),
        ("QUARANTINE_CONTAINER", "$root"),
        ("CATALOG_TABLE", "ab"),
        ("CATALOG_TABLE", "re-cordings"),
        ("ARCHIVE_TIER", "Lukewarm"),
        ("ARCHIVE_IMMUTABLE_DAYS", "-1"),
        ("ARCHIVE_IMMUTABLE_LOCKED", "yes"),
        ("ARCHIVE_LEGAL_HOLD", "1"),
        ("ARCHIVE_PATH_TEMPLATE", "../{recording_id}/{index}/{document_id}"),
        ("RECORDING_OUTPUT", "wav"),
        ("SOURCE_RETENTION_HOURS", "0"),
        ("SOURCE_RETENTION_HOURS", "24h"),
        ("RELEASE_AT_SOURCE", "yes"),
        ("RELEASE_AT_SOURCE", "true"),
        ("RETRY_FIRST_SECONDS", "0"),
        ("RETRY_FIRST_SECONDS", "1801"),
        ("RETRY_LONGEST_SECONDS", "0"),
        ("RETRY_LONGEST_SECONDS", "29"),
        ("RETRY_LONGEST_SECONDS", "7201"),
        ("ARCHIVED_TOPIC_ENDPOINT", "http://topic.example"),
        ("ARCHIVED_TOPIC_KEY", "not base64"),
        ("COPY_BLOCK_MIB", "0"),
        ("COPY_BLOCK_MIB", "257"),
        ("COPY_BLOCK_MIB", "6.5"),
        ("COPY_BLOCK_MIB", "٦"),
        ("COPY_MEMORY_MIB", "99999999999"),
        ("COPY_CONNECTIONS", "65"),
        ("COPY_SLICE_SECONDS", "3601"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(key: str, value: str) -> None:
    """And by no other."""
    assert [key] == named({**LEAST, key: value})


@pytest.mark.parametrize("service", ["blob", "queue", "table"])
@pytest.mark.parametrize("value", ["", "http://a.core.windows.net"])
def test_every_service_uri_is_needed(service: str, value: str) -> None:
    """The Functions host reads the queue's, the app the others."""
    key = f"ARCHIVE_STORAGE__{service}ServiceUri"

    assert [key] == named({**IDENTITY, key: value})


@pytest.mark.parametrize("other", ["QUARANTINE_CONTAINER", "JOURNAL_CONTAINER"])
def test_the_containers_are_three(other: str) -> None:
    """What is doubtful must not stand among what is proven."""
    (problem,) = problems({**LEAST, other: "recordings"})

    assert all(key in problem for key in ("ARCHIVE_CONTAINER", "QUARANTINE_CONTAINER", "JOURNAL_CONTAINER"))


def test_memory_holds_at_least_a_block() -> None:
    """Exactly one is enough."""
    assert 8 * MEBIBYTE == read(COPY_BLOCK_MIB="8", COPY_MEMORY_MIB="8").copy_memory_bytes
    assert ["COPY_MEMORY_MIB"] == named({**LEAST, "COPY_BLOCK_MIB": "8", "COPY_MEMORY_MIB": "7"})


@pytest.mark.parametrize(("text", "expected"), [("Event", Authority.EVENT), ("proven", Authority.PROVEN)])
def test_the_release_says_what_it_needs(text: str, expected: Authority) -> None:
    """In any case of letters."""
    assert expected is read(RELEASE_AT_SOURCE=text).release_at_source


def test_a_release_that_is_only_switched_on_is_told_what_to_say() -> None:
    """How much is needed is a choice that `true` does not make."""
    (problem,) = problems({**LEAST, "RELEASE_AT_SOURCE": "true"})

    assert "use proven (the default), or event" in problem


AZURITE = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/a;"
    "QueueEndpoint=http://127.0.0.1:10001/a;TableEndpoint=http://127.0.0.1:10002/a;"
)


@pytest.mark.parametrize(
    "text", [CONNECTION, f"{CONNECTION};", AZURITE, CONNECTION.replace("AccountKey", "accountkey")]
)
def test_a_whole_connection_string_is_taken(text: str) -> None:
    """By suffix, or by the three endpoints."""
    assert text == read(ARCHIVE_STORAGE=text).storage.connection_string


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (CONNECTION.replace("AccountName=a;", ""), ["no AccountName"]),
        (CONNECTION.replace("AccountKey=a2V5;", ""), ["no AccountKey"]),
        (CONNECTION.replace("a2V5", "a2V5s"), ["AccountKey is not base64"]),
        (CONNECTION.partition(";EndpointSuffix")[0], ["no EndpointSuffix"]),
        (CONNECTION.replace("=https", "=http"), ["DefaultEndpointsProtocol is not https"]),
        (CONNECTION.partition(";")[2], ["DefaultEndpointsProtocol is not https"]),
        (AZURITE.replace("QueueEndpoint", "Queue"), ["no EndpointSuffix", "not https"]),
        (AZURITE.replace("http://127.0.0.1:10002", "http://127.0.0.1:port"), ["TableEndpoint is not a URL"]),
        (AZURITE.replace("http://127.0.0.1:10000", "127.0.0.1:10000"), ["BlobEndpoint is not a URL"]),
        ("AccountKey=s3cret!", ["no AccountName", "not base64", "no EndpointSuffix", "not https"]),
        ("UseDevelopmentStorage=true", ["UseDevelopmentStorage"]),
        ("s3cret", ["NAME=VALUE"]),
        (f"'{CONNECTION}'", ["in quotes"]),
    ],
)
def test_all_that_is_wrong_with_a_connection_string_is_named_at_once(text: str, wrong: list[str]) -> None:
    """The SDKs would take a default in its place, or fail at the first request."""
    found = "; ".join(problems({**LEAST, "ARCHIVE_STORAGE": text}))

    assert len(wrong) == found.count(";") + 1
    assert [] == [words for words in wrong if words not in found]
    assert "s3cret" not in found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("http://user:s3cret@host/?a=b", ["https", "user name or password", "? or #"]),
        ("https://contoso.communication.azure.com/path", ["a path"]),
        ("contoso.communication.azure.com", ["https", "no host"]),
        ("https://host:port", ["not a URL"]),
        ("endpoint=https://contoso.communication.azure.com/;accesskey=s3cret", ["a connection string"]),
    ],
)
def test_all_that_is_wrong_with_an_endpoint_is_named_at_once(text: str, wrong: list[str]) -> None:
    """Without the value."""
    (found,) = problems({**LEAST, "ACS_ENDPOINT": text})

    assert [] == [words for words in wrong if words not in found]
    assert "s3cret" not in found


@pytest.mark.parametrize("key", ["ACS_ENDPOINT", "ACS_ACCESS_KEY", "ARCHIVED_TOPIC_KEY", "CATALOG_TABLE"])
def test_quotes_around_a_value_are_named(key: str) -> None:
    """A file or a shell takes them off, the portal does not; what is wrong within them is named as well."""
    good = {"ACS_ENDPOINT": LEAST["ACS_ENDPOINT"], "CATALOG_TABLE": "recordings"}.get(key, "a2V5")
    (problem,) = problems({**LEAST, key: f'"{good}"'})

    assert "in quotes" in problem
    assert [key, key] == named({**LEAST, key: '"http://no endpoint, key or name"'})


@pytest.mark.parametrize("key", ["ACS_ACCESS_KEY", "ARCHIVE_STORAGE", "ARCHIVED_TOPIC_KEY", "ACS_ENDPOINT"])
def test_no_problem_shows_a_secret(key: str) -> None:
    """However wrong it is."""
    assert "s3cret" not in str(problems({**LEAST, key: "s3cret!"}))


def test_no_secret_is_in_what_settings_print() -> None:
    """Not in a traceback, a log or a debugger."""
    secrets = {"ACS_ACCESS_KEY": "YWNz", "ARCHIVED_TOPIC_KEY": "dG9w", "ARCHIVE_STORAGE": CONNECTION}
    settings = read(**secrets)

    assert "a.blob.core.windows.net" in repr(Settings.from_env(IDENTITY))
    assert [] == [key for key in ("YWNz", "dG9w", "a2V5") if key in f"{settings!r} {settings} {settings.storage}"]


def test_every_key_says_what_it_means() -> None:
    """In the message, and in the documentation."""
    assert all(key.meaning and name == key.name for name, key in KEYS.items())


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), st.text(max_size=40)))
def test_any_values_are_settings_or_named(environment: dict[str, str]) -> None:
    """Nothing else is ever raised, and every problem begins with a key that there is."""
    try:
        Settings.from_env(environment)
    except SettingsInvalid as error:
        assert all(problem.partition(":")[0].split(",")[0] in KEYS for problem in error.problems)  # noqa: PT017 - each
