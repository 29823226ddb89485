"""Writes docs/openapi.json anew, from the code: `make openapi`."""

import json
from pathlib import Path

import function_app
from recording.entrypoints.openapi.document import document
from recording.entrypoints.openapi.routes import routes_of

TARGET = Path(__file__).parent.parent / "docs" / "openapi.json"


def written() -> str:
    """The text of the file."""
    return json.dumps(document(routes_of(function_app.blueprints)), indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
    print(TARGET)
