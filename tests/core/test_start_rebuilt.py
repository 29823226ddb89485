"""An entry that an event has made, after the catalog had lost another, is given what is known of its start."""

import pytest

from recording.core.lifecycle import Rebuilt, decide
from recording.core.model import CatalogEntry, ChunkState, RecordingState
from tests.core.entries_of import APPLIED, ATTESTED, MANIFEST, NOW, WAV, changed_recording, chunk, entry_of

MADE = entry_of(chunk(0, ChunkState.RELEASED, end_reason="SessionEnded"))
STARTED = changed_recording(
    entry_of(state=RecordingState.STARTED), applied=APPLIED, output=WAV, requested_at=NOW, consent=ATTESTED
)


def given(entry: CatalogEntry, found: CatalogEntry) -> CatalogEntry:
    return decide(entry, Rebuilt(found, "its trail"), NOW).entry


@pytest.mark.parametrize("is_complete", [True, False])
def test_it_gets_the_rule_and_owes_a_manifest_that_says_it(*, is_complete: bool) -> None:
    made = changed_recording(MADE, completed_at=NOW, manifest_name=MANIFEST) if is_complete else MADE
    after = given(made, STARTED)

    assert (APPLIED, WAV, NOW) == (after.recording.applied, after.recording.output, after.recording.requested_at)
    assert ATTESTED == after.recording.consent
    assert (None, made.recording.revision + is_complete) == (after.recording.completed_at, after.recording.revision)
    assert made.chunks == after.chunks
    assert after == given(after, STARTED)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (MADE, entry_of()),
        (changed_recording(MADE, requested_at=NOW), STARTED),
        (changed_recording(MADE, applied=APPLIED), STARTED),
    ],
)
def test_what_is_known_of_its_start_stays(entry: CatalogEntry, found: CatalogEntry) -> None:
    assert entry == given(entry, found)
