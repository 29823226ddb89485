"""Settings: read once, every wrong one named at once."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.policies import everything
from recording.core.callers import ApiAuth
from recording.core.errors import SettingsInvalid
from recording.core.model import Authority
from recording.core.naming import DEFAULT_TEMPLATE
from recording.core.policy import Policy
from recording.settings import MEBIBYTE, OURS, Settings, Storage, api_auth_of
from recording.settings.groups import Host
from recording.settings.mechanism import declared
from tests.environments import CONNECTION, LEAST, settings_of
from tools.package import ROOT

IDENTITY = {
    "ACS_ENDPOINT": LEAST["ACS_ENDPOINT"],
    "ARCHIVE_STORAGE__blobServiceUri": "https://a.blob.core.windows.net",
    "ARCHIVE_STORAGE__queueServiceUri": "https://a.queue.core.windows.net",
    "ARCHIVE_STORAGE__tableServiceUri": "https://a.table.core.windows.net",
    "ARCHIVE_STORAGE__credential": "managedidentity",
    "ARCHIVE_STORAGE__clientId": "client",
}


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
    settings = settings_of()

    assert LEAST["ACS_ENDPOINT"] == settings.communication.endpoint
    assert ("", CONNECTION) == (settings.communication.access_key, settings.storage.connection_string)
    assert not any(getattr(settings.storage, name) for name, setting in declared(Storage) if "__" in setting.key)
    assert ("recordings", "recordings-quarantine", "recordings-journal", "recordings") == (
        settings.archive.container,
        settings.archive.quarantine_container,
        settings.archive.journal_container,
        settings.archive.catalog_table,
    )
    assert ("", 0, False, False) == (
        settings.archive.tier,
        settings.archive.immutable_days,
        settings.archive.immutable_locked,
        settings.archive.legal_hold,
    )
    assert DEFAULT_TEMPLATE == settings.archive.template.text
    assert Policy() == Settings.from_env(LEAST).recordings.policy
    assert (timedelta(hours=24), Authority.PROVEN) == (settings.recordings.retention, settings.recordings.release)
    assert ("", "", "") == (settings.topic.endpoint, settings.topic.key, settings.identity.client_id)
    assert (6 * MEBIBYTE, 48 * MEBIBYTE) == (settings.copy.block_bytes, settings.copy.memory_bytes)
    assert (8, 1200) == (settings.copy.connections, settings.copy.slice_length.total_seconds())
    assert (timedelta(seconds=30), timedelta(minutes=30)) == (settings.retry.first, settings.retry.longest)


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
    settings = settings_of(ACS_ENDPOINT=f" {LEAST['ACS_ENDPOINT']}\n", CATALOG_TABLE="  ", RELEASE_AT_SOURCE=" False ")

    assert (LEAST["ACS_ENDPOINT"], "recordings", Authority.NEVER) == (
        settings.communication.endpoint,
        settings.archive.catalog_table,
        settings.recordings.release,
    )


def test_a_slash_behind_the_endpoint_is_taken_off() -> None:
    """It would be signed into the host, and every call refused."""
    assert LEAST["ACS_ENDPOINT"] == settings_of(ACS_ENDPOINT=f"{LEAST['ACS_ENDPOINT']}/").communication.endpoint


def test_all_that_is_missing_is_named_at_once() -> None:
    """With what it means."""
    found = problems({})

    assert ["ARCHIVE_STORAGE"] == [problem.partition(":")[0] for problem in found]
    assert all("missing (" in problem for problem in found)


def test_all_that_is_wrong_is_named_at_once() -> None:
    """What is missing, what is malformed, and what does not go together."""
    wrong = {
        "ACS_ACCESS_KEY": "not base64!",
        "ARCHIVE_CONTAINER": "Recordings",
        "CATALOG_TABLE": "1st",
        "ARCHIVE_PATH_TEMPLATE": "{index}",
        "RECORDING_POLICY": "everything",
        "RELEASE_AT_SOURCE": "perhaps",
        "COPY_CONNECTIONS": "0",
        "COPY_MEMORY_MIB": "5",
    }

    assert {"ARCHIVE_STORAGE", *wrong} == set(named(wrong))
    assert 1 + len(wrong) == len(named(wrong))


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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RECORDING_POLICY", "yes"),
        ("RECORDING_POLICY", "../policy.yaml"),
        ("RECORDING_POLICY", "no-such-file.yaml"),
        ("RECORDING_POLICY", "/etc/policy.json"),
        ("RECORDING_POLICY", "'version: 1'"),
        ("PARTICIPANT_KEY", "@Microsoft.KeyVault(VaultName=v;SecretName=s)"),
    ],
)
def test_what_only_starts_need_holds_up_nothing_else(key: str, value: str) -> None:
    """Such as a key that the platform could not read: what was recorded before is archived all the same."""
    found = Settings.from_env({**LEAST, key: value})

    assert [key] == [problem.partition(":")[0] for problem in found.wrong_to_start][:1]
    with pytest.raises(SettingsInvalid, match=key):
        found.check_starting()
    assert [key, "COPY_CONNECTIONS"] == sorted(set(named({**LEAST, key: value, "COPY_CONNECTIONS": "0"})), reverse=True)


def test_without_a_communication_resource_the_app_only_keeps_an_archive() -> None:
    """No setting is wrong; but nothing can be started. A key without its service is a mistake."""
    found = Settings.from_env({**LEAST, "ACS_ENDPOINT": ""})

    assert found.is_archive_only
    found.check_starting()
    with pytest.raises(SettingsInvalid, match="ACS_ENDPOINT: missing: this app only keeps an archive"):
        found.check_calls()
    assert ("ACS_ENDPOINT: missing, though ACS_ACCESS_KEY is set",) == problems(
        {**LEAST, "ACS_ENDPOINT": "", "ACS_ACCESS_KEY": "a2V5"}
    )


@pytest.mark.parametrize("service", ["blob", "queue", "table"])
@pytest.mark.parametrize("value", ["", "http://a.core.windows.net"])
def test_every_service_uri_is_needed(service: str, value: str) -> None:
    """The Functions host reads the queue's, the app the others."""
    key = f"ARCHIVE_STORAGE__{service}ServiceUri"

    assert [key] == named({**IDENTITY, key: value})


