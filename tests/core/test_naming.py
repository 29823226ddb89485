"""Blob names: one for each chunk, all different, without special path segments."""

import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recording.core import naming
from recording.core.errors import InvalidRequest
from recording.core.model import BlobName, CallId, DocumentId, Door, Format, RecordingId
from recording.core.naming import DEFAULT_TEMPLATE, MAX_INDEX, MAX_LENGTH, encode, is_muted, muted_name, parse_template

AT = datetime(2026, 3, 9, 7, 5, tzinfo=UTC)
SEGMENT = re.compile(r"[A-Za-z0-9_=~-]+(\.[a-z0-9-]+)*")
TEMPLATES = [
    DEFAULT_TEMPLATE,
    "{recording_id}/{index}{document_id}",
    "{document_id}{index}/{recording_id}-x",
    "calls/{call_id}/{year}-{month}-{day}T{hour}/{format}/{recording_id}/{index}/{document_id}",
    "{index}/{document_id}/{recording_id}_{index}",
]

ids = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="aA01-_=~./\\{}%é", max_size=6),
    st.text(min_size=190, max_size=210),
    st.text(alphabet=st.characters(categories=["Cs"]), max_size=3),
)
indexes = st.integers(0, MAX_INDEX)
formats = st.one_of(st.none(), st.sampled_from(Format))
keys = st.tuples(ids, indexes, ids)
moments = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn beside
templates = st.sampled_from(TEMPLATES).map(parse_template)


def name_of(
    key: tuple[str, int, str],
    template: naming.Template | None = None,
    at: datetime = AT,
    format_: Format | None = None,
    call_id: str | None = None,
) -> BlobName:
    """Name the chunk of a recording id, index and document id."""
    recording_id, index, document_id = key
    return (template or parse_template(DEFAULT_TEMPLATE)).render(
        recording_id=RecordingId(recording_id),
        document_id=DocumentId(document_id),
        index=index,
        at=at,
        format_=format_,
        call_id=None if call_id is None else CallId(call_id),
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (DEFAULT_TEMPLATE, "2026/03/09/r-1/0002-0-weu-d1.wav"),
        ("{hour}/{call_id}/{recording_id}/{index}_{document_id}", "07/unknown/r-1/0002_0-weu-d1.wav"),
        ("{format}/{recording_id}/{document_id}-{index}", "wav/r-1/0-weu-d1-0002.wav"),
    ],
)
def test_a_template_is_filled(template: str, expected: str) -> None:
    """Fields are replaced, the index has four digits, the extension is the format's."""
    assert expected == name_of(("r-1", 2, "0-weu-d1"), parse_template(template), format_=Format.WAV)


def test_the_day_is_that_of_utc() -> None:
    """The time zone of the moment does not matter."""
    east = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))

    assert name_of(("r", 0, "d"), at=east).startswith("2025/12/31/")


def test_a_moment_without_a_zone_names_nothing() -> None:
    """A name must not depend on the machine's time zone."""
    with pytest.raises(ValueError, match="time zone"):
        name_of(("r", 0, "d"), at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("index", [-1, MAX_INDEX + 1])
def test_an_index_out_of_bounds_is_refused(index: int) -> None:
    """An index has four digits."""
    with pytest.raises(InvalidRequest, match="9999") as refused:
        name_of(("r", index, "d"))

    assert refused.value.field == "index"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0-WEU-d1_x", "0-WEU-d1_x"),
        ("", "="),
        (".", "=2E"),
        ("..", "=2E=2E"),
        ("a/b\\c", "a=2Fb=5Cc"),
        ("=2F", "=3D2F"),
        ("\n", "=0A"),
        ("~", "=7E"),
        ("é", "=C3=A9"),
        ("\ud800", "=ED=A0=80"),
        ("x" * 200, "x" * 200),
        ("x" * 201, f"{'x' * 120}~{hashlib.sha256(b'x' * 201).hexdigest()}"),
    ],
)
def test_an_id_is_spelt_in_safe_characters(value: str, expected: str) -> None:
    """Any byte but a letter, digit, `_` or `-` becomes `=XX`; an id that is too long ends with its hash."""
    assert expected == encode(value)


@given(ids, ids)
def test_two_ids_are_never_spelt_alike(one: str, two: str) -> None:
    """The encoding is injective and keeps upper and lower case."""
    assert (one == two) == (encode(one) == encode(two))


