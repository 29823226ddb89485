"""How archived blobs are kept from their commit on. Azurite keeps tiers and knows no WORM: the request tells."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from recording.adapters.archive import BlobRetention
from recording.ports import Archive
from tests.contracts.containers import CONTENT, NAME, A, RealContainer, view

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def put(archive: Archive) -> None:
    """A blob in one request."""
    archive.put(NAME, view(CONTENT), {}, "audio/wav")


def commit(archive: Archive) -> None:
    """A blob of a block."""
    archive.stage(NAME, A, view(CONTENT))
    archive.commit(NAME, [A], {}, "audio/wav")


WAYS = pytest.mark.parametrize("publish", [put, commit])


@WAYS
@pytest.mark.parametrize("tier", ["Hot", "Cool"])
def test_a_blob_is_in_its_tier_from_the_first(
    azurite: Azurite, real_container: RealContainer, publish: Callable[[Archive], None], tier: str
) -> None:
    """It is not moved later, which would cost another write."""
    archive = real_container.archive_with_retention(BlobRetention(lambda: NOW, tier=tier))
    publish(archive)
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        found = service.get_blob_client(archive.container, NAME).get_blob_properties()

    assert tier == found.blob_tier


@WAYS
def test_immutability_and_hold_are_asked_for_with_the_commit_itself(
    real_container: RealContainer, publish: Callable[[Archive], None]
) -> None:
    """There is no moment at which the blob exists without protection."""
    retention = BlobRetention(lambda: NOW, immutable_days=7, locked=True, legal_hold=True)
    publish(real_container.archive_with_retention(retention))
    headers = real_container.network.sent[-1].headers

    assert "Sun, 08 Mar 2026 12:00:00 GMT" == headers["x-ms-immutability-policy-until-date"]
    assert "locked" == headers["x-ms-immutability-policy-mode"].lower()
    assert "true" == headers["x-ms-legal-hold"].lower()