@pytest.mark.parametrize("other", ["QUARANTINE_CONTAINER", "JOURNAL_CONTAINER", "DEAD_LETTER_CONTAINER"])
def test_the_containers_are_different(other: str) -> None:
    """What is doubtful must not stand among what is proven."""
    (problem,) = problems({**LEAST, other: "recordings"})

    assert all(key in problem for key in ("ARCHIVE_CONTAINER", other))


EMULATOR = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/a;"
    "QueueEndpoint=http://127.0.0.1:10001/a;TableEndpoint=http://127.0.0.1:10002/a"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("https://b.blob.core.windows.net/calls", ("https://b.blob.core.windows.net/calls",)),
        (
            "HTTPS://B.blob.core.windows.net/calls/ , https://c.blob.core.windows.net/calls",
            ("https://b.blob.core.windows.net/calls", "https://c.blob.core.windows.net/calls"),
        ),
        ("https://a.blob.core.windows.net/calls", ("https://a.blob.core.windows.net/calls",)),
    ],
)
def test_native_containers_are_named_by_url(text: str, expected: tuple[str, ...]) -> None:
    assert expected == settings_of(NATIVE_CONTAINERS=text).native.containers


@pytest.mark.parametrize(
    "text",
    [
        "calls",
        "https://b.blob.core.windows.net",
        "https://b.blob.core.windows.net/",
        "https://b.blob.core.windows.net/calls/more/deep",
        "https://b.blob.core.windows.net/Calls",
        "https://b.blob.core.windows.net/calls?sig=secret",
        "https://b.blob.core.windows.net/calls#a",
        "https://user@b.blob.core.windows.net/calls",
        "https://b.blob.core.windows.net/a--b",
        "http://b.blob.core.windows.net/calls",
        "ftp://b.blob.core.windows.net/calls",
        "https://localhost/calls",
        "https://eu-api.asm.skype.com/calls",
        "https://a.blob.core.windows.net/recordings",
        "https://a.blob.core.windows.net/recordings-journal",
        "https://b.blob.core.windows.net/calls,calls",
        "https://b.blob.core.windows.net/calls,",
        " , ",
    ],
)
def test_what_is_no_container_of_the_customer_is_no_native_one(text: str) -> None:
    """Neither is one that this app writes into: the two would be mixed."""
    (problem,) = problems({**LEAST, "NATIVE_CONTAINERS": text})

    assert problem.startswith("NATIVE_CONTAINERS: ")
    assert "secret" not in problem


