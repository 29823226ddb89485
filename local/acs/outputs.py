"""The outputs ACS can record, as its overview documents them."""

from dataclasses import dataclass

SAMPLE_RATE = 16_000
MAX_CHANNELS = 5


@dataclass(frozen=True, slots=True)
class Output:
    """One valid combination of content, channel and format, in the REST API's spelling."""

    content: str
    channel: str
    format: str


OUTPUTS: dict[str, Output] = {
    "mp4": Output("audioVideo", "mixed", "mp4"),
    "mp3": Output("audio", "mixed", "mp3"),
    "wav": Output("audio", "mixed", "wav"),
    "unmixed": Output("audio", "unmixed", "wav"),
}
"""By the short names that tests use."""

DEFAULT_OUTPUT = OUTPUTS["mp4"]
"""The default of a start request (documented: mixed audio and video)."""


def output_named(name: str) -> Output:
    """The output of a short name; raises ValueError that lists the valid names."""
    try:
        return OUTPUTS[name]
    except KeyError:
        msg = f"no output is called {name!r}; there are {', '.join(OUTPUTS)}"
        raise ValueError(msg) from None
