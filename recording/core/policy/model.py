"""A policy as frozen values: rules in order, each with what it matches and what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import ClassVar

from recording.core.consent import USUAL_PROMPTS, LateJoiners, MustAgree, OtherWay
from recording.core.model import (
    CallKind,
    ConsentKind,
    Direction,
    EventKind,
    Output,
    ParticipantKind,
    Prompt,
    Reaction,
    Withdrawal,
)

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day, in minutes since midnight; `end` is not in it. If it is not after `begin`, on the next day."""

    begin: int = 0
    end: int = 24 * 60

    def begun_on(self, minute: int) -> int | None:
        """How many days ago the part began that this minute of a day is in; None if it is in none."""
        if self.begin < self.end:
            return 0 if self.begin <= minute < self.end else None
        if minute >= self.begin:
            return 0
        return 1 if minute < self.end else None


@dataclass(frozen=True, slots=True)
class When:
    """Days and hours on the clocks of a time zone; `days` are those on which the hours begin, 0 is Monday."""

    zone: str
    clock: tzinfo = field(compare=False, repr=False)
    days: frozenset[int] = frozenset(range(7))
    hours: tuple[Hours, ...] = (Hours(),)

    def holds(self, at: datetime) -> bool:
        """Whether the clocks show such a time at that moment."""
        try:
            local = at.astimezone(self.clock)
        except OverflowError:  # in a year that no calendar has
            return False
        begun = (part.begun_on(local.hour * 60 + local.minute) for part in self.hours)
        return any(ago is not None and (local.weekday() - ago) % 7 in self.days for ago in begun)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text, or the beginning of one."""

    text: str
    is_prefix: bool

    def fits(self, found: str) -> bool:
        """Whether a text is this one, or begins so."""
        return found.startswith(self.text) if self.is_prefix else found == self.text

    def __str__(self) -> str:
        """As the policy writes it."""
        return f"{self.text}*" if self.is_prefix else self.text


@dataclass(frozen=True, slots=True)
class Match:
    """The calls that a rule is about: all conditions must hold; one that is empty always does."""

    events: tuple[EventKind, ...] = ()
    directions: tuple[Direction, ...] = ()
    calls: tuple[CallKind, ...] = ()
    participants: tuple[ParticipantKind, ...] = ()
    numbers: tuple[str, ...] = ()
    contexts: tuple[Pattern, ...] = ()
    outputs: tuple[Output, ...] = ()
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """What happens if a participant declines; `prompt` is played first, if there is one."""

    then: OtherWay = OtherWay.GO_ON
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """Nobody needs to consent, for this reason."""

    kind: ClassVar = ConsentKind.NOT_NEEDED
    reason: str
    on_withdrawal: Withdrawal = Withdrawal.STOP


@dataclass(frozen=True, slots=True)
class Attested:
    """Somebody attests that the participants have consented; without that, nothing starts."""

    kind: ClassVar = ConsentKind.ATTESTED
    on_withdrawal: Withdrawal = Withdrawal.STOP


@dataclass(frozen=True, slots=True)
class Announced:
    """A prompt is played to all before the recording starts."""

    kind: ClassVar = ConsentKind.ANNOUNCED
    prompt: Prompt
    late_joiners: LateJoiners
    declined: Declined = Declined()
    prompts: int = USUAL_PROMPTS
    on_withdrawal: Withdrawal = Withdrawal.STOP


@dataclass(frozen=True, slots=True)
class Keypress:
    """A prompt asks to press a key, `agree` or `decline`, as the policy writes them. Silence is neither."""

    kind: ClassVar = ConsentKind.KEYPRESS
    prompt: Prompt
    late_joiners: LateJoiners
    agree: str
    decline: str
    wait: timedelta
    declined: Declined = Declined()
    prompts: int = USUAL_PROMPTS
    must_agree: MustAgree = MustAgree.ALL
    on_withdrawal: Withdrawal = Withdrawal.STOP


type Consent = NotNeeded | Attested | Announced | Keypress


@dataclass(frozen=True, slots=True)
class Country:
    """The consent that participants with such a number need, where a rule says so."""

    prefix: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a call is recorded.

    Attributes:
        output: unless a request names one.
        by_country: whether the strictest consent of any participant's country counts, if it is stricter.
        channels: the order in which kinds of participants get channels, in an unmixed output.
        native_container: the URL of a container that the service itself writes into; empty: it is archived by this app.
        template: of the names of chunks; empty: the usual one.
        retention_class: empty: the usual one.
        reaction: what is done when a recording does not record although it should.
    """

    consent: Consent
    output: Output
    by_country: bool = False
    channels: tuple[ParticipantKind, ...] = ()
    pause_on_start: bool = False
    native_container: str = ""
    template: str = ""
    retention_class: str = ""
    reaction: Reaction = field(default_factory=Reaction)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and the line in which it begins. `recorded` is None if it says that calls are not recorded."""

    id: str
    line: int
    match: Match
    reason: str
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in order, of which the first that matches decides. Without any, nothing is recorded.

    Attributes:
        digest: the SHA-256, in hex, of the text; empty if there is none.
        index: the places of rules, by a key that each call has that they can match; see `core.policy.indexing`.
    """

    rules: tuple[Rule, ...] = ()
    countries: tuple[Country, ...] = ()
    digest: str = ""
    index: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)