@given(st.text(alphabet="abcXYZ019_-", min_size=1, max_size=200))
def test_a_safe_id_is_spelt_as_it_is(value: str) -> None:
    """Encoding such an id twice changes nothing."""
    assert value == encode(value)


@given(ids)
def test_an_id_can_be_read_from_its_spelling_unless_it_was_shortened(value: str) -> None:
    spelt = encode(value)

    assert (None if "~" in spelt else value) == naming.decode(spelt)


@pytest.mark.parametrize("spelt", ["", "a b", "=4", "=FF", "=41", "a=", "a~b"])
def test_what_is_no_spelling_of_an_id_is_none(spelt: str) -> None:
    """Each id has one."""
    assert naming.decode(spelt) is None


@given(templates, keys, keys, moments, formats)
def test_two_chunks_never_share_a_name(
    template: naming.Template,
    one: tuple[str, int, str],
    two: tuple[str, int, str],
    at: datetime,
    format_: Format | None,
) -> None:
    """Names differ exactly where recording, index or document id do."""
    assert (one == two) == (name_of(one, template, at, format_) == name_of(two, template, at, format_))


@given(templates, keys, keys, st.tuples(moments, formats, ids), st.tuples(moments, formats, ids))
def test_no_day_format_or_call_makes_two_chunks_share_a_name(
    template: naming.Template,
    one: tuple[str, int, str],
    two: tuple[str, int, str],
    rest: tuple[datetime, Format | None, str],
    other_rest: tuple[datetime, Format | None, str],
) -> None:
    """Recording id, index and document id alone make the name unique."""
    assume(one != two)

    assert name_of(one, template, *rest) != name_of(two, template, *other_rest)


@given(templates, keys, moments, formats, st.one_of(st.none(), ids), st.integers(1, 9999))
def test_every_name_is_safe_and_short(
    template: naming.Template,
    key: tuple[str, int, str],
    at: datetime,
    format_: Format | None,
    call_id: str | None,
    revision: int,
) -> None:
    chunk = name_of(key, template, at, format_, call_id)
    manifest = naming.manifest_name(RecordingId(key[0]), chunk, revision)
    for name in (chunk, f"{chunk}.metadata.json", manifest):
        assert all(SEGMENT.fullmatch(segment) for segment in name.split("/"))
        assert len(name) <= MAX_LENGTH


@given(templates, st.lists(keys, min_size=1, max_size=4, unique=True), formats)
def test_no_chunk_metadata_file_or_manifest_shares_a_name(
    template: naming.Template, chunks: list[tuple[str, int, str]], format_: Format | None
) -> None:
    """The three kinds have different suffixes, for any ids."""
    names = [name_of(key, template, AT, format_) for key in chunks]
    metadata = [f"{name}.metadata.json" for name in names]
    manifests = {
        naming.manifest_name(RecordingId(key[0]), name, revision)
        for key, name in zip(chunks, names, strict=True)
        for revision in (1, 2)
    }

    assert 2 * len(chunks) + len(manifests) == len({*names, *metadata, *manifests})


def test_a_manifest_stands_beside_its_chunks() -> None:
    """The first has no number, the later ones have."""
    chunk = BlobName("2026/03/09/r=2F1/0000-d.mp4")

    assert naming.manifest_name(RecordingId("r/1"), chunk, 1) == "2026/03/09/r=2F1/r=2F1.manifest.json"
    assert naming.manifest_name(RecordingId("r/1"), chunk, 2) == "2026/03/09/r=2F1/r=2F1.manifest-2.json"
    assert naming.manifest_name(RecordingId("r"), BlobName("0000-d"), 1) == "r.manifest.json"


@pytest.mark.parametrize("revision", [0, 10_000])
def test_a_revision_counts_from_one(revision: int) -> None:
    """There is no revision 0."""
    with pytest.raises(ValueError, match="revision"):
        naming.manifest_name(RecordingId("r"), BlobName("n"), revision)


@given(st.integers(1, MAX_INDEX), st.integers(1, MAX_INDEX), ids, ids)
def test_two_manifests_never_share_a_name(one: int, two: int, recording: str, other: str) -> None:
    """In one folder they differ by recording or revision."""
    names = {
        naming.manifest_name(RecordingId(recording), BlobName("folder/n"), one),
        naming.manifest_name(RecordingId(other), BlobName("folder/n"), two),
    }

    assert ((one, recording) == (two, other)) == (len(names) == 1)