def test_a_policy_names_no_container_that_the_settings_lack() -> None:
    """What the service writes there would be neither found nor verified."""
    container = "https://b.blob.core.windows.net/calls"
    wanted = {**LEAST, "RECORDING_POLICY": everything(container)}

    for named_ones in ("", f"{container}-2"):
        (problem,) = Settings.from_env({**wanted, "NATIVE_CONTAINERS": named_ones}).wrong_to_start
        assert problem.startswith("NATIVE_CONTAINERS: lacks")
    found = Settings.from_env({**wanted, "NATIVE_CONTAINERS": f"{container}-2,{container}"})
    assert container in found.native.containers
    found.check_starting()


def test_an_emulated_account_may_have_a_native_container() -> None:
    url = "http://127.0.0.1:10000/a/calls"

    assert (url,) == settings_of(ARCHIVE_STORAGE=EMULATOR, NATIVE_CONTAINERS=url).native.containers
    assert ["NATIVE_CONTAINERS"] == named(
        {**LEAST, "ARCHIVE_STORAGE": EMULATOR, "NATIVE_CONTAINERS": f"http://x.y{url[16:]}"}
    )


def test_memory_holds_at_least_a_block() -> None:
    """Exactly one is enough."""
    assert 8 * MEBIBYTE == settings_of(COPY_BLOCK_MIB="8", COPY_MEMORY_MIB="8").copy.memory_bytes
    assert ["COPY_MEMORY_MIB"] == named({**LEAST, "COPY_BLOCK_MIB": "8", "COPY_MEMORY_MIB": "7"})


@pytest.mark.parametrize(("text", "expected"), [("Event", Authority.EVENT), ("proven", Authority.PROVEN)])
def test_the_release_says_what_it_needs(text: str, expected: Authority) -> None:
    """In any case of letters."""
    assert expected is settings_of(RELEASE_AT_SOURCE=text).recordings.release


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
    assert text == settings_of(ARCHIVE_STORAGE=text).storage.connection_string


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
    secrets = {
        "ACS_ACCESS_KEY": "YWNz",
        "ARCHIVED_TOPIC_KEY": "dG9w",
        "ARCHIVE_STORAGE": CONNECTION,
        "OVERFLOW_STORAGE": CONNECTION.replace("a2V5", "b3Zlcg=="),
    }
    settings = settings_of(**secrets)

    assert "a.blob.core.windows.net" in repr(Settings.from_env(IDENTITY))
    assert [] == [
        key for key in ("YWNz", "dG9w", "a2V5", "b3Zlcg") if key in f"{settings!r} {settings} {settings.storage}"
    ]


@pytest.mark.parametrize(
    ("archive", "overflow"),
    [
        ({"ARCHIVE_STORAGE": CONNECTION}, {"OVERFLOW_STORAGE": CONNECTION}),
        (IDENTITY, {"OVERFLOW_STORAGE__blobServiceUri": IDENTITY["ARCHIVE_STORAGE__blobServiceUri"]}),
    ],
)
def test_an_overflow_in_the_account_of_the_archive_is_refused(
    archive: dict[str, str], overflow: dict[str, str]
) -> None:
    """It would be out of reach with it."""
    assert ["OVERFLOW_STORAGE"] == named({**LEAST, **archive, **overflow})


