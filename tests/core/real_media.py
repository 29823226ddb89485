"""Media encoded by the ffmpeg of imageio-ffmpeg, to complete the files made by hand."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

_PICTURE = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=16"]
_BLACK = ["-f", "lavfi", "-i", "color=black:size=160x90:rate=1"]
_TONE = ["-f", "lavfi", "-i", "sine=440:sample_rate=16000"]
_SILENCE = ["-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono"]
_VIDEO = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "1", "-threads", "1"]
_FRAGMENTS = ["-movflags", "frag_keyframe+empty_moov", "-frag_duration"]

RECIPES: dict[str, tuple[list[str], str]] = {
    "plain.mp4": ([*_PICTURE, *_TONE, *_VIDEO], "60"),
    "faststart.mp4": ([*_PICTURE, *_TONE, *_VIDEO, "-movflags", "faststart"], "60"),
    "fragmented.mp4": ([*_PICTURE, *_TONE, *_VIDEO, *_FRAGMENTS, "1000000"], "60"),
    "few-fragments.mp4": ([*_PICTURE, *_TONE, *_VIDEO, *_FRAGMENTS, "20000000"], "60"),
    "indexed.mp4": ([*_PICTURE, *_TONE, *_VIDEO, "-movflags", "dash+global_sidx+frag_keyframe+empty_moov"], "60"),
    "silent.mp4": ([*_BLACK, *_SILENCE, *_VIDEO, "-b:a", "8k"], "600"),
    "constant.mp3": ([*_TONE, "-ac", "1", "-b:a", "48k"], "60"),
    "variable.mp3": ([*_TONE, "-ac", "1", "-q:a", "4"], "60"),
    "bare.mp3": ([*_TONE, "-ac", "1", "-b:a", "48k", "-write_xing", "0", "-id3v2_version", "0"], "60"),
    "silent.mp3": ([*_SILENCE, "-q:a", "9"], "600"),
    "plain.wav": ([*_TONE, "-ac", "1", "-bitexact"], "60"),
    "tagged.wav": ([*_TONE, "-ac", "1"], "60"),
    "rf64.wav": ([*_TONE, "-ac", "1", "-rf64", "always"], "60"),
}
"""By name: what makes the file, and how long it is in seconds."""


def make(name: str, folder: Path) -> bytes:
    """Make one of them."""
    arguments, length = RECIPES[name]
    path = folder / name
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments, "-t", length, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.read_bytes()
