"""Floods: a thousand events for one call, events for a thousand calls, and a policy of a thousand rules.

What is counted are the requests to the service, the catalog and the consents, never time.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any

import azure.functions as func
import pytest

from recording.core.formats.deliveries import MOST_AT_ONCE
from recording.core.model import ConsentKind, RecordingId
from recording.core.policy import matching
from recording.entrypoints import policy
from tests.core.consents import terms
from tests.core.policy.policies import rule, text_of
from tests.fakes.service import FakeCall
from tests.use_cases.asking import AskingWorld

MANY = 1000
_WATCHED = {
    "calls": ("start", "resolve", "state", "goes_on"),
    "catalog": ("load", "save", "claim", "find_claim", "settle"),
    "prompts": ("participants", "play_to_all", "ask_for_key"),
    "consents": ("load", "save", "put_row", "remove_row"),
}
RULES = text_of(
    *(rule(f"c{number}", match=f"context: [c{number}, 'p{number}/*']") for number in range(MANY // 2)),
    *(rule(f"n{number}", match=f"numbers: [+1{number:03}]") for number in range(MANY // 2 - 1)),
    rule("last"),
)


def counted(world: AskingWorld) -> Counter[str]:
    """The number of requests from now on, by port and name."""
    found: Counter[str] = Counter()

    def watched(name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            found[name] += 1
            return method(*args, **kwargs)

        return call

    for port, names in _WATCHED.items():
        fake = getattr(world, port)
        for name in names:
            setattr(fake, name, watched(f"{port}.{name}", getattr(fake, name)))
    return found


def post_all(world: AskingWorld, events: Sequence[dict[str, Any]]) -> None:
    """Deliver events, as many at a time as may come at once; none has to come again."""
    for some in batched(events, MOST_AT_ONCE, strict=False):
        received = world.post(*some)
        assert (None, []) == (received.failure, received.later)


def events_of(world: AskingWorld, call: FakeCall, number: int) -> list[dict[str, Any]]:
    """That the call is connected, so many times, each time as another event."""
    return [world.connected(call) for _ in range(number)]


@pytest.mark.parametrize("is_same", [True, False], ids=["repeated", "different"])
def test_a_thousand_events_for_one_call_start_one_recording(is_same: bool) -> None:  # noqa: FBT001 - a case
    """One claim. Each event costs two requests to the service at most: which call it is, and whether it is recorded."""
    world = AskingWorld()
    call = world.call()
    events = events_of(world, call, 1) * MANY if is_same else events_of(world, call, MANY)
    requests = counted(world)
    post_all(world, events)

    assert (1, 1, 1) == (len(call.recordings), len(world.catalog.claims), requests["calls.start"])
    assert requests["calls.resolve"] + requests["calls.state"] <= 2 * MANY
    assert len(world.entry(call.recordings[0]).recording.history) < 10


@pytest.mark.parametrize("kind", [ConsentKind.ANNOUNCED, ConsentKind.KEYPRESS])
def test_a_thousand_events_for_one_call_ask_for_consent_once(kind: ConsentKind) -> None:
    """Before and after the prompt's report: one prompt, one recording, and nobody's list is read for each event."""
    world = AskingWorld(terms=terms(kind))
    call = world.call("4:+49301")
    requests = counted(world)
    post_all(world, events_of(world, call, MANY))
    orders = [*world.prompts.played, *(order for order, _ in world.prompts.asked)]
    (order,) = orders
    report = world.played(call, order) if kind is ConsentKind.ANNOUNCED else world.pressed(call, order, "one")
    post_all(world, [report] * MANY)
    post_all(world, events_of(world, call, MANY))

    assert (1, 1) == (len(call.recordings), requests["calls.start"])
    assert 1 == requests["prompts.play_to_all"] + requests["prompts.ask_for_key"]
    assert requests["prompts.participants"] < 10
    assert requests["consents.save"] < 10
    assert {} == world.owed_rows


def test_a_thousand_calls_each_have_their_own_recording() -> None:
    """The last hundred cost no more requests than the first."""
    world = AskingWorld()
    calls, costs = list[FakeCall](), list[int]()
    requests = counted(world)
    for _ in range(MANY // 100):
        some = [world.call() for _ in range(100)]
        calls += some
        before = requests.total()
        post_all(world, [event for call in some for event in events_of(world, call, 1)])
        costs.append(requests.total() - before)

    assert [1] * MANY == [len(call.recordings) for call in calls]
    recordings = {recording_id for call in calls for recording_id in call.recordings}
    assert MANY == len(recordings) == len(world.catalog.claims)
    assert recordings == set(world.catalog.entries)
    assert 1 == len(set(costs))


def test_hundreds_of_calls_are_each_asked_for_consent() -> None:
    """And each report counts for its own; the last hundred cost no more than the first."""
    world = AskingWorld(terms=terms())
    calls, costs = list[FakeCall](), list[int]()
    requests = counted(world)
    for _ in range(3):
        some = [world.call() for _ in range(100)]
        calls += some
        before = requests.total()
        post_all(world, [event for call in some for event in events_of(world, call, 1)])
        orders = world.prompts.played[-len(some) :]
        post_all(world, [world.played(call, order) for call, order in zip(some, orders, strict=True)])
        costs.append(requests.total() - before)

    assert [1] * len(calls) == [len(call.recordings) for call in calls]
    assert len(calls) == len(world.prompts.played)
    assert 1 == len(set(costs))
    assert {} == world.owed_rows


def test_a_start_under_a_thousand_rules_looks_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule that decides is the right one, and costs no more requests than one rule alone."""
    looked_at = _looked_at(monkeypatch)
    costs = []
    for text in (text_of(rule("c499", match="context: [c499]")), RULES):
        world = AskingWorld(settings={"RECORDING_POLICY": text})
        call = world.call()
        event = world.connected(call)
        event["data"]["operationContext"] = "c499"
        requests = counted(world)
        looked_at.clear()
        post_all(world, [event])
        costs.append(requests.total())
        applied = world.entry(RecordingId(call.recordings[0])).recording.applied
        assert applied is not None
        assert "c499" == applied.rule
        assert len(looked_at) <= 2

    assert costs[0] == costs[1]


def test_a_policy_of_a_thousand_rules_explains_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which rule decides, and of every other what would have had to match; nothing is asked of any service."""
    world = AskingWorld(settings={"RECORDING_POLICY": RULES})
    monkeypatch.setattr(policy, "get_app", lambda: world.app)
    requests, looked_at = counted(world), _looked_at(monkeypatch)
    body = json.dumps({"call": {"operationContext": "p7/x", "participants": ["4:+1042999"]}}).encode()
    reply = policy.explain_policy.build().get_user_function()(func.HttpRequest("POST", "/", body=body))
    said = json.loads(reply.get_body())

    assert (200, "c7", MANY) == (reply.status_code, said["rule"], len(said["rules"]))
    assert {"c7", "n42", "last"} == {one["rule"] for one in said["rules"] if not one["unmet"]}
    assert len(looked_at) <= 2 * MANY
    assert 0 == requests.total()


def _looked_at(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The rules' conditions that are held against a call, from now on."""
    found: list[object] = []
    conditions = matching.conditions

    def noted(match: Any, call: Any) -> Any:  # noqa: ANN401 - as it is
        found.append(match)
        return conditions(match, call)

    monkeypatch.setattr(matching, "conditions", noted)
    return found
