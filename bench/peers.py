"""The tools that people would use instead, with the arguments that make them fastest here, and what they need."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.request import urlopen

from bench.contenders import Whole
from bench.measuring import Tools
from bench.places import Place
from bench.servers import ACCOUNT, CONTAINER, TOKEN, Unavailable

_CURL = ["curl", "--silent", "--show-error", "--fail"]
_NAME = "chunk"


def _on_path(program: str, package: str) -> Callable[[], str]:
    def find() -> str:
        found = shutil.which(program)
        if found is None:
            raise Unavailable(f"{program} is not on PATH; on Debian: apt-get install {package}")
        return found

    return find


need_curl = _on_path("curl", "curl")
need_rclone = _on_path("rclone", "rclone")


class Azcopy:
    """azcopy, from PATH or from the npm package that make puts below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def need(self) -> str:
        """The program.

        Raises:
            Unavailable: it is not there, or does not start.
        """
        packed = self._folder / "node_modules" / "@azure-tools" / "azcopy-linux" / "dist" / "bin" / "azcopy_linux_amd64"
        if packed.exists():
            packed.chmod(0o755)  # npm leaves it without the x bit
        program = shutil.which("azcopy") or (str(packed) if packed.exists() else None)
        if program is None:
            raise Unavailable("azcopy is neither on PATH nor to be had from npm for this machine")
        tried = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            reason = tried.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise Unavailable(f"azcopy does not start ({reason[0]}); on Debian: apt-get install libsecret-1-0")
        return program

    def environment(self, _place: Place) -> dict[str, str]:
        """Logs and plans go where all else of a run goes."""
        state = str(self._folder / "azcopy")
        return {"AZCOPY_LOG_LOCATION": state, "AZCOPY_JOB_PLAN_LOCATION": state, "AZCOPY_CONCURRENCY_VALUE": "4"}


def rclone_environment(place: Place) -> dict[str, str]:
    """An rclone remote named `sink`, by environment alone; by a container's URL, the only one it takes as it stands."""
    return {
        "RCLONE_CONFIG": "",
        "RCLONE_CONFIG_SINK_TYPE": "azureblob",
        "RCLONE_CONFIG_SINK_SAS_URL": f"{place.sink_base}/{ACCOUNT}/{CONTAINER}?{TOKEN}",
        "RCLONE_RETRIES": "1",
        "RCLONE_LOW_LEVEL_RETRIES": "1",
    }


_BLOCKS = ["--azureblob-chunk-size", "16M", "--azureblob-upload-concurrency", "4"]
_TARGET = f"sink:{CONTAINER}/{_NAME}"


def curl_get(tools: Tools) -> Whole:
    """The floor of the reading half."""
    return Whole(
        "curl GET to nothing (floor)",
        tools,
        lambda place, size: [*_CURL, "--output", "/dev/null", place.source_url(size)],
        require=need_curl,
        writes=False,
    )


def curl_put(tools: Tools, file: Path) -> Whole:
    """The floor of the writing half: one Put Blob of a file."""
    return Whole(
        "curl PUT of a file (floor)",
        tools,
        lambda place, _size: [
            *_CURL,
            "--output",
            "/dev/null",
            "--upload-file",
            str(file),
            "--header",
            "x-ms-blob-type: BlockBlob",
            "--header",
            "Expect:",
            place.blob_url(_NAME),
        ],
        require=need_curl,
        reads=False,
    )


def rclone_copyurl(tools: Tools) -> Whole:
    """One stream in, blocks of 16 MiB out, four at a time."""
    return Whole(
        "rclone copyurl",
        tools,
        lambda place, size: ["rclone", "copyurl", place.source_url(size), _TARGET, *_BLOCKS],
        environment=rclone_environment,
        require=need_rclone,
    )


def rclone_and_check(tools: Tools) -> Whole:
    """The copy, then the blob read back and hashed: what rclone needs to promise what the engine's checksums promise.

    By MD5, the cheapest for this rclone of its hashes that are worth the name.
    """
    script = (
        'rclone copyurl "$0" "$1" --azureblob-chunk-size 16M --azureblob-upload-concurrency 4'
        ' && rclone hashsum md5 --download "$1"'
    )
    return Whole(
        "rclone copyurl, then read back",
        tools,
        lambda place, size: ["sh", "-c", script, place.source_url(size), _TARGET],
        environment=rclone_environment,
        require=need_rclone,
        expect=_md5_of_source,
    )


@cache
def _md5_of_source(place: Place, size: int) -> str:
    """What the source holds, read once beside the measured runs."""
    found = hashlib.md5(usedforsecurity=False)
    with urlopen(place.source_url(size)) as reply:
        while piece := reply.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def curl_azcopy(tools: Tools, azcopy: Azcopy) -> Whole:
    """It reads no foreign URL; by a pipe it takes anything. Memory is that of the larger of the two."""
    script = (
        'curl --silent --show-error --fail "$0" | "$2" copy "$1" --from-to PipeBlob --block-size-mb 16'
        " --log-level NONE --output-level quiet"
    )
    return Whole(
        "curl | azcopy",
        tools,
        lambda place, size: [
            "sh",
            "-c",
            script,
            place.source_url(size),
            f"{place.blob_url(_NAME)}?{TOKEN}",
            azcopy.need(),
        ],
        environment=azcopy.environment,
        require=lambda: (need_curl(), azcopy.need()),
    )


def versions(azcopy: Azcopy) -> dict[str, str]:
    """What the tools say they are; those that are missing are left out."""
    asked = {"curl": ["curl", "--version"], "rclone": ["rclone", "version"]}
    with suppress(Unavailable):
        asked["azcopy"] = [azcopy.need(), "--version"]
    found = {}
    for name, command in asked.items():
        if shutil.which(command[0]):
            said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            found[name] = " ".join(said.splitlines()[0].split()[:3]) if said else "?"
    return found
