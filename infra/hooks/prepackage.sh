#!/bin/sh
# Pack the app as `make package` does, and unpack it where azure.yaml says. Any Python 3 will do; nothing is installed.
set -eu
cd "$(dirname "$0")/../.."
python=$(command -v python3 || command -v python)
"$python" -m tools.package
rm -rf dist/app
"$python" -m zipfile -e dist/recording-archive.zip dist/app
