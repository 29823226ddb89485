"""Which rule decides about a call."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.model import CallKind, Direction, EventKind, KnownCall, ParticipantKind
from recording.core.outputs import VALID
from recording.core.participants import participant_of
from recording.core.policy import Policy, indexed, unmet, verdict_of
from recording.core.policy.matching import UNKNOWN
from recording.core.policy.model import Hours, Match, Pattern, Rule, When
from tests.core.policy.policies import CALL, SUNDAY, policy, rule

WAV = VALID[2].output


def decides(match: str, call: KnownCall = CALL) -> bool:
    """Whether a rule with that condition matches."""
    found = policy(rule(match=match))
    verdict = verdict_of(found, call)
    assert (verdict.rule is not None) is (not unmet(found.rules[0], call))
    return verdict.rule is not None


@pytest.mark.parametrize(
    "match",
    [
        "",
        "event: [callStarted]",
        "event: [request, callStarted]",
        "direction: [inbound]",
        "call: [room, group]",
        "participants: [phoneNumber]",
        "numbers: [+49]",
        "numbers: ['+1', '+4930']",
        "context: [support/7]",
        "context: [sales, 'support/*']",
        "output: [audio-mixed-wav]",
        "when: {zone: UTC, days: [sun]}",
        "when: {zone: UTC, hours: ['08:00-12:00', '12:00-12:01']}",
        "event: [callStarted], direction: [inbound], numbers: [+49], context: ['s*'], when: {zone: UTC}",
    ],
)
def test_a_condition_holds(match: str) -> None:
    assert decides(match, replace(CALL, output=WAV))


@pytest.mark.parametrize(
    "match",
    [
        "event: [callConnected]",
        "direction: [outbound]",
        "call: [two-party]",
        "participants: [teamsUser, bot]",
        "numbers: [+43]",
        "numbers: [+49301234567]",
        "context: [support]",
        "context: ['support/8*']",
        "output: [audio-mixed-mp3]",
        "when: {zone: UTC, days: [mon, sat]}",
        "when: {zone: UTC, hours: ['08:00-12:00']}",
        "direction: [inbound], call: [room]",
    ],
)
def test_a_condition_does_not_hold(match: str) -> None:
    assert not decides(match, replace(CALL, output=WAV))


@pytest.mark.parametrize(
    "match",
    [
        "direction: [inbound, outbound]",
        "call: [group, room, two-party, connection]",
        "participants: [communicationUser, phoneNumber, teamsUser, teamsExtensionUser, teamsApp, bot, unknown]",
        "numbers: [+1, +2, +3, +4, +5, +6, +7, +8, +9]",
        "context: ['s*']",
        "output: [audio-mixed-wav]",
        "when: {zone: UTC}",
    ],
)
def test_what_is_not_known_fits_no_condition(match: str) -> None:
    """And the explanation says so."""
    call = KnownCall(EventKind.CALL_CONNECTED)
    (missing,) = unmet(policy(rule(match=match)).rules[0], call)

    assert UNKNOWN == missing.found
    assert not decides(match, call)


def test_the_first_rule_that_matches_decides() -> None:
    found = policy(rule("a", match="direction: [outbound]"), rule("b", record="false"), rule("c"))
    verdict = verdict_of(found, CALL)

    assert verdict.rule is not None
    assert ("b", "because b says so", None) == (verdict.rule.id, verdict.reason, verdict.recorded)


def test_without_a_policy_nothing_is_recorded() -> None:
    """With the reason, and what to do."""
    verdict = verdict_of(Policy(), CALL)

    assert (None, None) == (verdict.rule, verdict.recorded)
    assert "set RECORDING_POLICY" in verdict.reason


def test_where_no_rule_matches_nothing_is_recorded() -> None:
    verdict = verdict_of(policy(rule(match="event: [request]")), CALL)

    assert (None, None, "no rule of the policy matches") == (verdict.rule, verdict.recorded, verdict.reason)


def test_an_explanation_names_each_condition_that_does_not_hold() -> None:
    """What the rule needs and what the call has, and no participant."""
    match = "event: [request], direction: [inbound], numbers: [+43, +41], context: ['x*', y]"
    match += ", when: {zone: UTC, days: [mon]}"
    missing = unmet(policy(rule(match=match)).rules[0], CALL)

    assert [
        ("event", ("request",), "callStarted"),
        ("numbers", ("+43", "+41"), "1 numbers"),
        ("context", ("x*", "y"), "another one"),
        ("when", ("mon 00:00-24:00 UTC",), "2026-03-01T12:00:00Z"),
    ] == [(one.name, one.needs, one.found) for one in missing]


# Consent


COUNTRIES = """
countries:
  - {prefix: +49, consent: {kind: attested}}
  - {prefix: +4930, consent: {kind: not-needed, reason: Berlin}}
  - prefix: +43
    consent:
      kind: keypress
      prompt: {version: '1', language: de-AT, text: Press one}
      agree: '1'
      decline: '2'
      lateJoiners: pause