@given(ids, st.binary(max_size=8), ids, st.binary(max_size=8))
def test_the_journal_keeps_one_copy_of_each_event(one: str, body: bytes, two: str, other: bytes) -> None:
    """The same event with the same body has one name; any other has another."""
    name, again = naming.journal_name(AT, one, body), naming.journal_name(AT, two, other)

    assert ((one, body) == (two, other)) == (name == again)
    assert re.fullmatch(r"2026/03/09/[A-Za-z0-9_=~-]+-[0-9a-f]{16}\.json", name)
    assert len(name) <= MAX_LENGTH


@pytest.mark.parametrize("door", Door)
def test_the_journal_says_by_which_door_an_event_came(door: Door) -> None:
    """One that does not say it counts as the one without authority."""
    assert door is naming.door_in(naming.journal_name(AT, "id", b"{}", door))
    assert Door.FUNCTION_KEY is naming.door_in(naming.journal_name(AT, "eventGrid", b"{}"))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "{recording_id} must be in it"),
        ("{recording_id}/{index}", "{document_id} must be in it"),
        ("{recording_id}/{document_id}", "{index} must be in it"),
        ("{recording_id}/{index}-{document_id}/{week}", "there is no field {week}"),
        ("{recording_id!r}/{index}-{document_id}", "there is no field {recording_id!r}"),
        ("{}/{recording_id}/{index}-{document_id}", "there is no field {}"),
        ("{recording_id}/{index}-{document_id}}", "a lone }"),
        ("{{recording_id}/{index}-{document_id}", "a lone {"),
        ("../{recording_id}/{index}-{document_id}", "more than letters"),
        ("a b/{recording_id}/{index}-{document_id}", "more than letters"),
        ("{recording_id}\\{index}-{document_id}", "more than letters"),
        ("{recording_id}/{index}~{document_id}", "more than letters"),
        ("{recording_id}/{index}={document_id}", "more than letters"),
        ("/{recording_id}/{index}-{document_id}", "a segment is empty"),
        ("{recording_id}/{index}-{document_id}/", "a segment is empty"),
        ("{recording_id}//{index}-{document_id}", "a segment is empty"),
        ("{recording_id}-{index}-{document_id}", "more than one field"),
        ("{recording_id}/{index}/{document_id}{document_id}", "more than one field"),
        (f"{'x' * 600}/{{recording_id}}/{{index}}-{{document_id}}", "over 900"),
    ],
)
def test_a_template_that_could_go_wrong_is_refused(text: str, cause: str) -> None:
    """The refusal names the setting and what is wrong with it."""
    with pytest.raises(InvalidRequest) as refused:
        parse_template(text)

    assert cause in refused.value.cause
    assert refused.value.field == "ARCHIVE_PATH_TEMPLATE"


pieces = st.sampled_from(["{format}", "{call_id}", "{year}", "{recording_id}", "/", "/", "-", "x", "", "", "{", "."])
likely_templates = st.builds(
    lambda required, between: "".join(piece for pair in zip(required, between, strict=True) for piece in pair),
    st.permutations(["{recording_id}", "{index}", "{document_id}"]),
    st.tuples(pieces, pieces, pieces),
)


@settings(max_examples=300)
@given(likely_templates, st.text(alphabet="0-_x", max_size=12), st.data())
def test_whatever_template_passes_keeps_chunks_apart(text: str, letters: str, data: st.DataObject) -> None:
    """The rules suffice, even if the ids consist of the same letters, divided differently."""
    try:
        template = parse_template(text)
    except InvalidRequest:
        return
    cuts = st.integers(0, len(letters))
    one, two = (
        (letters[:cut], data.draw(st.sampled_from([0, 1])), letters[cut:]) for cut in data.draw(st.tuples(cuts, cuts))
    )

    name = name_of(one, template)
    assert all(SEGMENT.fullmatch(segment) for segment in name.split("/"))
    assert (one == two) == (name == name_of(two, template))


def test_muted_media_have_a_name_of_their_own_that_no_chunk_has() -> None:
    """It is the same when it is made again, and another one for other channels or other media."""
    name = BlobName("2026/r/0000-d.wav")
    made = muted_name(name, "ab", [2, 0])
    assert made == muted_name(name, "ab", [0, 2])
    assert 3 == len({made, muted_name(name, "ab", [0]), muted_name(name, "cd", [0, 2])})
    assert (True, False) == (is_muted(made), is_muted(name))
    assert made.startswith(f"{name}.")
