"""Known bugs, each put back by a small patch; the simulation must find every one of them.

They are of the kinds that were once found in this app or in others like it. A bug that cannot be seen over fakes, such
as one of an adapter, is not listed.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from unittest.mock import PropertyMock, patch

from recording.calls.withdrawing import Withdrawing
from recording.catalog_updates import CatalogUpdates
from recording.chunks.releasing import Releasing
from recording.chunks.running_chunks import Run as ChunkRun
from recording.copying.engine import OpenedChunk
from recording.core.formats.metadata import ChunkMetadata
from recording.core.model import Chunk
from recording.refusing import Refusing
from recording.watch.dead_letters import DeadLetters
from recording.watch.draining import Draining
from recording.watch.open_consents import OpenConsents
from recording.watch.replayed import Replayed
from recording.watch.sweeping import Sweeping
from recording.watch.ticking import Ticking
from recording.writing_trail import WritingTrail
from tests.fakes import FakeArchive, FakeCatalog
from tests.simulation import bugs

type Mutant = Callable[[], AbstractContextManager[object]]


def _put(target: str, new: object) -> Mutant:
    return lambda: patch(target, new)


def _method(kind: type, name: str, new: object) -> Mutant:
    return lambda: patch.object(kind, name, new)


MUTANTS: Mapping[str, Mutant] = {
    "one odd member refuses its sisters": _put("recording.events.taking.parse_event", bugs.whole_or_nothing),
    "gone_by is too early": _put("recording.chunks.announcing.gone_by_of", bugs.gone_early),
    "lost at the first 404": _put("recording.chunks.archiving.fact_of", bugs.lost_at_once),
    "lost by a 404 only": _put("recording.chunks.archiving.fact_of", bugs.lost_only_by_404),
    "a doubt is final": _put("recording.chunks.setting_apart.another_look", bugs.never),
    "a permanent error is final": _put("recording.chunks.failed_step.another_look", bugs.never),
    "the first event is final": _put("recording.core.lifecycle.announced.seen_again", lambda chunk, *_: (chunk, "")),
    "a 404 on delete is believed": _method(Releasing, "_delete", bugs.believed),
    "any door may delete": _method(Releasing, "_authorized", bugs.by_any_door),
    "another's object may be deleted": _method(Releasing, "_check_metadata_under", bugs.never),
    "released without a look at the archive": _put("recording.chunks.releasing.damage_of", lambda *_: ""),
    "the key's proof stands against Event Grid": _put(
        "recording.core.lifecycle.candidates._overrules", lambda *_: False
    ),
    "the key's metadata file vouches for any media": _put("recording.chunks.copying_chunk._is_beside", lambda _: True),
    "an unwritten trail is not owed": _put("recording.core.lifecycle.opening._until_written", bugs.never),
    "acts are said to be written, and are not": _method(WritingTrail, "_write", bugs.unwritten),
    "blobs are overwritten": _method(FakeArchive, "_refuse_committed", bugs.never),
    "a standing blob is believed": _method(OpenedChunk, "compare", bugs.by_its_metadata),
    "any blob is the metadata file": _put("recording.chunks.metadata_file._etag_of_same", bugs.any_file),
    "empty metadata is enough": lambda: patch.object(
        ChunkMetadata, "makes_sense", PropertyMock(return_value=True), create=True
    ),
    "metadata is not waited for": lambda: patch.object(Chunk, "is_metadata_owed", PropertyMock(return_value=False)),
    "a full last chunk is the end": _put("recording.core.lifecycle.wholeness._open_end", lambda _: iter(())),
    "whatever is there is whole": _put("recording.core.formats.notifications.lacks", bugs.nothing_lacks),
    "a call that is not ready is refused": bugs.final_refusal,
    "a refused order keeps its id": bugs.same_request_id,
    "consent is assumed": _put("recording.calls.consenting._fact_of", bugs.consent_assumed),
    "a decline is ignored": _put("recording.calls.consenting._fact_of", bugs.decline_ignored),
    "a withdrawal is only noted": _method(Withdrawing, "carry_out", bugs.only_noted),
    "who joins without a word is not looked for": _method(OpenConsents, "_look_again", bugs.never),
    "evidence is written after the start": _put("recording.calls.starting._claim_of", bugs.claimed_without_evidence),
    "claims do not stand": _method(FakeCatalog, "claim", bugs.own_claim),
    "saved without a condition": _method(FakeCatalog, "save", bugs.without_condition),
    "told before saved": bugs.told_before_saved,
    "alerts are not told": _method(CatalogUpdates, "tell", lambda _, entry: entry),
    "acknowledged, not saved": bugs.acknowledged_unsaved,
    "a marked run drops what it was marked for": bugs.ends_for_another,
    "a run ignores its mark": _method(ChunkRun, "finish", lambda run: run.abandon() or True),
    "events are not journalled": _method(Refusing, "keep_events", lambda *_: "nowhere"),
    "the row is written after the save": bugs.row_after_save,
    "the row is removed before the save": bugs.row_removed_first,
    "the sweep trusts the queue": _put("recording.core.watching._is_overdue", bugs.drives_nothing),
    "no file event is awaited for ever": _put("recording.core.watching._without_chunk", lambda *_: iter(())),
    "every tick goes on": _method(Ticking, "continue_chain", bugs.any_tick),
    "dead letters are not replayed": _method(DeadLetters, "replay", lambda *_: Replayed()),
    "events that are given up are dropped": _method(Draining, "drain_events", bugs.never),
    "a tick plants nothing": _method(Ticking, "continue_chain", lambda *_: True),
    "the sweep forgets its end": _method(Sweeping, "_slice", lambda *_: ""),
}
"""By name."""

_FORGED = {"event forged": 0.6}
LIKELY: Mapping[str, Mapping[str, float]] = {
    "the key's proof stands against Event Grid": _FORGED,
    "the key's metadata file vouches for any media": _FORGED | {"source answers wrong": 0.2},
    "consent is assumed": {"prompt fails": 0.4, "a participant is silent": 0.4},
    "a decline is ignored": {"a participant declines": 0.4},
    "a withdrawal is only noted": {"consent withdrawn": 0.9},
    "who joins without a word is not looked for": {"callback lost": 0.5, "a participant joins late": 0.9},
    "a marked run drops what it was marked for": {"message twice": 0.1, "lease lost": 0.3, "clock skewed": 0.8},
    "a run ignores its mark": {"message twice": 0.1, "lease lost": 0.3},
    "one odd member refuses its sisters": {"event with an odd member": 0.5},
}
"""By name: the faults without which a bug does nothing, and how likely they are while it is hunted."""
