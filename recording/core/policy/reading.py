"""Reads a policy from its tree. Every problem is named, with line and column; see docs/policy.md for the format."""

import re
from collections.abc import Callable
from datetime import UTC, timedelta, tzinfo

from recording.core.model import (
    CallKind,
    Channel,
    Content,
    Direction,
    EventKind,
    Format,
    Output,
    ParticipantKind,
    Reaction,
)
from recording.core.naming import parse_template
from recording.core.outputs import parse_output_name
from recording.core.policy.consents import consent
from recording.core.policy.indexing import MOST_PREFIX, indexed
from recording.core.policy.model import (
    WEEK,
    Attested,
    Consent,
    Country,
    Hours,
    Match,
    Pattern,
    Policy,
    Recorded,
    Rule,
    When,
)
from recording.core.policy.tree import Node
from recording.core.policy.values import Problems, Section, UnfitError, Value

MOST_RULES = 1000
_MOST_LISTED = 200
_MOST_COUNTRIES = 300
USUAL_OUTPUT = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
"""The output of a rule that names none."""

_RULE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NUMBER = re.compile(r"\+[1-9][0-9]{0,14}")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_RETENTION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CONTAINER = re.compile(  # the settings must name it too, and say which may be of an emulator
    r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[a-z0-9]{3,24})?/[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]"
)
_WHEN_RECORDED = (
    "output",
    "channels",
    "pauseOnStart",
    "storage",
    "template",
    "retention",
    "consent",
    "restart",
    "startTries",
    "pauseLimitSeconds",
    "resumeAtLimit",
)
_MOST_TRIES = 5
_LONGEST_PAUSE = 24 * 60 * 60

_NO_CONSENT: tuple[Consent, bool] = (Attested(), False)
_NO_ZONE: tuple[str, tzinfo] = ("", UTC)

type ZoneOf = Callable[[str], tzinfo | None]
"""The time zone of a name of the IANA database; None if there is none."""


def read_policy(root: Node, digest: str, zone_of: ZoneOf) -> Policy:
    """The policy that a tree describes.

    Args:
        root: the whole text.
        digest: its SHA-256, in hex.
        zone_of: looks up a time zone.

    Raises:
        PolicyInvalid: names everything that is wrong.
    """
    problems = Problems()
    whole = Value(root, "", problems)
    none_named: tuple[Country, ...] = ()
    no_rules: tuple[Rule, ...] = ()
    try:
        top = whole.section("version", "countries", "rules")
        top.need("version", lambda value: value.whole(1, 1), 1)
        countries = top.read("countries", lambda value: value.each(_countries(), _MOST_COUNTRIES), none_named)
        rules = top.need("rules", lambda value: value.each(_rules(zone_of), MOST_RULES), no_rules)
    except UnfitError as error:
        whole.report(str(error))
        countries, rules = none_named, no_rules
    problems.raise_any()
    return Policy(rules, countries, digest, indexed(rules))


def _rules(zone_of: ZoneOf) -> Callable[[Value], Rule]:
    """Reads one rule after the other; each id is there once."""
    ids: set[str] = set()
    return lambda value: _rule(value, zone_of, ids)


def _countries() -> Callable[[Value], Country]:
    """Reads one country after the other; each prefix is there once."""
    prefixes: set[str] = set()
    return lambda value: _country(value, prefixes)


def _once(name: str, seen: set[str], what: str) -> str:
    if name in seen:
        raise UnfitError(f"{what} has {name} already")
    seen.add(name)
    return name


def _rule(value: Value, zone_of: ZoneOf, ids: set[str]) -> Rule:
    section = value.section("id", "match", "record", "reason", *_WHEN_RECORDED)
    is_recorded = section.need("record", Value.flag, None)
    if is_recorded is False:
        section.only(("id", "match", "record", "reason"), "makes no sense where nothing is recorded")
    return Rule(
        id=section.need("id", lambda one: _once(_rule_id(one), ids, "a rule above"), ""),
        line=value.node.at.line,
        match=section.read("match", lambda one: _match(one, zone_of), Match()),
        reason=section.need("reason", Value.text, ""),
        recorded=_recorded(section) if is_recorded else None,
    )


def _rule_id(value: Value) -> str:
    return value.fitting(_RULE_ID, "not 1 to 64 of letters, digits, _ and -")


