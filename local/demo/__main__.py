"""`python -m local.demo [--media FILE]`: exit status 0 only if every promise was kept."""

import argparse
import shutil
import sys
from pathlib import Path

from rich.console import Console

from local.demo.report import inspect, show
from local.demo.story import play
from local.stack import ROOT, Stack

_FORMATS = ("mp4", "mp3", "wav")
_TABLE = 124
_SETTINGS = {"RECORDING_OUTPUT": "audio-mixed-wav", "PYTHON_THREADPOOL_THREAD_COUNT": "8"}


def main() -> int:
    """Run the demo; its exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--media", type=Path, help="a wav, mp3 or mp4 of yours, in place of made media of that format")
    arguments = parser.parse_args()
    console = Console()
    if console.width < _TABLE:
        console = Console(width=_TABLE)  # a table in eighty columns tells nothing
    media: dict[str, Path] = {}
    if arguments.media is not None:
        kind = arguments.media.suffix.lstrip(".").lower()
        if kind not in _FORMATS or not arguments.media.is_file():
            parser.error(f"--media: {arguments.media} is not a readable wav, mp3 or mp4 file")
        media[kind] = arguments.media.resolve()
    folder = ROOT / ".local" / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    console.print("Starting Azurite, a local Communication Services and Event Grid, and the Functions host …")
    with Stack(folder, settings=_SETTINGS, media=media, media_folder=ROOT / ".local" / "media") as stack:
        recordings = play(stack, console)
        findings = inspect(stack, recordings, folder / "recordings")
        return show(console, findings, folder)


if __name__ == "__main__":
    sys.exit(main())
