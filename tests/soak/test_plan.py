"""The plan of a soak follows from its seed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from local.acs.fault_table import FAULTS as SOURCE_FAULTS
from local.faultproxy.faults import FAULTS as STORAGE_FAULTS
from tests.soak.plan import LOST_FROM, Announce, Call, Kill, LoseMessages, SourceFault, StorageFault, plan_of

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.floats(8.0, 60.0))
def test_the_seed_reproduces_the_plan(seed: int, seconds: float) -> None:
    """Another run of the same seed does the same; the log can say all of it."""
    plan = plan_of(seed, seconds)
    assert plan == plan_of(seed, seconds)
    assert len(plan.steps) == len([json.dumps(line) for line in plan.lines()])


@given(SEEDS, st.floats(8.0, 60.0))
def test_steps_are_in_order_and_only_recordings_go_on_in_the_outage(seed: int, seconds: float) -> None:
    """Within its time; whatever is to be settled by a person is in every plan."""
    plan = plan_of(seed, seconds)
    moments = [step.at for step in plan.steps]
    assert sorted(moments) == moments
    assert 0.0 <= moments[0]
    assert moments[-1] < seconds
    assert {Announce} >= {type(step) for step in plan.steps if step.at >= plan.outage_at}
    assert any(isinstance(step, Announce) and step.is_doubtful for step in plan.steps)
    assert any(isinstance(step, Announce) and step.is_gone for step in plan.steps)
    assert any(isinstance(step, Call) and step.is_silent for step in plan.steps)
    assert any(isinstance(step, Announce) and step.at >= plan.outage_at for step in plan.steps)


def test_every_fault_has_its_turn() -> None:
    """All of the service but its rules, all of the storage but the pause, which only tests end."""
    steps = plan_of(1, 3_000.0).steps
    source = {step.name for step in steps if isinstance(step, SourceFault)}
    storage = {step.name for step in steps if isinstance(step, StorageFault)}
    assert {name for name, kind in SOURCE_FAULTS.items() if not kind.rule} == source
    assert set(STORAGE_FAULTS) - {"pause"} == storage
    assert {True, False} == {step.in_order for step in steps if isinstance(step, Kill)}
    assert set(LOST_FROM) == {step.queue for step in steps if isinstance(step, LoseMessages)}
