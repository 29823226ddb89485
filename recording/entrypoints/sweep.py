"""The sweep: driven by a timer, and by a chain of ticks in a queue."""

from datetime import timedelta

import azure.functions as func

from recording import log
from recording.core.errors import Permanent
from recording.core.formats.messages import parse_tick
from recording.entrypoints.answers import let_host_retry
from recording.entrypoints.worker import get_app
from recording.settings import STORAGE, SWEEP_QUEUE

blueprint = func.Blueprint()

_PERIOD = timedelta(minutes=5)


@blueprint.timer_trigger(arg_name="timer", schedule=f"0 */{_PERIOD // timedelta(minutes=1)} * * * *")
@let_host_retry
def sweep_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding needs the name
    """Sweep if it is time, and begin the chain of ticks again if it is broken."""
    app = get_app()
    app.ticking.wake()  # whether it is begun or not, the timer sweeps
    app.sweeping.sweep_by_timer(_PERIOD)


@blueprint.queue_trigger(arg_name="message", queue_name=SWEEP_QUEUE, connection=STORAGE)
@let_host_retry
def sweep_tick(message: func.QueueMessage) -> None:
    """Put the next tick, and sweep. A tick that is not the chain's is dropped."""
    app = get_app()
    try:
        tick = parse_tick(message.get_body())
    except Permanent as error:  # a retry cannot succeed, and the timer begins the chain again
        log.event("sweep.tick_refused", {"code": error.code, "cause": error.cause})
        return
    if app.ticking.continue_chain(tick.number):
        app.sweeping.sweep_all()
