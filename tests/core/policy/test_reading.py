"""The text of a policy: what it may say, and what is said of mistakes."""

import itertools
import json
import re
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.adapters import policy_text
from recording.adapters.policy_text import policy_of
from recording.core.consent import LateJoiners, MustAgree, OtherWay
from recording.core.model import ConsentKind, ParticipantKind, Reaction, Withdrawal
from recording.core.policy import Keypress, Policy
from recording.core.policy.values import MOST_PROBLEMS
from tests.core.policy.policies import policy, problems, rule, text_of

KEYPRESS = """
      kind: keypress
      countries: strictest
      prompt: {version: v2, language: de-DE, text: Zum Einverstaendnis die Eins}
      agree: 1
      decline: '*'
      waitSeconds: 20
      declined: {then: end-call, prompt: {version: '1', language: en, text: Bye, audio: https://a.example/bye.wav}}
      lateJoiners: announce"""
FULL = rule(
    "full",
    consent=KEYPRESS,
    more="""
    output: audio-unmixed-wav
    channels: [phoneNumber, communicationUser]
    pauseOnStart: true
    storage: {native: https://account.blob.core.windows.net/container}
    template: calls/{recording_id}/{index}-{document_id}
    retention: seven-years
    restart: true
    startTries: 2
    pauseLimitSeconds: 600
    resumeAtLimit: true""",
)


def test_a_rule_may_say_everything() -> None:
    (full,) = policy(FULL).rules
    recorded = full.recorded

    assert recorded is not None
    assert ("full", 4, "because full says so") == (full.id, full.line, full.reason)
    assert ("audio-unmixed-wav", True, "seven-years") == (
        str(recorded.output),
        recorded.pause_on_start,
        recorded.retention_class,
    )
    assert (ParticipantKind.PHONE_NUMBER, ParticipantKind.COMMUNICATION_USER) == recorded.channels
    assert "https://account.blob.core.windows.net/container" == recorded.native_container
    assert "calls/{recording_id}/{index}-{document_id}" == recorded.template
    assert Reaction(True, timedelta(minutes=10), True, 2) == recorded.reaction  # noqa: FBT003
    consent = recorded.consent
    assert isinstance(consent, Keypress)
    assert recorded.by_country
    assert ("1", "*", 20) == (consent.agree, consent.decline, consent.wait.total_seconds())
    assert (LateJoiners.ANNOUNCE_AGAIN, OtherWay.HANG_UP) == (consent.late_joiners, consent.declined.then)
    assert ("v2", "de-DE") == (consent.prompt.version, consent.prompt.language)
    assert consent.declined.prompt is not None
    assert "https://a.example/bye.wav" == consent.declined.prompt.url


def test_a_consent_may_say_more_of_its_prompts_and_of_a_withdrawal() -> None:
    """How often, who must agree; and for every kind, what a withdrawal does."""
    more = KEYPRESS + "\n      prompts: 5\n      mustAgree: caller\n      onWithdrawal: pause"
    announced = ANNOUNCED.removesuffix("}") + ", onWithdrawal: pause}"
    for text in (more, "{kind: attested, onWithdrawal: pause}", announced):
        (found,) = policy(rule(consent=text)).rules
        assert found.recorded is not None
        assert Withdrawal.PAUSE is found.recorded.consent.on_withdrawal
    (found,) = policy(rule(consent=more)).rules
    assert found.recorded is not None
    assert isinstance(found.recorded.consent, Keypress)
    assert (5, MustAgree.CALLER) == (found.recorded.consent.prompts, found.recorded.consent.must_agree)


def test_a_rule_may_say_little() -> None:
    """The output is wav, archived by this app."""
    (found,) = policy(rule(more="\n    storage: archive")).rules

    assert found.recorded is not None
    assert ("audio-mixed-wav", "", "", "", False) == (
        str(found.recorded.output),
        found.recorded.native_container,
        found.recorded.template,
        found.recorded.retention_class,
        found.recorded.pause_on_start,
    )
    assert ConsentKind.NOT_NEEDED is found.recorded.consent.kind
    assert Reaction() == found.recorded.reaction


