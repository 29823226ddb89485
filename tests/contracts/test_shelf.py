"""The contract of `Shelf`, on the fake and on Blob storage."""

from datetime import UTC, datetime, timedelta

import pytest

from recording.core.errors import ArchiveRefused
from recording.core.retention import Tier
from tests.contracts.containers import CONTENT, NAME, Container, FakeContainer, RealContainer

UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_blob_moves_into_a_cheaper_tier_and_can_still_be_found(container: Container) -> None:
    container.put_as_stranger(NAME, CONTENT)
    shelf = container.shelf

    assert all(shelf.move(NAME, tier) for tier in (Tier.COOL, Tier.ARCHIVE, Tier.COOL))
    assert container.archive.find(NAME) is not None
    assert "Archive" == container.tier(NAME)


def test_there_is_nothing_to_move_or_to_guard_where_no_blob_is(container: Container) -> None:
    shelf = container.shelf

    assert not shelf.move(NAME, Tier.COOL)
    assert not shelf.protect(NAME, UNTIL)


def test_a_guard_is_never_shortened() -> None:
    """On the fake: the emulator has none."""
    container = FakeContainer()
    container.put_as_stranger(NAME, CONTENT)

    assert all(container.shelf.protect(NAME, until) for until in (UNTIL, UNTIL - timedelta(days=1)))
    assert {NAME: UNTIL} == container.shelf.guarded


def test_a_service_without_guards_says_so(real_container: RealContainer) -> None:
    real_container.put_as_stranger(NAME, CONTENT)

    with pytest.raises(ArchiveRefused, match="501"):
        real_container.shelf.protect(NAME, UNTIL)


def test_a_guard_is_asked_for_until_that_moment(real_container: RealContainer) -> None:
    real_container.put_as_stranger(NAME, CONTENT)
    with pytest.raises(ArchiveRefused):
        real_container.shelf.protect(NAME, UNTIL)
    headers = {name.lower(): value for name, value in real_container.network.sent[-1].headers.items()}

    assert "Tue, 01 Jan 2030 00:00:00 GMT" == headers["x-ms-immutability-policy-until-date"]
    assert "unlocked" == headers["x-ms-immutability-policy-mode"].lower()


def test_a_missing_container_is_not_a_missing_blob(real_container: RealContainer) -> None:
    with pytest.raises(ArchiveRefused, match="ContainerNotFound"):
        real_container.missing_shelf.move(NAME, Tier.COOL)