def _recorded(section: Section) -> Recorded:
    own, by_country = section.need("consent", lambda value: consent(value, in_rule=True), _NO_CONSENT)
    output = section.read("output", _output, USUAL_OUTPUT)
    channels = _many(section, "channels", _participant)
    if channels and output.channel is not Channel.UNMIXED:
        section.report("channels", "only an unmixed output has a channel for each participant")
    if len(set(channels)) < len(channels):
        section.report("channels", "a kind twice")
    return Recorded(
        consent=own,
        by_country=by_country,
        output=output,
        channels=channels,
        pause_on_start=section.read("pauseOnStart", Value.flag, default=False),
        native_container=section.read("storage", _storage, ""),
        template=section.read("template", lambda value: parse_template(value.text()).text, ""),
        retention_class=section.read(
            "retention", lambda one: one.fitting(_RETENTION, "not 1 to 40 of a-z, 0-9 and -"), ""
        ),
        reaction=_reaction(section),
    )


def _reaction(section: Section) -> Reaction:
    limit = section.read("pauseLimitSeconds", lambda one: one.whole(1, _LONGEST_PAUSE), None)
    resumes = section.read("resumeAtLimit", Value.flag, default=False)
    if resumes and limit is None:
        section.report("resumeAtLimit", "makes no sense without pauseLimitSeconds")
    return Reaction(
        restart=section.read("restart", Value.flag, default=False),
        pause_limit=None if limit is None else timedelta(seconds=limit),
        resumes_at_limit=resumes,
        tries=section.read("startTries", lambda one: one.whole(0, _MOST_TRIES), 0),
    )


def _many[T](section: Section, name: str, read: Callable[[Value], T]) -> tuple[T, ...]:
    """The values of a list; none if the name is absent."""
    nothing: tuple[T, ...] = ()
    return section.read(name, lambda value: value.each(read, _MOST_LISTED), nothing)


def _match(value: Value, zone_of: ZoneOf) -> Match:
    section = value.section("event", "direction", "call", "participants", "numbers", "context", "output", "when")
    return Match(
        events=_many(section, "event", lambda one: one.one_of(EventKind)),
        directions=_many(section, "direction", lambda one: one.one_of(Direction)),
        calls=_many(section, "call", lambda one: one.one_of(CallKind)),
        participants=_many(section, "participants", _participant),
        numbers=_many(section, "numbers", _number),
        contexts=_many(section, "context", _pattern),
        outputs=_many(section, "output", _output),
        when=section.read("when", lambda one: _when(one, zone_of), None),
    )


def _country(value: Value, prefixes: set[str]) -> Country:
    section = value.section("prefix", "consent")
    own, _ = section.need("consent", lambda one: consent(one, in_rule=False), _NO_CONSENT)
    return Country(section.need("prefix", lambda one: _once(_number(one), prefixes, "a country above"), ""), own)


def _when(value: Value, zone_of: ZoneOf) -> When:
    section = value.section("zone", "days", "hours")
    name, clock = section.need("zone", lambda one: _zone(one, zone_of), _NO_ZONE)
    return When(
        name,
        clock,
        frozenset(_many(section, "days", _day)) or frozenset(range(len(WEEK))),
        _many(section, "hours", _hours) or (Hours(),),
    )


def _zone(value: Value, zone_of: ZoneOf) -> tuple[str, tzinfo]:
    name = value.text()
    if (clock := zone_of(name)) is None:
        raise UnfitError("not a time zone such as Europe/Berlin")
    return name, clock


def _day(value: Value) -> int:
    name = value.text()
    if name not in WEEK:
        raise UnfitError(f"none of {', '.join(WEEK)}")
    return WEEK.index(name)


def _hours(value: Value) -> Hours:
    found = _HOURS.fullmatch(value.text())
    if found is None:
        raise UnfitError("not hours such as 08:00-18:00")
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3] or 24) * 60 + int(found[4] or 0)
    if begin == end:
        raise UnfitError("they end when they begin; for the whole day leave hours out")
    return Hours(begin, end)


def _participant(value: Value) -> ParticipantKind:
    return value.one_of(ParticipantKind)


def _number(value: Value) -> str:
    return value.fitting(_NUMBER, "not the beginning of a number such as +49")


def _pattern(value: Value) -> Pattern:
    text = value.text(MOST_PREFIX)
    body = text.removesuffix("*")
    if not body or "*" in body:
        raise UnfitError("a * only stands at the end, for every text that begins so")
    return Pattern(body, body != text)


def _output(value: Value) -> Output:
    return parse_output_name(value.text())


def _storage(value: Value) -> str:
    if getattr(value.node, "text", None) == "archive":
        return ""
    try:
        section = value.section("native")
    except UnfitError as error:
        raise UnfitError("neither archive nor {native: https://ACCOUNT.blob.core.windows.net/CONTAINER}") from error
    return section.need(
        "native",
        lambda one: one.fitting(_CONTAINER, "not the URL of a container, without anything behind its name"),
        "",
    )
