"""Known bugs, each put back by a small patch; the simulation must find every one of them.

They are of the kinds that were once found in this app or in others like it. A bug that cannot be seen over fakes, such
as one of an adapter, is not listed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import PropertyMock, patch

from recording.calls.starting import Starting
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.chunks.archiving import Archiving, Outcome
from recording.chunks.failed_step import fact_of
from recording.chunks.releasing import Releasing
from recording.chunks.running_chunks import Run as ChunkRun
from recording.copying.destination import Copied
from recording.copying.engine import OpenedChunk
from recording.core.errors import CallNotReady, CallRefused, MalformedEvent, Transient
from recording.core.formats.events import parse_event
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.metadata import ChunkMetadata
from recording.core.lifecycle import Expired, Failed, decide_all
from recording.core.model import Chunk, Digest, FileEvent
from recording.refusing import Refusing
from recording.watch.sweeping import Sweeping
from recording.watch.ticking import Ticking
from tests.fakes import FakeArchive, FakeCatalog

type Mutant = Callable[[], AbstractContextManager[object]]


def _put(target: str, new: object) -> Mutant:
    return lambda: patch(target, new)


def _method(kind: type, name: str, new: object) -> Mutant:
    return lambda: patch.object(kind, name, new)


def _never(*_: object, **__: object) -> None:
    """Nothing, or no."""


def _nothing_lacks(*_: object) -> tuple[str, ...]:
    return ()


def _gone_early(now: datetime, _: timedelta) -> datetime:
    return now + timedelta(hours=3)


def _lost_at_once(*args: Any) -> Any:  # noqa: ANN401
    fact = fact_of(*args)
    return Expired(fact.document_id, fact.failure) if isinstance(fact, Failed) and args[1] and _is_gone(fact) else fact


def _is_gone(fact: Failed) -> bool:
    return fact.failure.code == "source_gone"


def _lost_only_by_404(*args: Any) -> Any:  # noqa: ANN401
    fact = fact_of(*args)
    if isinstance(fact, Expired) and fact.failure.code != "source_gone":
        return Failed(fact.document_id, fact.failure, args[4] + timedelta(minutes=30))
    return fact


def _believed(self: Releasing, _: Chunk, location: Any, proof: Any) -> bool:  # noqa: ANN401
    return self.source.delete(location, proof)


def _by_any_door(_: object, __: object, chunk: Chunk, ___: object) -> Any:  # noqa: ANN401
    return chunk.announced.delete_location


def _by_its_metadata(_: object, __: object, standing: Any) -> Copied:  # noqa: ANN401
    return Copied(standing.length, Digest(standing.blob_metadata.get("sha256blocks", ""), 1), standing.etag)


def _any_file(archive: Any, name: Any, _: bytes) -> str | None:  # noqa: ANN401
    found = archive.find(name)
    return found.etag if found else None


def _whole_or_nothing(raw: object) -> Any:  # noqa: ANN401
    event = parse_event(raw)
    if isinstance(event, FileEvent) and event.unread:
        raise MalformedEvent("event", event.unread[0].cause)
    return event


def _without_condition(self: FakeCatalog, entry: Any) -> Any:  # noqa: ANN401
    saved = replace(entry, version=str(next(self._versions)))
    self.entries[entry.recording.recording_id] = saved
    return saved


def _own_claim(self: FakeCatalog, claim: Any) -> Any:  # noqa: ANN401
    self.claims[claim.key] = found = replace(claim, version=str(next(self._versions)))
    return found


@contextmanager
def _told_before_saved() -> Iterator[None]:
    save = CatalogUpdates._save  # noqa: SLF001 - it is wrapped

    def saving(self: CatalogUpdates, recording_id: Any, facts: Any, own: Any, known: Any, by: Any) -> Any:  # noqa: ANN401
        entry = self.catalog.load(recording_id)
        with suppress(KeyError):
            for alert in decide_all(entry, facts, self.now(), by).entry.recording.untold:
                self._publish(recording_id, alert)
        return save(self, recording_id, facts, own, known, by)

    with patch.object(CatalogUpdates, "_save", saving):
        yield


@contextmanager
def _acknowledged_unsaved() -> Iterator[None]:
    run = Archiving.archive_chunk

    def running(self: Archiving, *args: Any, **kwargs: Any) -> Outcome:  # noqa: ANN401
        try:
            return run(self, *args, **kwargs)
        except Transient:
            return Outcome.DONE

    with patch.object(Archiving, "archive_chunk", running):
        yield


@contextmanager
def _ends_for_another() -> Iterator[None]:
    """The run that another message has marked goes on with its own message only."""
    advance = Archiving._advance  # noqa: SLF001 - as it was

    def running(self: Archiving, recording_id: Any, document_id: Any, look_at: Any = None, *, is_again: bool) -> Any:  # noqa: ANN401
        message = ChunkMessage(recording_id, document_id, look_at)
        with self.running.start(message) as run:
            if run is None:
                return Outcome.ALREADY_RUNNING
            while True:
                outcome = advance(self, message, is_again=is_again)
                if run.finish():
                    return outcome

    with patch.object(Archiving, "archive_chunk", running):
        yield


@contextmanager
def _other_moment() -> Iterator[None]:
    """The messages of an event name the moment before its chunks were saved."""
    announce = Announcing.announce

    def announcing(self: Announcing, *args: Any) -> Any:  # noqa: ANN401
        early = timedelta(milliseconds=1)
        messages = announce(self, *args)
        return [replace(one, look_at=one.look_at - early if one.look_at else None) for one in messages]

    with patch.object(Announcing, "announce", announcing):
        yield


@contextmanager
def _final_refusal() -> Iterator[None]:
    """A call that is not established yet is refused for good."""
    start = Starting.start_for_call

    def starting(self: Starting, event: Any) -> Any:  # noqa: ANN401
        try:
            return start(self, event)
        except CallNotReady as error:
            raise CallRefused(error.operation, error.cause, status=400) from error

    with patch.object(Starting, "start_for_call", starting):
        yield


@contextmanager
def _same_request_id() -> Iterator[None]:
    """After a refusal the order keeps its id, for which the service repeats the refusal."""

    def replacing(found: Any, **changes: Any) -> Any:  # noqa: ANN401
        return replace(found, **{name: value for name, value in changes.items() if name != "request_id"})

    with patch("recording.calls.starting.replace", replacing):
        yield


@contextmanager
def _row_after_save() -> Iterator[None]:
    def saving(self: CatalogUpdates, before: Any, after: Any) -> Any:  # noqa: ANN401
        recording_id, opening = after.recording.recording_id, after.recording.opening
        saved = self.catalog.save(after)
        if opening.hour is not None:
            self.open_work.put(recording_id, opening, self.now())
        return saved

    with patch.object(CatalogUpdates, "_save_opened", saving):
        yield


@contextmanager
def _row_removed_first() -> Iterator[None]:
    save = CatalogUpdates._save_opened  # noqa: SLF001 - it is wrapped

    def saving(self: CatalogUpdates, before: Any, after: Any) -> Any:  # noqa: ANN401
        known = before.recording.opening if before else None
        if known is not None and known.hour is not None and known != after.recording.opening:
            self.open_work.remove(after.recording.recording_id, known)
        return save(self, before, after)

    with patch.object(CatalogUpdates, "_save_opened", saving):
        yield


def _drives_nothing(*_: object) -> bool:
    return False


MUTANTS: Mapping[str, Mutant] = {
    "one odd member refuses its sisters": _put("recording.events.taking.parse_event", _whole_or_nothing),
    "gone_by is too early": _put("recording.chunks.announcing.gone_by_of", _gone_early),
    "lost at the first 404": _put("recording.chunks.archiving.fact_of", _lost_at_once),
    "lost by a 404 only": _put("recording.chunks.archiving.fact_of", _lost_only_by_404),
    "a doubt is final": _put("recording.chunks.setting_apart.another_look", _never),
    "a permanent error is final": _put("recording.chunks.failed_step.another_look", _never),
    "the first event is final": _put("recording.core.lifecycle.announced.seen_again", lambda chunk, *_: (chunk, "")),
    "a 404 on delete is believed": _method(Releasing, "_delete", _believed),
    "any door may delete": _method(Releasing, "_authorized", _by_any_door),
    "another's object may be deleted": _method(Releasing, "_check_metadata_under", _never),
    "released without a look at the archive": _method(Releasing, "_damage", lambda *_: ""),
    "the key's proof stands against Event Grid": _put(
        "recording.core.lifecycle.candidates._overrules", lambda *_: False
    ),
    "the key's metadata file vouches for any media": _put("recording.chunks.copying_chunk._is_beside", lambda _: True),
    "what came during the copy is not looked at": _put(
        "recording.core.lifecycle.chunks._is_overtaken", lambda *_: False
    ),
    "a message names another moment than its chunk": _other_moment,
    "blobs are overwritten": _method(FakeArchive, "_refuse_committed", _never),
    "a standing blob is believed": _method(OpenedChunk, "compare", _by_its_metadata),
    "any blob is the metadata file": _put("recording.chunks.metadata_file._etag_of_same", _any_file),
    "empty metadata is enough": lambda: patch.object(
        ChunkMetadata, "makes_sense", PropertyMock(return_value=True), create=True
    ),
    "metadata is not waited for": lambda: patch.object(Chunk, "is_metadata_owed", PropertyMock(return_value=False)),
    "a full last chunk is the end": _put("recording.core.lifecycle.wholeness._open_end", lambda _: iter(())),
    "whatever is there is whole": _put("recording.core.formats.notifications.lacks", _nothing_lacks),
    "a call that is not ready is refused": _final_refusal,
    "a refused order keeps its id": _same_request_id,
    "claims do not stand": _method(FakeCatalog, "claim", _own_claim),
    "saved without a condition": _method(FakeCatalog, "save", _without_condition),
    "told before saved": _told_before_saved,
    "alerts are not told": _method(CatalogUpdates, "tell", lambda _, entry: entry),
    "acknowledged, not saved": _acknowledged_unsaved,
    "a marked run drops what it was marked for": _ends_for_another,
    "a run ignores its mark": _method(ChunkRun, "finish", lambda run: run.abandon() or True),
    "events are not journalled": _method(Refusing, "keep_events", lambda *_: "nowhere"),
    "the row is written after the save": _row_after_save,
    "the row is removed before the save": _row_removed_first,
    "the sweep trusts the queue": _put("recording.core.watching._is_overdue", _drives_nothing),
    "the service is never asked": _put("recording.core.watching._is_to_be_asked", _drives_nothing),
    "no file event is awaited for ever": _put("recording.core.watching._without_chunk", lambda *_: iter(())),
    "a tick plants nothing": _method(Ticking, "continue_chain", lambda *_: True),
    "the sweep forgets its end": _method(Sweeping, "_slice", lambda *_: ""),
}
"""By name."""
