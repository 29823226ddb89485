"""What a seed stands for: which faults may happen, how often, and how the app is set up."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation.chance import number

RATES: Mapping[str, float] = {
    "crash before": 0.008,
    "crash after": 0.008,
    "slow call": 0.02,
    "lease lost": 0.05,
    "clock skewed": 0.3,
    "consents fails": 0.03,
    "consents loses its reply": 0.02,
    "prompts fails": 0.1,
    "prompts loses its reply": 0.1,
    "catalog fails": 0.03,
    "catalog loses its reply": 0.02,
    "open_work fails": 0.03,
    "open_work loses its reply": 0.03,
    "archive fails": 0.03,
    "archive loses its reply": 0.02,
    "quarantine fails": 0.05,
    "quarantine loses its reply": 0.03,
    "overflow fails": 0.05,
    "overflow loses its reply": 0.03,
    "journal fails": 0.03,
    "journal loses its reply": 0.03,
    "trail fails": 0.05,
    "trail loses its reply": 0.03,
    "queue fails": 0.03,
    "queue loses its reply": 0.03,
    "topic fails": 0.1,
    "topic loses its reply": 0.05,
    "calls fails": 0.1,
    "calls loses its reply": 0.1,
    "source fails": 0.05,
    "source loses its reply": 0.03,
    "source answers wrong": 0.1,
    "delete answers 404": 0.1,
    "message lost": 0.02,
    "message given up": 0.02,
    "message twice": 0.03,
    "message late": 0.05,
    "event lost": 0.05,
    "call event lost": 0.3,
    "callback lost": 0.2,
    "callback twice": 0.2,
    "callback late": 0.2,
    "prompt fails": 0.1,
    "a participant declines": 0.15,
    "a participant is silent": 0.06,
    "a participant presses another key": 0.04,
    "a participant joins late": 0.4,
    "a participant leaves": 0.2,
    "consent withdrawn": 0.3,
    "event given up": 0.06,
    "event twice": 0.15,
    "event late": 0.1,
    "event wrong at first": 0.14,
    "event forged": 0.2,
    "event with an odd member": 0.05,
    "metadata late": 0.1,
    "metadata sparse at first": 0.08,
    "metadata never": 0.01,
    "a person decides": 0.6,
    "source refuses at its end": 0.2,
    "stranger writes": 0.01,
    "stranger removes": 0.04,
    "outage": 0.5,
}
"""How likely each fault is, each time that it could happen; a seed leaves out some and makes others more likely."""

OUTAGES = (
    "archive",
    "catalog",
    "open_work",
    "queue",
    "source",
    "topic",
    "calls",
    "journal",
    "quarantine",
    "trail",
    "consents",
    "prompts",
)
_NEVER = 1e9
_TIMER_STOPS = 0.3
_OVERFLOW = 0.4
_LEFT_OUT = 0.45
_ARE_CALM = 0.5
_CALM = 0.25
"""Where little goes wrong, more of what does is seen to its end; and such a run is quick."""
_FACTORS = (0.3, 1.0, 2.0)


@dataclass(frozen=True)
class Plan:
    """The run of a seed.

    Attributes:
        names: of the calls; each has one recording, or a few.
        rates: how likely each fault is.
        outages: port, day, start in seconds, hours.
        release: the setting RELEASE_AT_SOURCE.
        waits: the first and the longest wait between two tries, in seconds.
        interval: between two sweeps, in seconds.
        is_calm: whether little goes wrong.
        overflow_hours: the setting OVERFLOW_HOURS; 0 without an overflow.
        timer_stops_at: when the timer of the sweep stops for good, in seconds.
    """

    seed: int
    names: tuple[str, ...]
    rates: Mapping[str, float]
    outages: tuple[tuple[str, int, float, float], ...]
    processes: int
    release: str
    waits: tuple[int, int]
    interval: int
    timer_stops_at: float
    overflow_hours: int
    is_calm: bool

    @property
    def is_timer_stopped(self) -> bool:
        """Whether the timer stops at any time."""
        return self.timer_stops_at < _NEVER


def _hours_of(port: str, drawn: float) -> float:
    """How long an outage lasts."""
    return 0.2 + (18 if port == "archive" else 7) * drawn**2


def plan_of(seed: int, size: int) -> Plan:
    """The plan of a seed, with so many calls."""

    def drawn(*key: object) -> float:
        return number(seed, "plan", *key)

    is_calm = drawn("calm") < _ARE_CALM
    rates = {
        name: min(0.9, rate * (_CALM if is_calm else 1.0) * _FACTORS[int(drawn(name, "factor") * len(_FACTORS))])
        for name, rate in RATES.items()
        if drawn(name) >= _LEFT_OUT
    }
    outages = tuple(
        (port, day, (day + drawn(port, day, "start")) * 86_400, _hours_of(port, drawn(port, day, "hours")))
        for day in range(2)
        for port in OUTAGES
        if drawn(port, day) < 0.15
    )
    release = ("proven", "proven", "proven", "event", "false")[int(drawn("release") * 5)]
    names = tuple(f"r{index}" for index in range(size))
    waits = ((30, 1800), (120, 3600), (300, 7200), (600, 7200))[int(drawn("waits") * 4)]
    interval = (1200, 2400, 3600)[int(drawn("interval") * 3)]
    stops = _NEVER
    if drawn("timer") < _TIMER_STOPS:
        stops = 2 * 86_400 * drawn("timer", "when")
    overflow = int(4 + 16 * drawn("overflow hours")) if drawn("overflow") < _OVERFLOW else 0
    return Plan(
        seed, names, rates, outages, 1 + int(drawn("processes") * 4), release, waits, interval, stops, overflow, is_calm
    )
