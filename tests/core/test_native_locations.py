"""Which locations lie in a native container: a URL from an event is trusted for nothing."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.locations import NativeBlob, names_document, native_blob
from recording.core.model import BlobName, DocumentId, Location

CONTAINER = "https://customer.blob.core.windows.net/recordings"
EMULATED = "http://127.0.0.1:10000/devstoreaccount1/native"
CONTAINERS = (CONTAINER, EMULATED)


@pytest.mark.parametrize(
    ("location", "container", "name"),
    [
        (f"{CONTAINER}/a.wav", CONTAINER, "a.wav"),
        (f"{CONTAINER}/20260301/call/0-audio.0-weu-d1-ab.wav", CONTAINER, "20260301/call/0-audio.0-weu-d1-ab.wav"),
        ("HTTPS://Customer.Blob.Core.Windows.NET/recordings/a.wav", CONTAINER, "a.wav"),
        ("https://customer.blob.core.windows.net:443/recordings/a.wav", CONTAINER, "a.wav"),
        (f"{CONTAINER}/a%20b/%C3%A4.wav", CONTAINER, "a b/ä.wav"),
        (f"{CONTAINER}/%252e%252e/a.wav", CONTAINER, "%2e%2e/a.wav"),
        (f"{CONTAINER}/a.wav?sv=2024&sig=secret", CONTAINER, "a.wav"),
        (f"{CONTAINER}/recordings/a.wav", CONTAINER, "recordings/a.wav"),
        (f"{EMULATED}/a.wav", EMULATED, "a.wav"),
    ],
)
def test_a_blob_in_a_container_of_the_settings_is_native(location: str, container: str, name: str) -> None:
    assert NativeBlob(container, BlobName(name)) == native_blob(location, CONTAINERS)


@pytest.mark.parametrize(
    "location",
    [
        # another account, container or service
        "https://other.blob.core.windows.net/recordings/a.wav",
        "https://customer.blob.core.windows.net.evil.example/recordings/a.wav",
        "https://customer.blob.core.windows.net/recordings-evil/a.wav",
        "https://customer.blob.core.windows.net/recordingsa.wav",
        "https://customer.blob.core.windows.net/other/recordings/a.wav",
        "https://customer.blob.core.windows.net/Recordings/a.wav",
        "https://customer.blob.core.windows.net//recordings/a.wav",
        "https://eu-api.asm.skype.com/v1/objects/a/content/audio",
        # the container itself, or nothing in it
        CONTAINER,
        f"{CONTAINER}/",
        f"{CONTAINER}?restype=container&comp=list",
        f"{CONTAINER}/a/",
        # out of the container
        f"{CONTAINER}/../secrets/a.wav",
        f"{CONTAINER}/x/../../secrets/a.wav",
        f"{CONTAINER}/./a.wav",
        f"{CONTAINER}//a.wav",
        f"{CONTAINER}/%2e%2e/a.wav",
        f"{CONTAINER}/.%2E/a.wav",
        f"{CONTAINER}/..;/a.wav",
        # encoded tricks
        f"{CONTAINER}/a%2fb.wav",
        f"{CONTAINER}/a%5Cb.wav",
        f"{CONTAINER}%2fa.wav",
        f"{CONTAINER}/a%00.wav",
        f"{CONTAINER}/a%0ab.wav",
        f"{CONTAINER}/%ff.wav",
        f"{CONTAINER}/a%zz.wav",
        f"{CONTAINER}/a\\b.wav",
        f"{CONTAINER}/ä.wav",
        f"{CONTAINER}/a b.wav",
        f"{CONTAINER}/a.wav#?",
        # the authority
        "http://customer.blob.core.windows.net/recordings/a.wav",
        "https://user@customer.blob.core.windows.net/recordings/a.wav",
        "https://customer.blob.core.windows.net:444/recordings/a.wav",
        "https://customer.blob.core.windows.net:443:443/recordings/a.wav",
        "https://customer.blob.core.windows.net./recordings/a.wav",
        "https://20.60.1.2/recordings/a.wav",
        "https://127.0.0.1:10000/devstoreaccount1/native/a.wav",
        "http://127.0.0.1:10001/devstoreaccount1/native/a.wav",
        "http://[::1]:10000/devstoreaccount1/native/a.wav",
        "//customer.blob.core.windows.net/recordings/a.wav",
        "blob:a.wav?0x1",
        "",
        f"{CONTAINER}/{'a' * 1100}",
        f"{CONTAINER}/{'a' * 2100}",
    ],
)
def test_nothing_else_is(location: str) -> None:
    assert native_blob(location, CONTAINERS) is None


@pytest.mark.parametrize("found", [None, 5, b"https://customer.blob.core.windows.net/recordings/a.wav", [CONTAINER]])
def test_what_is_no_text_is_not(found: object) -> None:
    assert native_blob(found, CONTAINERS) is None


def test_without_a_setting_nothing_is() -> None:
    assert native_blob(f"{CONTAINER}/a.wav", ()) is None


_NAMES = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)


@given(_NAMES)
def test_a_name_is_read_as_it_was_written_or_not_at_all(name: str) -> None:
    """Whatever a name contains: if it is taken, it is exactly what every client would ask for."""
    found = native_blob(f"{CONTAINER}/{quote(name)}", CONTAINERS)

    assert found is None or (found.container, found.name) == (CONTAINER, name)
    if name.replace("/", "").isalnum():
        assert (found is None) == (any(not part for part in name.split("/")))


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(CONTAINERS))
def test_nothing_leads_out_of_the_container(tail: str, container: str) -> None:
    found = native_blob(f"{container}{tail}", CONTAINERS)

    if found is not None:
        assert tail.startswith("/")
        assert found.container == container
        assert {"", ".", ".."}.isdisjoint(found.name.split("/"))


@pytest.mark.parametrize(
    ("location", "names"),
    [
        (f"{CONTAINER}/20260301/call/0-audio.document-0.wav", True),
        (f"{CONTAINER}/20260301/call/0-acsmetadata.document-0.json", True),
        (f"{CONTAINER}/document-0", True),
        (f"{CONTAINER}/document-0/0-audio.wav", False),
        (f"{CONTAINER}/0-audio.document-01.wav", False),
        (f"{CONTAINER}/0-audio.adocument-0.wav", False),
        (f"{CONTAINER}/0-audio.wav?.document-0.", False),
    ],
)
def test_the_name_of_a_blob_says_which_document_it_is(location: str, *, names: bool) -> None:
    assert names == names_document(Location(location), DocumentId("document-0"))
