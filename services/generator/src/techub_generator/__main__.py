"""Starts the generator: `python -m techub_generator [serve]`."""

import argparse

from techub_common.runtime import run
from techub_common.settings import load
from techub_generator.service import opener
from techub_generator.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="techub_generator", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"], default="serve")
    parser.parse_args()
    settings = load(Settings)
    run(settings, opener(settings))


if __name__ == "__main__":
    main()
