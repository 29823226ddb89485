"""Real media, made by the ffmpeg of imageio-ffmpeg: each file with tones of its own, kept for later runs."""

import re
import subprocess
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

import imageio_ffmpeg

from local.acs.outputs import SAMPLE_RATE, Output

_DURATION = re.compile(r"Duration: (\d+):(\d+):(\d+)\.(\d+)")
_LOWEST_HZ = 220
_STEP_HZ = 37
_TONES = 40
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0"}
_DEADLINE = 600


class MediaLibrary:
    """Makes media files and keeps them in a folder, for later runs.

    `given` maps a format (`mp4`, `mp3`, `wav`) to a file of the user's, which each recording of that format gets.
    """

    def __init__(self, folder: Path, given: Mapping[str, Path] | None = None) -> None:
        """Keep files in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._given = dict(given or {})
        self._one_at_a_time = threading.Lock()

    def given_duration_ms(self, output: Output) -> int | None:
        """How long the user's own file for an output lasts; None if there is none."""
        path = self._given.get(output.format)
        return duration_ms(path) if path else None

    def file(self, output: Output, media_ms: int, seed: int, channels: int = 1) -> Path:
        """A file of this output, `media_ms` long, different for each `seed`; the user's own if one was given.

        Blocks while ffmpeg works, a second for ten seconds of video. Raises RuntimeError with ffmpeg's message.
        """
        given = self._given.get(output.format)
        if given:
            return given
        path = self._folder / f"{output.format}-{channels}ch-{media_ms}ms-{seed}.{output.format}"
        with self._one_at_a_time:
            if not path.exists():
                unfinished = path.with_name(f"{uuid.uuid4().hex}.{output.format}")
                _run([*_arguments(output, media_ms, seed, channels), str(unfinished)])
                unfinished.rename(path)
        return path


def duration_ms(path: Path) -> int:
    """How long a media file lasts, by ffmpeg; raises ValueError if it is no media."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_DEADLINE).stderr
    found = _DURATION.search(said)
    if found is None:
        raise ValueError(f"{path} is no media that ffmpeg can read")
    hours, minutes, seconds, hundredths = (int(part) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10


def _arguments(output: Output, media_ms: int, seed: int, channels: int) -> list[str]:
    length = ["-t", f"{media_ms / 1000:.3f}"]
    if output.format == "wav":
        return [*_tones(seed, channels), *length, "-c:a", "pcm_s16le", "-bitexact"]
    if output.format == "mp3":
        return [*_tones(seed, 1), *length, "-c:a", "libmp3lame", "-b:a", "48k"]
    picture = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=16"]
    # ultrafast and two threads: a minute of it costs seconds; the rate stays under the service's 1 Mbit/s.
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "900k", "-maxrate", "1M", "-bufsize", "2M"]
    sound = ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k", "-threads", "2"]
    return [*picture, *_tones(seed, 1), *length, *video, *sound]


def _tones(seed: int, channels: int) -> list[str]:
    """An input of one sine per channel, each of another frequency."""
    pitches = [_LOWEST_HZ + _STEP_HZ * ((seed * 5 + channel) % _TONES) + seed // 8 for channel in range(channels)]
    waves = "|".join(f"0.2*sin({pitch}*2*PI*t)" for pitch in pitches)
    return ["-f", "lavfi", "-i", f"aevalsrc=exprs={waves}:s={SAMPLE_RATE}:c={_LAYOUTS[channels]}"]


def _run(arguments: list[str]) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    # In a process group of its own: Ctrl-C must not end it, an incomplete file would look like a failure of ffmpeg.
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=_DEADLINE,
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ffmpeg made no media: {done.stderr.strip()}")
