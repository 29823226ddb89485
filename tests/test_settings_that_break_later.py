"""Values that an SDK, or a sum, would refuse only while the app is put together: they are named like all others."""

import pytest

from recording.bootstrap import compose
from recording.core.errors import SettingsInvalid
from recording.settings import Settings
from tests.environments import CONNECTION, LEAST, settings_of

HOST = "AzureFunctionsJobHost__extensions__queues__"


@pytest.mark.parametrize(
    "text",
    [
        CONNECTION.replace(";AccountKey", ";;AccountKey"),
        CONNECTION.replace(";AccountKey", "; AccountKey"),
        CONNECTION.replace(";AccountKey", ";\nAccountKey"),
        CONNECTION.replace("=a2V5", "= a2V5"),
        CONNECTION.replace(";AccountKey", ";AccountName=b;AccountKey"),
        CONNECTION.replace(";AccountKey", ";accountname=a;AccountKey"),
        f"{CONNECTION};BlobEndpoint=",
        f"{CONNECTION};=x",
        f";{CONNECTION}",
    ],
)
def test_a_connection_string_that_the_sdk_cannot_read_is_named(text: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_env({**LEAST, "ARCHIVE_STORAGE": text})

    assert "ARCHIVE_STORAGE: " in str(caught.value)
    assert "a2V5" not in str(caught.value)


def test_a_semicolon_at_the_end_is_taken() -> None:
    compose(Settings.from_env({**LEAST, "ARCHIVE_STORAGE": f"{CONNECTION};"}))


@pytest.mark.parametrize("host", ["con toso.example", "contoso.example;x", "a..example", "con\ttoso.example"])
@pytest.mark.parametrize("key", ["ACS_ENDPOINT", "ARCHIVED_TOPIC_ENDPOINT"])
def test_a_host_that_no_request_can_name_is_named(key: str, host: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_env({**LEAST, key: f"https://{host}"})

    assert f"{key}: " in str(caught.value)


@pytest.mark.parametrize("timeout", ["-1", "999.23:59:59"])
def test_a_message_hidden_without_end_is_no_error_of_ours(timeout: str) -> None:
    """The product with the count of deliveries was more than a duration can be."""
    Settings.from_env({**LEAST, f"{HOST}visibilityTimeout": timeout, f"{HOST}maxDequeueCount": "1000000"})


def test_a_wrong_key_of_people_stops_nothing_but_the_search_for_people() -> None:
    """Recordings are started and archived; whoever asks for a person is told which setting is wrong."""
    settings = settings_of(PEOPLE_INDEX_KEY="not base64!")
    settings.check_starting()
    with pytest.raises(SettingsInvalid, match="PEOPLE_INDEX_KEY"):
        settings.people_keys()


def test_the_first_of_several_keys_of_people_is_the_current_one() -> None:
    assert ("YQ==", "Yg==") == settings_of(PEOPLE_INDEX_KEY="YQ==, Yg==").people_keys()
    assert () == settings_of().people_keys()
