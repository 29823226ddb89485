"""Starts the program from its folder, wherever that has been copied to and whatever it is called there."""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path[0] = str(HERE.parent)  # in place of the folder itself: its modules are those of a package
    sys.exit(importlib.import_module(f"{HERE.name}.cli").main())