def test_json_is_read_too() -> None:
    """With tabs and a byte order mark in front it is the same policy, of another digest."""
    fields = {
        "version": 1,
        "rules": [
            {"id": "r", "match": {}, "record": True, "reason": "because r says so", "consent": {"kind": "attested"}}
        ],
    }
    plain, tabbed = json.dumps(fields), json.dumps(fields, indent="\t")

    assert policy_of(plain).rules[0].match == policy(rule(consent="{kind: attested}")).rules[0].match
    assert policy_of(tabbed).rules[0].recorded == policy_of(plain).rules[0].recorded
    assert sha256(tabbed.encode()).hexdigest() == policy_of(tabbed).digest


def test_the_digest_is_that_of_the_text() -> None:
    """So that anybody can say which file decided."""
    text = text_of(rule())

    assert sha256(text.encode()).hexdigest() == policy_of(text).digest
    assert "" == Policy().digest


ANNOUNCED = "{kind: announced, lateJoiners: go-on, prompt: {version: '1', language: en, text: hello}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the text is empty"),
        ("rules", "line 1 column 1: not a table of version, countries, rules"),
        ("[]", "line 1 column 1: not a table of version, countries, rules"),
        ("{}", "line 1 column 1: version is missing"),
        ("version: 2\nrules: []", "line 1 column 10: version: not 1"),
        ("version: 1\nrules: []", "line 2 column 8: rules: an empty list; leave it out"),
        ("version: 1\nrules: {}", "line 2 column 8: rules: not a list, such as [a, b]"),
        ("version: 1\nrules:\n  - 5", "line 3 column 5: rules[0]: not a table of id, match"),
        ("version: 1\nruls: []", "line 2 column 1: ruls: unknown; known are version, countries, rules; is rules m"),
        (text_of(rule()) + "include: other.yaml", "include: no policy includes another"),
        (text_of(rule()) + "version: 1", "version: a second time; it stands in line 1 already"),
        (text_of(rule()) + "? [a]\n: 1", "a name that is no text: unknown"),
        (text_of(rule()) + "5: 1", "5: unknown"),
        (text_of(rule(), rule()), "rules[1].id: a rule above has r already"),
        (text_of(rule("a b")), "rules[0].id: not 1 to 64 of letters"),
        (text_of(rule("../a")), "rules[0].id: not 1 to 64 of letters"),
        (text_of(rule("ä")), "rules[0].id: not 1 to 64 of letters"),
        (text_of(rule("a.b")), "rules[0].id: not 1 to 64 of letters"),
        (text_of(rule("~")), "rules[0].id: empty"),
        (text_of(rule("[a]")), "rules[0].id: not a text"),
        (text_of(rule("x" * 501)), "rules[0].id: 501 characters, more than 500"),
        (text_of(rule(record="yes")), "rules[0].record: neither true nor false"),
        (text_of(rule(record="'true'")), "rules[0].record: neither true nor false"),
        (text_of(rule(record="false", more="\n    output: wav")), "makes no sense where nothing is recorded"),
        (text_of(rule(match="direction: inbound")), "direction: not a list"),
        (text_of(rule(match="direction: [in]")), "direction[0]: none of inbound, outbound"),
        (text_of(rule(match="direction: [[inbound]]")), "direction[0]: none of inbound, outbound"),
        (text_of(rule(match="call: [rooms]")), "call[0]: none of group, room, two-party, connection"),
        (text_of(rule(match="numbers: [49]")), "numbers[0]: not the beginning of a number such as +49"),
        (text_of(rule(match=f"numbers: [{', '.join(['+49'] * 201)}]")), "numbers: 201 items, more than 200"),
        (text_of(rule(match="context: ['a*b']")), "a * only stands at the end"),
        (text_of(rule(match="context: ['*']")), "a * only stands at the end"),
        (text_of(rule(match='context: ["a\\nb"]')), "a line break, or another character that is not shown"),
        (text_of(rule(match="output: [audio]")), "output[0]: 'audio' is not an output"),
        (text_of(rule(match="when: {days: [mon]}")), "when: zone is missing"),
        (text_of(rule(match="when: {zone: Mars/Olympus}")), "when.zone: not a time zone such as Europe/Berlin"),
        (text_of(rule(match="when: {zone: Europe}")), "when.zone: not a time zone"),
        (text_of(rule(match="when: {zone: ../../etc/passwd}")), "when.zone: not a time zone"),
        (text_of(rule(match="when: {zone: UTC, days: [Monday]}")), "days[0]: none of mon, tue"),
        (text_of(rule(match="when: {zone: UTC, hours: ['8-18']}")), "hours[0]: not hours such as 08:00-18:00"),
        (text_of(rule(match="when: {zone: UTC, hours: ['24:00-25:00']}")), "hours[0]: not hours"),
        (text_of(rule(match="when: {zone: UTC, hours: ['08:00-08:00']}")), "they end when they begin"),
        (text_of(rule(more="\n    output: wav")), "output: 'wav' is not an output the service can make"),
        (text_of(rule(more="\n    channels: [bot]")), "only an unmixed output has a channel"),
        (text_of(rule(more="\n    output: audio-unmixed-wav\n    channels: [bot, bot]")), "channels: a kind twice"),
        (text_of(rule(more="\n    template: '{index}'")), "template: {recording_id} must be in it"),
        (text_of(rule(more="\n    retention: 7 years")), "retention: not 1 to 40 of a-z"),
        (text_of(rule(more="\n    startTries: 6")), "startTries: "),
        (text_of(rule(more="\n    pauseLimitSeconds: 0")), "pauseLimitSeconds: "),
        (text_of(rule(more="\n    resumeAtLimit: true")), "resumeAtLimit: makes no sense without pauseLimitSeconds"),
        (text_of(rule(more="\n    storage: native")), "storage: neither archive nor {native: https"),
        (text_of(rule(more="\n    storage: {}")), "storage: native is missing"),
        (text_of(rule(more="\n    storage: {native: https://a.example/c}")), "native: not the URL of a container"),
        (
            text_of(rule(more="\n    storage: {native: 'https://account.blob.core.windows.net/container?sig=x'}")),
            "native: not the URL of a container",
        ),
        (text_of(rule(consent="free")), "consent: not a table of kind"),
        (text_of(rule(consent="{reason: r}")), "consent: kind is missing"),
        (text_of(rule(consent="{kind: implied}")), "consent.kind: none of not-needed, attested, announced, keypress"),
        (text_of(rule(consent="{kind: not-needed}")), "consent: reason is missing"),
        (text_of(rule(consent="{kind: attested, reason: r}")), "reason: makes no sense in a consent that is attested"),
        (text_of(rule(consent="{kind: attested, countries: any}")), "countries: none of strictest"),
        (text_of(rule(consent="{kind: announced}")), "consent: prompt is missing"),
        (text_of(rule(consent=ANNOUNCED.replace(", text: hello", ""))), "prompt: text is missing"),
        (
            text_of(rule(consent=ANNOUNCED.replace("text: hello", "text: hello, audio: http://a.example/a.wav"))),
            "not an https URL",
        ),
        (text_of(rule(consent=ANNOUNCED.replace("en", "english"))), "not a language such as de or en-GB"),
        (text_of(rule(consent=ANNOUNCED.replace("go-on", "maybe"))), "lateJoiners: none of announce, pause, go-on"),
        (text_of(rule(consent=KEYPRESS.replace("'*'", "1"))), "decline: the same key as agree"),
        (text_of(rule(consent=KEYPRESS.replace("agree: 1", "agree: 11"))), "agree: not one of the keys"),
        (text_of(rule(consent=KEYPRESS.replace("agree: 1", ""))), "agree is missing"),
        (text_of(rule(consent=KEYPRESS.replace("20", "61"))), "waitSeconds: not a whole number from 1 to 60"),
        (text_of(rule(consent=KEYPRESS.replace("20", "[]"))), "waitSeconds: not a whole number from 1 to 60"),
        (text_of(rule(consent=KEYPRESS.replace("end-call", "hang-up"))), "then: none of go-on, end-call"),
        (text_of(rule(), head="countries: [{prefix: 49, consent: {kind: attested}}]"), "countries[0].prefix: not the"),
        (text_of(rule(), head="countries: [{prefix: +49}]"), "countries[0]: consent is missing"),
        (
            text_of(rule(), head=f"countries: [{', '.join(['{prefix: +49, consent: {kind: attested}}'] * 2)}]"),
            "countries[1].prefix: a country above has +49 already",
        ),
        (
            text_of(rule(), head="countries: [{prefix: +49, consent: {kind: attested, countries: strictest}}]"),
            "countries[0].consent.countries: unknown",
        ),
        # Not YAML
        ("a: b: c", "line 1 column 5: mapping values are not allowed in this context; a text in which a space follows"),
        ("a:\n\t- b", "line 2 column 1: found character that cannot start any token; YAML is indented by spaces"),
        ("{", "did not find expected node content"),
        ("a: \x07", "not YAML: a character that it does not allow"),
        ("a: '\ud800'", "a lone surrogate"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, expected: str) -> None:
    """Line and column, the path, and what is needed there."""
    found = problems(text)

    assert any(expected in problem for problem in found), found


