"""Calls of the demo of which a rule of the policy says something else than to record them at once."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from local.acs.model import Call
from local.demo.talk import DemoFailedError, ask, asked, became, short
from local.stack import Stack, wait_for

ANNOUNCED_MS = [20_000]
_PEOPLE = ("8:acs:demo_participant-1", "4:+15551230001")
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Native:
    """A call whose recording the service itself writes into a container of the customer's."""

    call: Call
    recording_id: str


def refuse(stack: Stack, console: Console) -> None:
    """Let a call connect that the policy refuses, and show what it says."""
    private = _call(stack, "private: 12")
    callback = stack.acs.world.connect(private)
    answer = became(stack, callback)
    explained = asked(stack.call("POST", "policy/explain", json={"event": callback[0]}))
    if answer["outcome"] != "not recorded" or explained["record"]:
        raise DemoFailedError(f"a private call was not refused: {answer}")
    console.print("A call connects that the policy does not want recorded:")
    console.print(f"  {answer['outcome']}: {answer['reason']} (rule {answer['rule']})")
    for rule in explained["rules"][1:3]:
        console.print(f"  rule {rule['rule']} does not match: {_unmet(rule)}", soft_wrap=True)
    stack.acs.world.end_call(private)


def decline(stack: Stack, console: Console) -> None:
    """Let the participants of a call be asked, and one of them decline."""
    world, call = stack.acs.world, _call(stack, "keypress")
    callback = world.connect(call)
    for who in _PEOPLE:
        world.press(call, who, "two")
    console.print("The participants of a call are asked to press one, or two to decline:")
    if became(stack, callback)["outcome"] not in {"asked for consent", "not recorded"}:
        raise DemoFailedError("a call was recorded before anybody was asked")
    answer = _until(stack, call, "not recorded")
    if world.recordings and any(recording.call is call for recording in world.recordings.values()):
        raise DemoFailedError("a call was recorded that was declined")
    console.print(f"  {answer['outcome']}: {answer['reason']}", soft_wrap=True)
    world.end_call(call)


def announce(stack: Stack, console: Console) -> tuple[str, Call]:
    """Let a prompt be played to all participants of a call; the id of the recording that starts then."""
    call = _call(stack, "announced", ANNOUNCED_MS)
    console.print("The participants of another hear that it is recorded; it starts when they have:")
    became(stack, stack.acs.world.connect(call))
    recording_id = _until(stack, call, "recording")["recordingId"]
    consent = ask(stack, "GET", recording_id)["consent"]
    prompt = consent["prompt"]
    console.print(f"  {short(recording_id)}  {consent['kind']}: prompt {prompt['version']} {prompt['language']}")
    return recording_id, call


def order_native(stack: Stack, console: Console) -> Native:
    """Let the service itself write a recording into the customer's container."""
    call = _call(stack, "native", [5_000])
    recording_id = became(stack, stack.acs.world.connect(call))["recordingId"]
    console.print("One is written by the service itself, into a container of ours:")
    console.print(f"  {short(recording_id)}")
    return Native(call, recording_id)


def show_native(stack: Stack, console: Console, native: Native) -> str:
    """Wait until it is proven where it stands, and show that nothing was copied; the name of its manifest."""
    found: dict[str, Any] = {}

    def is_done() -> bool:
        found.update(ask(stack, "GET", native.recording_id))
        return bool(found["completedAt"])

    wait_for(is_done, "what the service has written", _TIMEOUT)
    (chunk,) = found["chunks"]
    if chunk["state"] != "kept" or chunk["keptReason"] != "native":
        raise DemoFailedError(f"what the service has written was not proven where it stands: {chunk}")
    console.print("What the service has written itself is verified where it stands; nothing is")
    console.print(f"copied or deleted: {chunk['length']:,} bytes")
    return str(found["manifest"])


def _call(stack: Stack, context: str, chunk_ms: list[int] | None = None) -> Call:
    return stack.acs.world.start_call(participants=_PEOPLE, operation_context=context, chunk_ms=chunk_ms)


def _until(stack: Stack, call: Call, outcome: str) -> dict[str, Any]:
    """The answer to the event of the call, which is sent again, once it is that."""
    found: dict[str, Any] = {}

    def is_so() -> bool:
        found.update(became(stack, stack.acs.world.call_connected(call)))
        return bool(found["outcome"] == outcome)

    wait_for(is_so, f"the call to be answered: {outcome}", _TIMEOUT)
    return found


def _unmet(rule: dict[str, Any]) -> str:
    return "; ".join(f"{one['condition']} is {one['found']}" for one in rule["unmet"])
