"""The seal of a recording as the API answers it: the sidecar as it was written."""

from typing import Annotated, NotRequired, TypedDict

from recording.core.formats.schema import Count, Moment, Schema

_Hash = Annotated[str, Schema(description="SHA-256 in hex.")]
_Channels = Annotated[list[int], Schema(description="Channels counted from 0; of several, each is silent.")]


class SealedDigest(TypedDict):
    """A digest, and how it is computed."""

    algorithm: str
    value: str
    blockSize: NotRequired[Annotated[Count, Schema(description="Bytes of a block.")]]


class SealedChannel(TypedDict):
    """What one channel sounds like."""

    loudSeconds: Annotated[Count, Schema(description="Seconds that are not silent.")]
    peaks: Annotated[list[Count], Schema(description="The waveform: of each interval the magnitude, from 0 to 255.")]
    levelsDb: Annotated[list[int], Schema(description="RMS of each second in dBFS; -100 is digital silence.")]


class SealedAudio(TypedDict):
    """What a chunk sounds like."""

    sampleRate: Count
    measuredOneIn: Annotated[Count, Schema(description="Of so many samples one is measured.")]
    peakEveryMs: Count
    participantsChannels: Annotated[
        list[int], Schema(description="The channels of participants, numbered as in the metadata file.")
    ]
    channels: list[SealedChannel]


class SealedChunk(TypedDict):
    """What was found when a chunk was read once more; without `length` it was not read."""

    index: Count
    documentId: str
    container: NotRequired[str]
    blob: str
    readAt: Moment
    agrees: Annotated[bool | None, Schema(description="Whether it is as it was proven; null if it cannot be read.")]
    finding: Annotated[str, Schema(description="What is not as it was proven, or why it was not read.")]
    length: NotRequired[Annotated[Count, Schema(description="Bytes.")]]
    sha256: NotRequired[_Hash]
    digest: NotRequired[SealedDigest]
    crc64: NotRequired[SealedDigest]
    audio: NotRequired[SealedAudio | None]
    why: NotRequired[Annotated[str, Schema(description="Why nothing is said about its sound.")]]


class SealedSilence(TypedDict):
    """Whether a channel that somebody has, or all of the recording, is silent."""

    judged: bool
    why: Annotated[str, Schema(description="Why it was not judged.")]
    belowDb: Annotated[int, Schema(description="A second is silent whose level is not above this, in dBFS.")]
    oneSecondIn: Annotated[Count, Schema(description="One second in so many may be louder.")]
    all: bool
    channels: list[_Channels]


class Seal(TypedDict):
    """What was found when everything that is archived of a recording was read once more."""

    schema: str
    recordingId: str
    manifest: str
    revision: Count
    sealedAt: Moment
    silence: SealedSilence
    chunks: list[SealedChunk]