"""
STRICT = "{kind: not-needed, reason: inside, countries: strictest}"
PROMPT = "prompt: {version: '1', language: en, text: This call is recorded}, lateJoiners: go-on"


@pytest.mark.parametrize(
    ("consent", "raw_ids", "has_all", "expected"),
    [
        (STRICT, ["8:acs:a"], True, "not-needed"),
        (STRICT, ["4:+4989123"], True, "attested"),
        (STRICT, ["4:+4930123"], True, "not-needed"),
        (STRICT, ["4:+4989123", "4:+43123"], True, "keypress"),
        (STRICT, ["4:+1555123"], True, "not-needed"),
        (STRICT, ["4:anonymous"], True, "keypress"),
        (STRICT, ["8:acs:a", "4:12345"], True, "keypress"),
        (STRICT, ["4:+4989123"], False, "keypress"),
        (STRICT, [], False, "keypress"),
        ("{kind: not-needed, reason: inside}", ["4:+43123"], True, "not-needed"),
        (f"{{kind: announced, {PROMPT}, countries: strictest}}", ["4:+4989123"], True, "announced"),
        (f"{{kind: announced, {PROMPT}, countries: strictest}}", ["4:+43123"], True, "keypress"),
    ],
)
def test_the_strictest_country_counts_where_the_rule_says_so(
    consent: str, raw_ids: list[str], *, has_all: bool, expected: str
) -> None:
    """By the longest prefix. A participant who is not known may be from any country."""
    call = replace(CALL, participants=tuple(map(participant_of, raw_ids)), has_all=has_all)
    verdict = verdict_of(policy(rule(consent=consent), head=COUNTRIES), call)

    assert verdict.consent is not None
    assert expected == verdict.consent.kind


# Days and hours

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
MINUTES = st.integers(0, 1440)


@given(MOMENTS, st.sampled_from(ZONES), MINUTES, MINUTES, st.frozensets(st.integers(0, 6)))
def test_hours_are_what_the_clocks_show(at: datetime, zone: str, begin: int, end: int, days: frozenset[int]) -> None:
    """Also in the night in which they are changed; hours over midnight belong to the day on which they begin."""
    when = When(zone, ZoneInfo(zone), days, (Hours(begin, end),))
    shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    midnight = datetime.combine(shown.date(), time())
    spans = [
        (day + timedelta(minutes=begin), day + timedelta(minutes=end if begin < end else end + 1440))
        for day in (midnight, midnight - timedelta(days=1))
        if day.weekday() in days
    ]

    assert any(first <= shown < last for first, last in spans) is when.holds(at)


@given(MOMENTS, st.sampled_from(ZONES), st.integers(1, 1439))
def test_two_parts_of_the_day_cover_every_moment_once(at: datetime, zone: str, cut: int) -> None:
    """No hour is skipped or counted twice when the clocks change."""
    parts = [When(zone, ZoneInfo(zone), hours=(Hours(*part),)) for part in ((0, cut), (cut, 1440))]

    assert 1 == sum(part.holds(at) for part in parts)


def test_the_hour_that_comes_twice_is_in_both_times() -> None:
    """On the last Sunday of October in Berlin, the clocks show 02:30 at 00:30 and at 01:30 of UTC."""
    night = When("Europe/Berlin", ZoneInfo("Europe/Berlin"), frozenset({6}), (Hours(120, 180),))

    assert [False, True, True, False] == [
        night.holds(datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(hours=hour)) for hour in range(4)
    ]


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_a_moment_that_no_calendar_has_is_in_no_hours(at: datetime) -> None:
    """An event may say any time."""
    whole = [When(zone, ZoneInfo(zone)) for zone in ("Asia/Tokyo", "America/New_York")]

    assert [False, True] == sorted(one.holds(at) for one in whole)


# The index

TEXTS = st.text("ab", min_size=1, max_size=3)
NUMBERS = st.text("12", min_size=1, max_size=3).map(lambda digits: f"+{digits}")
MATCHES = st.builds(
    Match,
    events=st.lists(st.sampled_from(EventKind), max_size=1).map(tuple),
    directions=st.lists(st.sampled_from(Direction), max_size=1).map(tuple),
    calls=st.lists(st.sampled_from(CallKind), max_size=2).map(tuple),
    participants=st.lists(st.sampled_from(ParticipantKind), max_size=2).map(tuple),
    numbers=st.lists(NUMBERS, max_size=2).map(tuple),
    contexts=st.lists(st.builds(Pattern, TEXTS, st.booleans()), max_size=2).map(tuple),
)
CALLS = st.builds(
    KnownCall,
    st.sampled_from(EventKind),
    st.just(SUNDAY),
    st.none() | st.sampled_from(Direction),
    st.none() | st.sampled_from(CallKind),
    st.lists(st.sampled_from(["8:acs:a", "8:orgid:a", "4:+11", "4:+212", "4:+1", "28:a"]), max_size=3).map(
        lambda raw_ids: tuple(map(participant_of, raw_ids))
    ),
    context=st.none() | TEXTS,
)


@given(st.lists(MATCHES, max_size=30), CALLS)
def test_the_index_changes_no_verdict(matches: list[Match], call: KnownCall) -> None:
    """The rule that decides is the first that matches, if every rule is looked at."""
    rules = tuple(Rule(str(place), 1, match, "why") for place, match in enumerate(matches))
    first = next((one for one in rules if not unmet(one, call)), None)

    assert first is verdict_of(Policy(rules, digest="d", index=indexed(rules)), call).rule


def test_of_a_thousand_rules_few_are_looked_at() -> None:
    """Those that name other contexts or numbers cannot match."""
    rules = policy(
        *(rule(f"c{number}", match=f"context: [c{number}, 'p{number}/*']") for number in range(500)),
        *(rule(f"n{number}", match=f"numbers: [+1{number:03}]") for number in range(499)),
        rule("last"),
    )
    call = replace(CALL, context="p7/x", participants=(participant_of("4:+1042999"),))
    looked_at = set(itertools.chain.from_iterable(rules.index[key] for key in rules.index if key == ("", "")))

    assert 1000 == len(rules.rules)
    assert {999} == looked_at
    assert "c7" == getattr(verdict_of(rules, call).rule, "id", None)
    assert "n42" == getattr(verdict_of(rules, replace(call, context=None)).rule, "id", None)
    assert "last" == getattr(verdict_of(rules, CALL).rule, "id", None)
