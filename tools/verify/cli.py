"""The command line of `tools/verify`, and its exit codes."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .exported import ARCHIVE, HASHES, Exported, WrongPackage
from .listing import Listing, list_folder
from .proving import FAILED, PROVEN, Problem, Proving, wrong_content
from .report import UNNAMED, WRONG, Progress, Report, in_column, in_words, shown

ALL_PROVEN, NOT_ALL_PROVEN, CANNOT_RUN, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a name may not fit the terminal
    parser = _parser()
    asked = parser.parse_args(arguments)
    digest = (asked.media, asked.digest, asked.block_size)
    if (asked.folder is None) == (None in digest) or (asked.folder is not None and digest != (None, None, None)):
        parser.error("give either DIR, or all of --media, --digest and --block-size")
    try:
        if asked.folder is None:
            return _prove_media(*digest)
        return _prove_archive(asked.folder, as_json=asked.json, allow_unnamed=asked.allow_unnamed)
    except WrongPackage as error:
        print(f"NOT all proven: {error}")
        return NOT_ALL_PROVEN
    except OSError as error:
        print(f"cannot go on: {error}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:
        print("\nstopped before the end: nothing is said of the rest", file=sys.stderr)
        return INTERRUPTED


def _prove_archive(root: Path, *, as_json: bool, allow_unnamed: bool) -> int:
    progress = _progress()
    listing = list_folder(root, progress.on_listed)
    if HASHES in listing.files:
        return _prove_export(root, listing, Report(as_json, progress))
    progress.total = sum(1 for _ in listing.recordings())
    if not progress.total:
        progress.clear()
        print(f"no manifest (….manifest.json) in {root}: there is nothing to prove by", file=sys.stderr)
        return CANNOT_RUN
    report = Report(as_json, progress)
    proving = Proving(root, listing, progress.on_read)
    for recording in proving.recordings():
        report.recording(recording)
    for name in proving.unnamed():
        report.beside(UNNAMED, Problem(name, "is named by no manifest"))
    for name in sorted(listing.wrong.keys() - proving.named.keys()):
        report.beside(WRONG, Problem(name, listing.wrong[name]))
    is_proven = not any(report.counts[kind] for kind in (FAILED, WRONG, *(() if allow_unnamed else (UNNAMED,))))
    report.summary(is_proven=is_proven)
    if proving.named and not proving.named.keys() & listing.files:
        print("hint: DIR must be the container's top: blobs are looked for by their whole names", file=sys.stderr)
    return ALL_PROVEN if is_proven else NOT_ALL_PROVEN


def _prove_export(root: Path, listing: Listing, report: Report) -> int:
    """Prove the package of an export: nothing but its list of hashes says what belongs to it."""
    progress = report.progress
    exported = Exported(root, listing, progress.on_read)
    archive = exported.archive
    progress.total = sum(1 for _ in archive.recordings())
    for problem in (*exported.wrong_files(), *exported.wrong_trails()):
        report.beside(WRONG, problem)
    for name in exported.extra():
        report.beside(UNNAMED, Problem(name, f"is not in {HASHES}"))
    proving = Proving(root / ARCHIVE, archive, progress.on_read, left_out=exported.left_out())
    for recording in proving.recordings():
        report.recording(recording)
    is_proven = not any(report.counts[kind] for kind in (FAILED, WRONG, UNNAMED))
    report.summary(is_proven=is_proven)
    return ALL_PROVEN if is_proven else NOT_ALL_PROVEN


def _prove_media(media: Path, digest: str, block_size: int) -> int:
    progress = _progress()
    progress.total = 1
    wrong = wrong_content(media, None, digest, block_size, progress.on_read)
    progress.clear()
    state, told = (FAILED, f" {wrong}") if wrong else (PROVEN, f": {in_words(progress.read)}")
    print(f"{in_column(state)}{shown(str(media))}{told}")
    return NOT_ALL_PROVEN if wrong else ALL_PROVEN


def _progress() -> Progress:
    is_terminal = sys.stderr.isatty()
    return Progress(is_in_place=is_terminal, every=1 if is_terminal else 30)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify",
        description="Prove a downloaded or mounted archive of call recordings against its manifests, or an export.",
        epilog="Exit codes: 0 all is proven; 1 something is wrong, missing or unnamed; 2 nothing could be looked at.",
    )
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, help="holds the blobs by their whole names, or is an export"
    )
    parser.add_argument("--json", action="store_true", help="a JSON object a line in place of text")
    parser.add_argument(
        "--allow-unnamed", action="store_true", help="files that no manifest names are told, and are no failure"
    )
    one = parser.add_argument_group("one file, in place of DIR")
    one.add_argument("--media", metavar="FILE", type=Path, help="the media of a chunk")
    one.add_argument("--digest", metavar="HEX", type=_sha256, help="that it should have")
    one.add_argument("--block-size", metavar="BYTES", type=_positive, help="of the digest")
    return parser


def _sha256(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text.lower()):
        raise argparse.ArgumentTypeError("it is not 64 hexadecimal digits")
    return text.lower()


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("it is not a number from 1 up")
    return int(text)
