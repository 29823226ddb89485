"""`make demo`: exit status 0 only if every check passed."""

import argparse
import sys
from pathlib import Path

import requests
from rich.console import Console

from local.azurite import AzuriteError
from local.claim import LOCAL, FolderInUseError, claimed, folder_for
from local.demo.media import UnusableMediaError, usable_media
from local.demo.recorded import record_silence, show_records
from local.demo.report import inspect, show, show_next
from local.demo.story import play
from local.demo.talk import DemoFailedError
from local.host import HostNotReadyError
from local.policies import demo
from local.stack import Stack

_SETTINGS = {"PYTHON_THREADPOOL_THREAD_COUNT": "8"}


def main(arguments: list[str]) -> int:
    """Run the demo; its exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--media", type=Path, help="a wav, mp3 or mp4 of yours, instead of made media of that format")
    parser.add_argument("--name", default="", help="of a second demo, to run beside another")
    asked = parser.parse_args(arguments)
    folder = folder_for("demo", asked.name)
    try:
        media = dict([usable_media(asked.media)] if asked.media else [])
        with claimed(folder, "make demo"):
            return _show(folder, media)
    except UnusableMediaError as error:
        why = f"MEDIA: {error}"
    except FolderInUseError as taken:
        why = f"The demo runs already: {taken}"
    except (AzuriteError, HostNotReadyError) as error:
        why = f"It did not start: {error}"
    except (DemoFailedError, requests.RequestException) as error:
        why = f"It failed: {error}. The app's log says more: {folder.relative_to(LOCAL.parent)}/host.log"
    print(why, file=sys.stderr)
    return 1


def _show(folder: Path, media: dict[str, Path]) -> int:
    console = Console()
    console.print("Starting Azurite, local Communication Services, Event Grid and Functions host …")
    with Stack(folder, settings=_SETTINGS, policy=demo, media=media, media_folder=LOCAL / "media") as stack:
        played = play(stack, console)
        findings = inspect(stack, played.shown, played.manifest, folder / "recordings")
        where = folder.relative_to(LOCAL.parent)
        status = show(console, findings, where)
        if status == 0:
            console.print()
            show_records(stack, console, played, record_silence(stack), folder / "export")
        show_next(console, where)
        return status
