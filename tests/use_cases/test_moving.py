"""Media move into cheaper tiers, and blobs are guarded, as the class of their recording says."""

from datetime import UTC, date, datetime, timedelta

from recording.core.model import RecordingId
from recording.records.keeping.moving import MOVES
from tests.use_cases.keepings import erased, file_all
from tests.use_cases.test_retention import changed, with_class, world_of
from tests.use_cases.world import World, file_event_of

DAY = timedelta(days=1)
TIERS = "[{afterDays: 30, tier: Cool}, {afterDays: 60, tier: Archive}]"
TIERED = f"{{name: tiered, days: 365, afterwards: delete, tiers: {TIERS}}}"
GUARDED = "{name: guarded, days: 365, wormDays: 100, afterwards: delete}"
PLAIN = "{name: plain, days: 365, afterwards: delete}"
CLASSES = f"{{version: 1, default: plain, classes: [{TIERED}, {GUARDED}, {PLAIN}]}}"


def tiers(world: World) -> dict[str, str]:
    """The tiers of blobs that were moved, by the recording."""
    return {name.split("/")[-2]: tier for name, tier in world.shelf.tiers.items()}


def days_of(world: World, days: int) -> dict[date, dict[str, str]]:
    """After which daily passes the tiers were others."""
    found: dict[date, dict[str, str]] = {}
    before: dict[str, str] = {}
    for _ in range(days):
        world.app.records.keeping.moving.run()
        if tiers(world) != before:
            before = found[world.clock.at.date()] = tiers(world)
        world.clock.at += DAY
    return found


def rows(world: World) -> int:
    return len(world.index.page(MOVES, 100).rows)


def test_media_move_when_their_days_have_passed_and_nothing_else_does() -> None:
    world = world_of("r1", "r2", classes=CLASSES)
    with_class(world, "r1", "tiered")

    assert {date(2026, 4, 1): {"r1": "Cool"}, date(2026, 5, 1): {"r1": "Archive"}} == days_of(world, 90)
    assert {chunk.name for chunk in world.entry(RecordingId("r1"))} == set(world.shelf.tiers)
    assert 0 == rows(world)


def test_a_move_that_was_missed_is_made_later_and_both_if_both_were() -> None:
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    world.clock.at += 100 * DAY

    assert [{"r1": "Archive"}] == list(days_of(world, 2).values())


def test_what_is_due_moves_also_if_the_service_gives_an_empty_page_first() -> None:
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    world.index.is_empty_first = True
    assert [date(2026, 4, 1), date(2026, 5, 1)] == list(days_of(world, 90))


def test_a_recording_that_gets_another_class_moves_as_that_says() -> None:
    """What it has no class for any more does not move."""
    world = world_of("r1", "r2", classes=CLASSES)
    for name in ("r1", "r2"):
        with_class(world, name, "tiered")
    with_class(world, "r1", "plain")
    with_class(world, "r2", "unknown")

    assert {} == days_of(world, 90)
    assert 0 == rows(world)


def test_while_the_classes_cannot_be_read_nothing_moves_and_no_move_is_forgotten() -> None:
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    world.settings = {"RETENTION_CLASSES": "{version: 2}"}
    world.worker()
    world.app.records.keeping.duties.file(world.entry(RecordingId("r1")))
    assert {} == days_of(world, 40)

    world.settings = {"RETENTION_CLASSES": CLASSES}
    world.worker()
    assert [{"r1": "Cool"}] == list(days_of(world, 2).values())


def test_a_row_of_what_is_erased_is_dropped() -> None:
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    erased(world, "r1")

    assert {} == days_of(world, 90)
    assert 0 == rows(world)


def test_what_the_account_refuses_to_move_is_not_tried_for_ever() -> None:
    """It is logged; the next move is made on its own day."""
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    world.shelf.refuses = True
    assert {} == days_of(world, 45)
    world.shelf.refuses = False

    assert {date(2026, 5, 1): {"r1": "Archive"}} == days_of(world, 45)


def test_blobs_are_guarded_for_the_days_of_the_class_from_when_they_are_filed() -> None:
    """All of them; nobody can delete them before."""
    world = world_of("r1", "r2", classes=CLASSES)
    with_class(world, "r1", "guarded")
    until = datetime(2026, 6, 9, tzinfo=UTC)

    assert {name: until for name in world.archive.blobs if "/r1/" in name} == world.shelf.guarded


def test_what_comes_with_a_later_manifest_is_guarded_too() -> None:
    """Such as a late chunk."""
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "guarded")
    world.clock.sleep(60)
    world.deliver(file_event_of(world.add("late", 1), recording_id="r1", event_id="late"))
    world.run()
    file_all(world)
    guarded = {name for name in world.archive.blobs if "/r1/" in name and ".seal" not in name}
    assert [name for name in guarded if "late" in name]
    assert guarded == world.shelf.guarded.keys()
    assert {datetime(2026, 6, 9, tzinfo=UTC)} == set(world.shelf.guarded.values())


def test_a_storage_without_guards_is_asked_again_when_the_recording_is_filed_again() -> None:
    world = world_of("r1", classes=CLASSES)
    world.shelf.refuses = True
    with_class(world, "r1", "guarded")
    assert {} == world.shelf.guarded
    world.shelf.refuses = False
    world.app.records.keeping.duties.file(world.entry(RecordingId("r1")))

    assert world.shelf.guarded
    world.shelf.guarded.clear()
    world.app.records.keeping.duties.file(world.entry(RecordingId("r1")))
    assert {} == world.shelf.guarded, "it is known that they are"


def test_nothing_is_left_of_the_moves_of_a_recording_that_was_removed() -> None:
    world = world_of("r1", classes=CLASSES)
    with_class(world, "r1", "tiered")
    assert 1 == rows(world)
    world.app.records.keeping.duties.unfile(RecordingId("r1"))

    assert 0 == rows(world)
    world.app.records.keeping.duties.unfile(RecordingId("r1"))
    changed(world, "r1")
