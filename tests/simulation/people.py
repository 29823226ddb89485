"""Calls that people make, and what they ask of the app: start, pause, resume, stop."""

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from recording.core.callers import KEY
from recording.core.formats import api
from recording.core.model import Actor, CatalogEntry, Chunk, DocumentId, Door, RecordingId, Ruling, ServerCallId
from recording.core.outputs import parse_output_name
from tests.simulation.rules import decisions_about
from tests.simulation.truth import recording_id_of, whom_of

if TYPE_CHECKING:
    from tests.simulation.processes import Process
    from tests.simulation.world import World

_DAY = 86_400.0
_LATEST_DECISION = 2 * _DAY
_UNDER_CONSENT = 0.3
"""Of the calls that the app is told of: so many stand under a rule that asks for consent."""
_WAV = parse_output_name("audio-mixed-wav")


def plan_call(world: "World", whom: str) -> None:
    """Put a call on the agenda, and what becomes of it."""
    chance = world.chance
    begins = _DAY * chance.value("begins", whom)
    lasts = 60 + 33 * 3600 * chance.value("lasts", whom) ** 6
    kind = chance.value("kind", whom)
    if kind < 0.5:
        world.clockwork.later(begins, lambda: _foreign(world, whom, lasts))
    else:
        world.clockwork.later(begins, lambda: _call(world, whom, lasts, is_asked=kind > 0.8))


def hear_of_doubt(world: "World", recording_id: RecordingId, document_id: DocumentId) -> None:
    """A person hears that a chunk is in doubt, and may decide about it some time later."""
    whom = whom_of(recording_id)
    if world.chance.happens("a person decides", whom):
        wait = 600 + _LATEST_DECISION * world.chance.detail**2
        world.clockwork.later(wait, lambda: _look_and_decide(world, recording_id, document_id))


def _look_and_decide(world: "World", recording_id: RecordingId, document_id: DocumentId) -> None:
    """Look at the recording, think for a while, and decide what was seen."""
    chance, whom = world.chance, whom_of(recording_id)
    entry = world.rules.entries[recording_id]
    _make_room(world, entry, document_id)
    asked = api.DecisionRequest(_ruling(world, entry, document_id), "as it seems", Actor("a person"), api.etag(entry))

    def act(process: "Process") -> None:
        process.app.looking.history(recording_id, by=asked.by)
        process.app.deciding.decide(recording_id, document_id, asked)

    world.clockwork.later(
        900 * chance.value("thinks", whom) ** 3, lambda: world.host.ask(whom, f"decide {asked.ruling} of", act, tries=2)
    )


def _ruling(world: "World", entry: CatalogEntry, document_id: DocumentId) -> Ruling:
    """What a sensible person decides: a copy that is right is accepted, and nothing is given up that could be had."""
    document, chunk = world.service.documents.get(document_id), entry.chunk(document_id)
    if document is None:
        return Ruling.GIVE_UP
    apart = world.quarantine.blobs.get(chunk.apart.name) if chunk is not None and chunk.apart is not None else None
    if apart is not None and apart.content == document.content:
        return Ruling.ACCEPT
    is_there = document.content_location in world.source.contents or _waits_for_room(world, chunk)
    return Ruling.RETRY if is_there else Ruling.GIVE_UP


def _waits_for_room(world: "World", chunk: Chunk | None) -> bool:
    """Whether a copy is in the overflow that can be brought home once nothing else has its name in the archive."""
    return chunk is not None and chunk.overflow is not None and chunk.overflow.name in world.overflow.blobs


def _make_room(world: "World", entry: CatalogEntry, document_id: DocumentId) -> None:
    """Move away what has the name of such a copy."""
    chunk = entry.chunk(document_id)
    if chunk is not None and chunk.is_undecided and _waits_for_room(world, chunk):
        world.story.tell("a person", "moves {} away", chunk.name)
        world.archive.blobs.pop(chunk.name, None)
        world.rules.forget(chunk.name)
        world.rules.room_made[document_id] = decisions_about(entry, document_id)


def _foreign(world: "World", whom: str, lasts: float) -> None:
    recording = world.service.began(recording_id_of(whom, 0), is_ours=False)
    world.clockwork.later(lasts, lambda: world.service.finish(recording))


def _call(world: "World", whom: str, lasts: float, *, is_asked: bool) -> None:
    chance, service = world.chance, world.service
    call = service.begin_call(whom)

    def establish() -> None:
        call.established = True
        world.participants.connect(whom)

    world.clockwork.later(40 * chance.value("established", whom) ** 2, establish)
    world.clockwork.later(lasts, lambda: service.end_call(whom))
    service.is_asked[whom] = is_asked
    if chance.value("stands under consent", whom) < _UNDER_CONSENT:
        world.participants.begin(whom, call, lasts)
    elif is_asked:
        _ask_to_start(world, whom)
    else:
        for kind in ("CallStarted", "CallConnected"):
            event = world.grid.call_event(whom, kind, by_connection=chance.value("by connection", whom) < 0.4)
            wait = 60 * chance.value("call event comes", whom) ** 2
            for _ in range(1 + (chance.value("call event twice", whom) < 0.2)):
                world.clockwork.later(wait, partial(world.host.deliver, event, Door.FUNCTION_KEY, whom))
    for _ in range(int(5 * chance.value("controls", whom) ** 2)):
        world.clockwork.later(lasts * 1.05 * chance.value("control when", whom), lambda: _control(world, whom))


def _ask_to_start(world: "World", whom: str) -> None:
    chance = world.chance
    request = api.StartRequest(
        server_call_id=ServerCallId(f"server-{whom}"),
        output=_WAV,
        pause_on_start=chance.value("pause on start", whom) < 0.2,
        request_id=str(UUID(int=int(chance.value("request id", whom) * 2**122))),
    )
    world.host.ask(whom, "start", lambda process: _start(process, request), tries=8)


def _start(process: "Process", request: api.StartRequest) -> None:
    process.app.beginning.starting.start_requested(request, by=KEY)


def _control(world: "World", whom: str) -> None:
    chance = world.chance
    call = world.service.by_call[whom]
    if not call.recordings:
        return
    recording_id = chance.one_of(call.recordings, "which recording", whom)
    what = chance.one_of(("pause", "resume", "stop", "state"), "control", whom)

    def act(process: "Process") -> None:
        getattr(process.app.controlling, what)(recording_id, by=KEY)

    world.host.ask(whom, what, act, tries=3)