def test_there_is_an_overflow_only_where_an_account_is_named() -> None:
    other = CONNECTION.replace("AccountName=a", "AccountName=b")

    assert not settings_of().overflow.is_set
    assert settings_of(OVERFLOW_STORAGE=other).overflow.is_set
    assert settings_of(OVERFLOW_STORAGE__blobServiceUri="https://b.blob.core.windows.net").overflow.is_set


def test_every_key_says_what_it_means() -> None:
    """In the message, and in the documentation."""
    assert all(key.meaning and name == key.key for name, key in OURS.items())


@given(st.dictionaries(st.sampled_from(sorted(OURS)), st.text(max_size=40)))
def test_any_values_are_settings_or_named(environment: dict[str, str]) -> None:
    """Nothing else is ever raised, and every problem begins with a key that there is."""
    try:
        Settings.from_env(environment)
    except SettingsInvalid as error:
        assert all(problem.partition(":")[0].split(",")[0] in OURS for problem in error.problems)  # noqa: PT017 - each


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({"COPY_SLICE_SECONDS": "1501"}, "COPY_SLICE_SECONDS"),
        ({"AzureFunctionsJobHost__functionTimeout": "00:10:00"}, "COPY_SLICE_SECONDS"),
        ({"SOURCE_RETENTION_HOURS": "73"}, "SOURCE_RETENTION_HOURS"),
        ({"AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "5"}, "SOURCE_RETENTION_HOURS"),
        ({"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01"}, "SOURCE_RETENTION_HOURS"),
    ],
)
def test_what_the_host_would_cut_short_is_named(environment: dict[str, str], key: str) -> None:
    """A run that the host ends, a message that it sets aside before the source ends."""
    assert [key] == named({**LEAST, **environment})


def test_what_the_host_allows_is_taken() -> None:
    assert timedelta(hours=72) == settings_of(SOURCE_RETENTION_HOURS="72").recordings.retention
    assert timedelta(seconds=1500) == settings_of(COPY_SLICE_SECONDS="1500").copy.slice_length
    longer = settings_of(AzureFunctionsJobHost__functionTimeout="-1", COPY_SLICE_SECONDS="3600")
    assert timedelta(hours=1) == longer.copy.slice_length


def test_buffers_leave_half_of_the_instance_to_others() -> None:
    environment = {**LEAST, "COPY_MEMORY_MIB": "257"}
    with pytest.raises(SettingsInvalid, match="COPY_MEMORY_MIB: more than 256"):
        Settings.from_env(environment, 512 * MEBIBYTE)

    assert 257 * MEBIBYTE == Settings.from_env(environment, 1024 * MEBIBYTE).copy.memory_bytes


TENANT = "0f5c1a2b-1111-2222-3333-444455556666"


def test_tokens_are_of_those_whom_the_settings_name() -> None:
    found = settings_of(
        ACS_RESOURCE_IDS=f"{TENANT.upper()}, 491a8f30-1c7e-4a56-9c8e-3f1f4a1d2b60",
        API_AUTH="Entra",
        API_AUDIENCES=f"api://{TENANT},{TENANT}",
        EVENT_GRID_AUDIENCES="api://webhook",
        ENTRA_TENANT_ID=TENANT,
    ).callers

    assert (TENANT, "491a8f30-1c7e-4a56-9c8e-3f1f4a1d2b60") == found.acs_resource_ids
    assert (ApiAuth.ENTRA, (f"api://{TENANT}", TENANT), ("api://webhook",), TENANT) == (
        found.api_auth,
        found.api_audiences,
        found.event_grid_audiences,
        found.tenant_id,
    )


