"""Starts the program from its folder, wherever that was copied to and whatever its name."""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path[0] = str(HERE.parent)  # instead of the folder itself: its modules belong to a package
    sys.exit(importlib.import_module(f"{HERE.name}.cli").main())
