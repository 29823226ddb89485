"""The bugs that `mutants` puts back: functions that take the place of the app's, and patches of more than one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from recording.calls.consenting import _fact_of
from recording.calls.starting import Starting, _claim_of
from recording.catalog_updates import CatalogUpdates
from recording.chunks.archiving import Archiving, Outcome
from recording.chunks.failed_step import fact_of
from recording.chunks.releasing import Releasing
from recording.copying.destination import Copied
from recording.core.consent import Agreed, ConsentFact, ConsentTerms, Declined, NotPlayed, Played, Silent
from recording.core.errors import CallNotReady, CallRefused, MalformedEvent, Transient
from recording.core.formats.events import parse_event
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Expired, Failed, decide_all
from recording.core.model import CatalogEntry, Chunk, Digest, FileEvent, PromptEvent
from recording.core.trail import links
from recording.ports import StartClaim
from recording.watch.ticking import Ticking
from tests.fakes import FakeCatalog


def never(*_: object, **__: object) -> None:
    """Nothing, or no."""


def nothing_lacks(*_: object) -> tuple[str, ...]:
    return ()


def gone_early(now: datetime, _: timedelta) -> datetime:
    return now + timedelta(hours=3)


def lost_at_once(*args: Any) -> Any:  # noqa: ANN401
    fact = fact_of(*args)
    return Expired(fact.document_id, fact.failure) if isinstance(fact, Failed) and args[1] and is_gone(fact) else fact


def is_gone(fact: Failed) -> bool:
    return fact.failure.code == "source_gone"


def lost_only_by_404(*args: Any) -> Any:  # noqa: ANN401
    fact = fact_of(*args)
    if isinstance(fact, Expired) and fact.failure.code != "source_gone":
        return Failed(fact.document_id, fact.failure, args[4] + timedelta(minutes=30))
    return fact


def believed(self: Releasing, _: Chunk, location: Any, proof: Any) -> bool:  # noqa: ANN401
    return self.source.delete(location, proof)


def by_any_door(_: object, __: object, chunk: Chunk, ___: object) -> Any:  # noqa: ANN401
    return chunk.announced.delete_location


def consent_assumed(event: PromptEvent, number: int, terms: ConsentTerms) -> ConsentFact:
    """Who was not told, or said nothing, consents."""
    fact = _fact_of(event, number, terms)
    if isinstance(fact, NotPlayed):
        return Played(number, event.event_id)
    return Agreed(number, terms.agree, event.event_id) if isinstance(fact, Silent) else fact


def decline_ignored(event: PromptEvent, number: int, terms: ConsentTerms) -> ConsentFact:
    fact = _fact_of(event, number, terms)
    return Silent(number, "another key was pressed") if isinstance(fact, Declined) else fact


def only_noted(_: object, entry: CatalogEntry, **__: object) -> CatalogEntry:
    """A withdrawal stops nothing."""
    return entry


def claimed_without_evidence(*args: Any) -> StartClaim:  # noqa: ANN401
    return replace(_claim_of(*args), consent=None)


def by_its_metadata(_: object, __: object, standing: Any) -> Copied:  # noqa: ANN401
    return Copied(standing.length, Digest(standing.blob_metadata.get("sha256blocks", ""), 1), standing.etag)


def any_file(archive: Any, name: Any, _: bytes) -> str | None:  # noqa: ANN401
    found = archive.find(name)
    return found.etag if found else None


def whole_or_nothing(raw: object) -> Any:  # noqa: ANN401
    event = parse_event(raw)
    if isinstance(event, FileEvent) and event.unread:
        raise MalformedEvent("event", event.unread[0].cause)
    return event


def without_condition(self: FakeCatalog, entry: Any) -> Any:  # noqa: ANN401
    saved = replace(entry, version=str(next(self._versions)))
    self.entries[entry.recording.recording_id] = saved
    return saved


def own_claim(self: FakeCatalog, claim: Any) -> Any:  # noqa: ANN401
    self.claims[claim.key] = found = replace(claim, version=str(next(self._versions)))
    return found


@contextmanager
def told_before_saved() -> Iterator[None]:
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
def acknowledged_unsaved() -> Iterator[None]:
    run = Archiving.archive_chunk

    def running(self: Archiving, *args: Any, **kwargs: Any) -> Outcome:  # noqa: ANN401
        try:
            return run(self, *args, **kwargs)
        except Transient:
            return Outcome.DONE

    with patch.object(Archiving, "archive_chunk", running):
        yield


@contextmanager
def ends_for_another() -> Iterator[None]:
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
def final_refusal() -> Iterator[None]:
    """A call that is not established yet is refused for good."""
    start = Starting.start_for_call

    def starting(self: Starting, *args: Any, by: Any) -> Any:  # noqa: ANN401
        try:
            return start(self, *args, by=by)
        except CallNotReady as error:
            raise CallRefused(error.operation, error.cause, status=400) from error

    with patch.object(Starting, "start_for_call", starting):
        yield


@contextmanager
def same_request_id() -> Iterator[None]:
    """After a refusal the order keeps its id, for which the service repeats the refusal."""

    def replacing(found: Any, **changes: Any) -> Any:  # noqa: ANN401
        return replace(found, **{name: value for name, value in changes.items() if name != "request_id"})

    with patch("recording.calls.starting.replace", replacing):
        yield


@contextmanager
def row_after_save() -> Iterator[None]:
    def saving(self: CatalogUpdates, _: Any, after: Any, own: Any) -> Any:  # noqa: ANN401
        recording_id, opening = after.recording.recording_id, after.recording.opening
        saved = own.latest = self.catalog.save(after)
        if opening.at is not None:
            self.open_work.put(recording_id, opening, self.now())
        return saved

    with patch.object(CatalogUpdates, "_save_opened", saving):
        yield


@contextmanager
def row_removed_first() -> Iterator[None]:
    save = CatalogUpdates._save_opened  # noqa: SLF001 - it is wrapped

    def saving(self: CatalogUpdates, before: Any, after: Any, own: Any) -> Any:  # noqa: ANN401
        known = before.recording.opening if before else None
        if known is not None and known.at is not None and known != after.recording.opening:
            self.open_work.remove(after.recording.recording_id, known)
        return save(self, before, after, own)

    with patch.object(CatalogUpdates, "_save_opened", saving):
        yield


def unwritten(_: object, entry: Any) -> Any:  # noqa: ANN401
    return list(links(entry.recording))[-1], None


def drives_nothing(*_: object) -> bool:
    return False


def any_tick(self: Ticking, number: int) -> bool:
    """Every tick goes on, whether it is the chain's or not."""
    self.queue.put(number + 1, self.interval)
    return True
