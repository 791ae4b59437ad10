#!/bin/sh
# How an image's environment is made. Run from the root of the sources; the Dockerfile does it layer
# by layer, `make rehearse-images` does the same into an empty directory.
#
#   install.sh dependencies NAME TARGET   an environment in TARGET holding NAME's lock and no more
#   install.sh members TARGET             every member below libs/ and services/ that is here
set -eu

export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
unset VIRTUAL_ENV

case "$1" in
  dependencies)
    uv venv --quiet --python "${PYTHON:-python3}" "$3"
    uv pip sync --quiet --python "$3/bin/python" --require-hashes "requirements/$2.lock"
    ;;
  members)
    # uv builds them itself: no build tool is fetched, and none comes into the image.
    find libs services -mindepth 1 -maxdepth 1 -type d 2>/dev/null \
      | xargs uv pip install --quiet --offline --python "$2/bin/python" --no-deps --no-sources
    ;;
  *)
    echo "install.sh: $1 is neither dependencies nor members" >&2
    exit 2
    ;;
esac
