"""The contract of `Links`: a link reads one blob, for a while, and does nothing else."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import UserDelegationKey

from recording.adapters.links import BlobLinks
from recording.core.errors import ArchiveBusy
from recording.core.model import BlobName
from tests.contracts.containers import CONTENT, NAME, RealContainer

SOON = timedelta(minutes=5)


def test_a_link_reads_its_blob(real_container: RealContainer) -> None:
    """Without any credential; the part that is asked for."""
    real_container.put_as_stranger(NAME, CONTENT)
    url = real_container.links.link(NAME, datetime.now(UTC) + SOON)
    assert CONTENT == requests.get(url, timeout=10).content
    assert CONTENT[2:5] == requests.get(url, headers={"Range": "bytes=2-4"}, timeout=10).content


def test_a_link_does_nothing_else(real_container: RealContainer) -> None:
    """It neither writes nor deletes, lists nothing, and reads no other blob."""
    other = BlobName("another.zip")
    for name in (NAME, other):
        real_container.put_as_stranger(name, CONTENT)
    url = real_container.links.link(NAME, datetime.now(UTC) + SOON)
    own, _, signature = url.partition("?")
    container = own.removesuffix(urlsplit(own).path) + "/".join(urlsplit(own).path.split("/")[:3])
    put = {"x-ms-blob-type": "BlockBlob", "Content-Length": "0"}
    refused = [
        requests.delete(url, timeout=10),
        requests.put(url, headers=put, timeout=10),
        requests.get(f"{container}/{other}?{signature}", timeout=10),
        requests.get(f"{container}?restype=container&comp=list&{signature}", timeout=10),
        requests.get(own, timeout=10),
    ]
    assert {403} == {reply.status_code for reply in refused}
    assert real_container.archive.find(NAME) is not None


def test_a_link_ends(real_container: RealContainer) -> None:
    real_container.put_as_stranger(NAME, CONTENT)
    url = real_container.links.link(NAME, datetime.now(UTC) - timedelta(seconds=1))
    assert requests.codes.forbidden == requests.get(url, timeout=10).status_code


def delegated() -> UserDelegationKey:
    """A key as the service makes it for an identity."""
    key = UserDelegationKey()  # type: ignore[no-untyped-call]
    key.signed_oid, key.signed_tid, key.signed_service, key.signed_version = "oid", "tid", "b", "2023-11-03"
    key.signed_start, key.signed_expiry, key.value = "2026-03-01T11:55:00Z", "2026-03-01T12:15:00Z", "a2V5"
    return key


def test_with_an_identity_the_service_makes_the_key() -> None:
    """For as long as the link holds; the emulator has no identities."""
    asked: list[tuple[datetime, datetime]] = []
    now, until = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 12, 15, tzinfo=UTC)

    def key(since: datetime, ends: datetime) -> UserDelegationKey:
        asked.append((since, ends))
        return delegated()

    account = "https://account.blob.core.windows.net/"
    service = SimpleNamespace(credential=object(), url=account, account_name="account", get_user_delegation_key=key)
    links = BlobLinks(service, "exports", lambda: now)  # type: ignore[arg-type]
    url = urlsplit(links.link(BlobName("e-1.zip"), until))
    said = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert ("account.blob.core.windows.net", "/exports/e-1.zip") == (url.netloc, url.path)
    assert ("r", "b", "oid", "https", "2026-03-01T12:15:00Z") == tuple(
        said[name] for name in ("sp", "sr", "skoid", "spr", "se")
    )
    assert [(now - timedelta(minutes=5), until)] == asked


def test_a_key_that_cannot_be_had_now() -> None:
    def fail(*_: object) -> None:
        raise HttpResponseError("no reply")

    service = SimpleNamespace(
        credential=object(), url="https://account/", account_name="a", get_user_delegation_key=fail
    )
    links = BlobLinks(service, "exports", lambda: datetime.now(UTC))  # type: ignore[arg-type]
    with pytest.raises(ArchiveBusy):
        links.link(NAME, datetime.now(UTC))
