"""What the service can record: the valid combinations of content, channel and format, and their rates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypedDict

from recording.core.errors import InvalidRequest
from recording.core.model import Channel, Content, Format, Output

_SAMPLE_RATE = 16_000
_WAV_BYTES_PER_SECOND = 32_000
_MP3_BYTES_PER_SECOND = 6_000
_MP4_BYTES_PER_SECOND = 125_000


class OutputFields(TypedDict):
    """An output as JSON has it in the API and the manifest."""

    content: Content
    channel: Channel
    format: Format


class OutputLine(OutputFields):
    """A valid output for people, with its rate."""

    rate: str


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """What the service documents of one valid output.

    `bytes_per_second` is for one channel: the constant rate if `exact`, else the upper bound of a variable rate.
    `sample_rate` is in Hz, `content_type` the media type of the blob.
    """

    output: Output
    bytes_per_second: int
    exact: bool
    sample_rate: int
    max_channels: int
    content_type: str

    @property
    def rate(self) -> str:
        """The rate in MB (10^6 bytes) per minute, for people."""
        bound = "" if self.exact else "up to "
        each = " per channel" if self.max_channels > 1 else ""
        return f"{bound}{self.bytes_per_second * 60 / 1_000_000:g} MB/min{each}"

    def size(self, duration: timedelta, channels: int = 1) -> int:
        """Media bytes of that `duration`: the exact number if `exact`, else the upper bound."""
        return duration * self.bytes_per_second * channels // timedelta(seconds=1)


VALID: tuple[OutputFacts, ...] = (
    OutputFacts(
        output=Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4),
        bytes_per_second=_MP4_BYTES_PER_SECOND,
        exact=False,
        sample_rate=_SAMPLE_RATE,
        max_channels=1,
        content_type="video/mp4",
    ),
    OutputFacts(
        output=Output(Content.AUDIO, Channel.MIXED, Format.MP3),
        bytes_per_second=_MP3_BYTES_PER_SECOND,
        exact=False,
        sample_rate=_SAMPLE_RATE,
        max_channels=1,
        content_type="audio/mpeg",
    ),
    OutputFacts(
        output=Output(Content.AUDIO, Channel.MIXED, Format.WAV),
        bytes_per_second=_WAV_BYTES_PER_SECOND,
        exact=True,
        sample_rate=_SAMPLE_RATE,
        max_channels=1,
        content_type="audio/wav",
    ),
    OutputFacts(
        output=Output(Content.AUDIO, Channel.UNMIXED, Format.WAV),
        bytes_per_second=_WAV_BYTES_PER_SECOND,
        exact=True,
        sample_rate=_SAMPLE_RATE,
        max_channels=5,
        content_type="audio/wav",
    ),
)
"""Every output that the service can make; any other combination is invalid."""

_BY_OUTPUT = {facts.output: facts for facts in VALID}


def facts_of(output: Output) -> OutputFacts:
    """What is documented of an output.

    Raises:
        InvalidRequest: the combination is not valid; `field` is `output`.
    """
    if (facts := _BY_OUTPUT.get(output)) is None:
        raise _no_such_output(output, "output")
    return facts


def parse_output(content: object, channel: object, format_: object) -> Output:
    """Read an output from its three wire values, in any case.

    Args:
        content: `audio` or `audioVideo`.
        channel: `mixed` or `unmixed`.
        format_: `wav`, `mp3` or `mp4`.

    Raises:
        InvalidRequest: a value is unknown (`field` is `content`, `channel` or `format`), or the combination is
            invalid (`field` is `output`).
    """
    return facts_of(
        Output(
            _member(Content, content, "content"),
            _member(Channel, channel, "channel"),
            _member(Format, format_, "format"),
        )
    ).output


def parse_output_name(name: str, field: str = "output") -> Output:
    """Read an output from its name, such as `audio-mixed-wav`.

    Raises:
        InvalidRequest: there is no such output; `field` is the one given.
    """
    for facts in VALID:
        if str(facts.output).lower() == name.strip().lower():
            return facts.output
    raise _no_such_output(name, field)


def infer_output(values: Iterable[object]) -> Output | None:
    """Infer the output from the values of its three fields, in any order.

    Metadata files with content and channel type swapped have been seen, and events without one or all of the fields. So
    each known value is looked for in every valid output, and an unknown one is ignored.

    Returns:
        The only valid output that has all known values; None if there is none, or more than one.
    """
    known = {member.lower() for enum in (Content, Channel, Format) for member in enum}
    said = {value.lower() for value in values if isinstance(value, str)} & known
    left = [facts.output for facts in VALID if said <= _words(facts.output)]
    return left[0] if len(left) == 1 else None


def table() -> list[OutputLine]:
    """The valid outputs for people: content, channel, format and rate of each."""
    return [{**output_fields(facts.output), "rate": facts.rate} for facts in VALID]


def output_fields(output: Output) -> OutputFields:
    """The three values of an output."""
    return {"content": output.content, "channel": output.channel, "format": output.format}


def _words(output: Output) -> set[str]:
    return {output.content.lower(), output.channel.lower(), output.format.lower()}


def _member[E: StrEnum](enum: type[E], value: object, field: str) -> E:
    for member in enum:
        if isinstance(value, str) and member.lower() == value.lower():
            return member
    raise InvalidRequest(field, f"must be one of {', '.join(enum)}")


def _no_such_output(name: object, field: str) -> InvalidRequest:
    valid = ", ".join(str(facts.output) for facts in VALID)
    return InvalidRequest(field, f"{str(name)[:80]!r} is not an output the service can make; valid are {valid}")