def test_by_default_no_token_is_accepted() -> None:
    found = settings_of().callers

    assert ((), ApiAuth.KEY, (), (), "") == (
        found.acs_resource_ids,
        found.api_auth,
        found.api_audiences,
        found.event_grid_audiences,
        found.tenant_id,
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ACS_RESOURCE_IDS", "contoso"),
        ("ACS_RESOURCE_IDS", f"{TENANT},"),
        ("API_AUTH", "none"),
        ("API_AUTH", "entra"),
        ("API_AUTH", "both"),
        ("API_AUDIENCES", "api://a b"),
        ("API_AUDIENCES", ","),
        ("EVENT_GRID_AUDIENCES", "api://webhook"),
        ("EVENT_GRID_AUDIENCES", "ä"),
        ("ENTRA_TENANT_ID", "common"),
    ],
)
def test_settings_of_tokens_that_would_accept_another_than_meant_are_refused(key: str, text: str) -> None:
    """A tenant such as `common` has tokens of everybody; a list with an empty place may lack one."""
    assert [key] == named({**LEAST, key: text})


@pytest.mark.parametrize(
    ("environment", "found"),
    [({}, ApiAuth.KEY), ({"API_AUTH": " entra "}, ApiAuth.ENTRA), ({"API_AUTH": "nobody"}, None)],
)
def test_what_callers_show_is_known_without_the_other_settings(
    environment: dict[str, str], found: ApiAuth | None
) -> None:
    """The functions are indexed by it, whatever else is wrong."""
    assert found is api_auth_of(environment)


def test_the_host_is_held_to_what_host_json_says() -> None:
    """The defaults of what the environment may override."""
    host = json.loads((ROOT / "host.json").read_text())
    queues = host["extensions"]["queues"]
    defaults = [setting.default for _, setting in declared(Host)]

    assert [host["functionTimeout"], queues["visibilityTimeout"], str(queues["maxDequeueCount"])] == defaults


@pytest.mark.parametrize("group", [field.type for field in fields(Settings) if is_dataclass(field.type)])
def test_a_default_is_of_the_type_that_its_field_says(group: type) -> None:
    hints = get_type_hints(group)
    for name, setting in declared(group):
        if setting.default is not None:
            assert isinstance(setting.parse(setting.default), get_origin(hints[name]) or hints[name])


def test_the_readme_has_every_setting_and_its_default() -> None:
    """In the first two columns of one table; `__` forms are named in the row of their connection."""
    rows = re.findall(r"^\| (`[A-Z][^|]*`) \| ([^|]*)\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    told: dict[str, str] = {}
    for keys, defaults in rows:
        names = re.findall(r"`(\w+)`", keys)
        texts = re.findall(r"`([^`]+)`", defaults) or [""]
        told |= dict(zip(names, texts if len(texts) == len(names) else texts * len(names), strict=True))

    assert {key: setting.default or "" for key, setting in OURS.items() if "__" not in key} == told


def test_the_sample_names_settings_that_there_are() -> None:
    """With what the app takes where it is not set, unless it must be."""
    values = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    ours = {key: text for key, text in values.items() if not key.startswith(("FUNCTIONS_", "AzureWebJobs"))}

    assert {} == {key: text for key, text in ours.items() if key not in OURS}
    assert {key: OURS[key].default for key in ours if OURS[key].default} == {
        key: text for key, text in ours.items() if OURS[key].default
    }


GUID = "491a8f30-1c7e-4a56-9c8e-3f1f4a1d2b60"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"WEBSITE_HOSTNAME": "App.example.net", "ACS_RESOURCE_IDS": GUID},
            "https://app.example.net/api/calls/callbacks",
        ),
        (
            {"WEBSITE_HOSTNAME": "127.0.0.1:7071", "ACS_RESOURCE_IDS": GUID},
            "https://127.0.0.1:7071/api/calls/callbacks",
        ),
        ({"WEBSITE_HOSTNAME": "app.example.net"}, None),
        ({"ACS_RESOURCE_IDS": GUID}, None),
    ],
)
def test_callbacks_are_asked_for_where_they_can_be_proven(given: dict[str, str], expected: str | None) -> None:
    """The platform sets the host's name; no secret is in the URL."""
    assert expected == settings_of(**given).callback_url


def test_a_host_name_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="WEBSITE_HOSTNAME: not the name of a host"):
        settings_of(WEBSITE_HOSTNAME="https://app.example.net/")
