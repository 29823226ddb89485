"""The rows of people are written anew while somebody reads them page by page: nobody's recording is passed over."""

import pytest

from recording.ports import IndexPage
from tests.use_cases.persons import KEY, NEXT, ids, of, record, world_of
from tests.use_cases.rehashes import rehash, rotated


@pytest.mark.parametrize("who", [f"8:acs:{name}" for name in "abcdef"])
def test_a_recording_is_found_whose_row_is_moved_between_the_looks_under_each_key(
    who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be in no plan of an erasure, and the certificate would say that all of the person is erased."""
    world = world_of()
    record(world, "one", [who])
    rotated(world, f"{NEXT},{KEY}")
    page, looks = world.index.page, list[str]()

    def moved_after(partition: str, limit: int, after: str = "", since: str = "", until: str = "") -> IndexPage:
        found = page(partition, limit, after, since, until)
        if partition.startswith("person~"):
            looks.append(partition)
            if len(looks) == 1:
                rehash(world)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(world.index, "page", moved_after)
        found = ids(of(world, who))

    assert len(looks) > 1
    assert ["one"] == found
