"""`func azure functionapp publish` deploys what `make package` packs."""

from pathspec import GitIgnoreSpec

from tests.package.tracked import tracked_files
from tools.package import ROOT, contents

# Files that work in a checkout creates.
MADE = [
    ".coverage",
    ".git/config",
    ".hypothesis/examples/x",
    ".import_linter_cache/x",
    ".local/azurite/x",
    ".mypy_cache/x",
    ".pytest_cache/x",
    ".ruff_cache/x",
    ".venv/bin/python",
    "__pycache__/function_app.cpython-313.pyc",
    "dist/recording-archive.zip",
    "local.settings.json",
    "local/node_modules/azurite/package.json",
    "recording/__pycache__/ports.cpython-313.pyc",
    "tools/viewer/node_modules/swagger-ui-dist/package.json",
]


def test_func_publishes_what_the_package_holds() -> None:
    """Of all files in a used checkout, .funcignore leaves exactly the package's."""
    ignored = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    held = [path.as_posix() for path in contents(ROOT)]
    everything = {*map(str, tracked_files()), *MADE, *held}
    assert held == sorted(name for name in everything if not ignored.match_file(name))


def test_names_are_plain() -> None:
    """No line negates, anchors or descends: Core Tools reads such lines differently."""
    lines = (ROOT / ".funcignore").read_text().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    assert [] == [name for name in names if name.startswith("!") or "/" in name or "**" in name]
