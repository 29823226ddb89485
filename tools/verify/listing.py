"""Lists the folder of an archive. Only listed names are opened, never a name from a manifest."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .manifests import FILE_NAME


@dataclass(frozen=True)
class Listing:
    """All names below a folder, with `/` between the segments: `files`, and by name what is wrong with others."""

    files: set[str] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)

    def recordings(self) -> Iterator[tuple[str, list[str]]]:
        """Each recording as manifests spell it, with the names of its manifests, the earliest revision first."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name in sorted(self.files):
            if match := FILE_NAME.fullmatch(name):
                found.setdefault(match["recording"], []).append((int(match["revision"] or 1), name))
        for recording, revisions in found.items():
            yield recording, [name for _, name in sorted(revisions)]


def list_folder(root: Path, on_listed: Callable[[int], None]) -> Listing:
    """List a folder and those in it. Links are not followed; links and other non-files are wrong in an archive.

    Args:
        root: the folder.
        on_listed: called after each folder with the number of files so far.

    Raises:
        OSError: the folder itself cannot be listed; one in it that cannot is wrong, and the others are listed.
    """
    listing = Listing()
    os.scandir(root).close()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    _sort(listing, folders, prefix + entry.name, entry)
        except OSError as error:
            listing.wrong[prefix] = f"cannot be listed: {error.strerror or error}"
        on_listed(len(listing.files))
    return listing


def _sort(listing: Listing, folders: list[str], name: str, entry: "os.DirEntry[str]") -> None:
    if entry.is_symlink():
        listing.wrong[name] = "is a symbolic link; it is not followed"
    elif entry.is_dir(follow_symlinks=False):
        folders.append(f"{name}/")
    elif entry.is_file(follow_symlinks=False):
        listing.files.add(name)
    else:
        listing.wrong[name] = "is neither a file nor a folder"
