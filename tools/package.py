"""Makes the zip that is deployed: only the app, and the same bytes from the same files."""

import argparse
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "dist" / "recording-archive.zip"
FILES = ("function_app.py", "host.json", "requirements.txt", "tools/__init__.py")
FOLDERS = ("recording", "tools/verify")  # the second goes into each export
VIEWER = "recording/entrypoints/openapi/viewer/swagger-ui-bundle.js"  # made by make; the app runs without it
MADE_BY_PYTHON = {"__pycache__"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a zip


def contents(root: Path) -> list[Path]:
    """What is deployed of the project in `root`, as paths relative to it, sorted.

    Raises:
        FileNotFoundError: A file or a folder that every deployment needs is not there.
    """
    if missing := [name for name in (*FILES, *FOLDERS) if not (root / name).exists()]:
        message = f"the package needs {', '.join(missing)}, not found in {root}"
        raise FileNotFoundError(message)
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    modules = [path.relative_to(root) for path in found if path.is_file()]
    return sorted([Path(name) for name in FILES] + [path for path in modules if not MADE_BY_PYTHON & set(path.parts)])


def pack(root: Path, target: Path) -> list[Path]:
    """Write the zip of the project in `root` to `target`; returns its content."""
    held = contents(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for path in held:
            entry = zipfile.ZipInfo(path.as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, (root / path).read_bytes())
    return held


def main() -> None:
    """Make the package and print what is in it."""
    parser = argparse.ArgumentParser(prog="make package", description="Make the zip that is deployed.")
    parser.add_argument("--target", type=Path, default=TARGET, help="where (default: %(default)s)")
    target: Path = parser.parse_args().target
    try:
        held = pack(ROOT, target)
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    print(f"{target}: {len(held)} files, {target.stat().st_size / 1024:.0f} KiB")
    if Path(VIEWER) not in held:
        print("Without the page of the API: /api/docs will say so. `make package` installs it first.")


if __name__ == "__main__":
    main()
