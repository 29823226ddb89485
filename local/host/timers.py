"""Timer triggers: one run at a time for each, in UTC; the next time is computed when a run has ended."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from local.host.bindings import Function, TimerTrigger
from local.host.cron import Schedule
from local.host.invoking import Invocations
from local.host.payloads import Json, Payload

log = logging.getLogger(__name__)


class Timer:
    """One timer function. `useMonitor` is ignored: missed runs are not repeated after a restart."""

    def __init__(self, function: Function, trigger: TimerTrigger, schedule: Schedule, invocations: Invocations) -> None:
        self._function = function
        self._trigger = trigger
        self._schedule = schedule
        self._invocations = invocations
        self._last = datetime.min.replace(tzinfo=UTC)

    async def keep(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Fires at each moment of the schedule until cancelled; first of all at once, with runOnStartup."""
        if self._trigger.run_on_startup:
            await self._fire(now())
        while True:
            due = self._schedule.after(now())
            # The clock decides, not the sleep: a sleep may end a little early.
            while (left := (due - now()).total_seconds()) > 0:  # noqa: ASYNC110 - what is awaited is the time
                await asyncio.sleep(left)
            await self._fire(due)

    async def _fire(self, at: datetime) -> None:
        await self._invocations.run(self._function, self.inputs(at))
        self._last = at

    def inputs(self, at: datetime) -> dict[str, Payload]:
        """What the function gets when it fires at this moment."""
        status = {
            "Last": self._last.isoformat(),
            "LastUpdated": self._last.isoformat(),
            "Next": self._schedule.after(at).isoformat(),
        }
        timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}
        return {self._trigger.parameter: Json(json.dumps(timer))}