def test_all_mistakes_are_named_at_once_in_the_order_of_their_lines() -> None:
    found = problems(text_of(rule("a b", consent="{kind: no}"), rule("c", match="dirction: [inbound]", record="maybe")))
    lines = [int(re.findall(r"line (\d+)", problem)[0]) for problem in found]

    assert [4, 8, 10, 11] == lines
    assert "is direction meant?" in found[2]


def test_many_mistakes_are_counted() -> None:
    """The answer stays small."""
    found = problems(text_of(*(rule(f"a {number}") for number in range(100))))

    assert MOST_PROBLEMS + 1 == len(found)
    assert f"and {100 - MOST_PROBLEMS} more" == found[-1]


def test_no_problem_shows_a_value() -> None:
    """What stands in the wrong place may be a key."""
    secrets = "{id: s3cret!, record: s3cret, reason: [s3cret], match: s3cret}"
    found = problems(f"version: s3cret\nrules: [{secrets}]")

    assert found
    assert "s3cret" not in " ".join(found)


# Attacks


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    """A billion laughs need anchors."""
    names = "abcdefghijklmnopqrstuvwxyz"
    lines = (f"{this}: &{this} [*{last}, *{last}]" for last, this in itertools.pairwise(names))
    bomb = "\n".join(["a: &a [x, x]", *lines])

    assert ("line 1 column 4: an anchor or an alias: write out what is repeated",) == problems(bomb)


