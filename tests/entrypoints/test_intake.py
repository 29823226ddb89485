"""The intake: a few threads of its own, and a bounded number and size of waiting deliveries."""

import asyncio
import contextvars
import threading

import pytest

from recording.core.errors import Transient
from recording.entrypoints.intake import Intake

INVOCATION: contextvars.ContextVar[str] = contextvars.ContextVar("INVOCATION")


def test_what_is_more_than_can_wait_is_sent_back_at_once() -> None:
    """What waits is still done, and a free place can be used again."""
    open_ = threading.Event()

    async def burst() -> tuple[int, str]:
        intake = Intake(threads=2, most_waiting=3)
        held = [asyncio.create_task(intake.run(open_.wait, 1)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Transient):
            await intake.run(bool, 1)
        open_.set()
        done = await asyncio.gather(*held)
        return sum(done), await intake.run(lambda: "free", 1)

    assert (5, "free") == asyncio.run(burst())


def test_a_delivery_runs_off_the_loop_in_its_callers_context() -> None:
    """The worker assigns log lines to invocations by this context."""

    async def run() -> tuple[str, bool]:
        INVOCATION.set("mine")
        here = threading.current_thread()
        return await Intake().run(lambda: (INVOCATION.get(), threading.current_thread() is here), 1)

    assert ("mine", False) == asyncio.run(run())


def test_what_a_delivery_raises_comes_out_and_frees_its_place() -> None:

    def fail() -> None:
        raise ValueError("told to")

    async def run() -> int:
        intake = Intake(threads=1, most_waiting=0)
        for _ in range(3):
            with pytest.raises(ValueError, match="told to"):
                await intake.run(fail, 1)
        return await intake.run(lambda: 7, 1)

    assert 7 == asyncio.run(run())


def test_deliveries_in_hand_are_bounded_by_their_bytes_as_well() -> None:
    """A single delivery may have any length; a rejected one is accepted once there is room."""
    open_ = threading.Event()

    async def burst() -> tuple[list[bool], str]:
        intake = Intake(most_bytes=100)
        held = [asyncio.create_task(intake.run(open_.wait, length)) for length in (60, 40)]
        await asyncio.sleep(0)
        with pytest.raises(Transient):
            await intake.run(bool, 1)
        open_.set()
        return await asyncio.gather(*held), await intake.run(lambda: "large", 1000)

    assert ([True, True], "large") == asyncio.run(burst())