@pytest.mark.parametrize("text", ["a: &a {b: *a}", "&a [*a]", "a: *b", "<<: *b"])
def test_nothing_may_name_itself_or_another_part(text: str) -> None:
    assert "an anchor or an alias" in problems(text)[0]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!include", "!!binary", "!!map"])
def test_a_tag_is_refused(tag: str) -> None:
    """It could name a class of Python, or another file."""
    assert ("line 1 column 1: a tag: it names a type, which no policy needs",) == problems(f"{tag} [a]")


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 10_000, '{"a":' * 50_000])
def test_deep_text_is_refused_before_it_is_read_to_its_end(text: str) -> None:
    (found,) = problems(text)

    assert re.search("nested deeper than 10|exceeded maximum nesting depth", found)


def test_a_huge_text_is_refused_unread() -> None:
    (found,) = problems("a" * (policy_text.MOST_TEXT + 1))

    assert f"more than {policy_text.MOST_TEXT}" in found


def test_many_small_values_are_refused() -> None:
    (found,) = problems(f"[{'a,' * 60_000}]")

    assert "more than 50000 values" in found


def test_more_than_a_thousand_rules_are_refused() -> None:
    text = json.dumps({"version": 1, "rules": [{"id": f"r{number}"} for number in range(1001)]})

    assert any("1001 items, more than 1000" in problem for problem in problems(text))


def test_a_second_document_is_refused() -> None:
    assert ("line 3 column 1: a second document begins",) == problems("a: 1\n---\nb: 2")


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    """No other exception is raised."""
    assert all(problems(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "match", "kind", "consent", "zone", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)
KEYS = ("id", "match", "record", "reason", "consent", "output", "channels", "storage", "template", "retention")


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8), max_size=4), VALUES)
def test_any_json_is_a_policy_or_refused(rules: list[object], countries: object) -> None:
    """With a line for each problem."""
    text = json.dumps({"version": 1, "rules": rules, "countries": countries}, ensure_ascii=False)

    assert all("line " in problem or "more" in problem or "not YAML" in problem for problem in problems(text))
