"""`python -m techub_screenshotter [serve]`."""

import argparse

from techub_common.runtime import run
from techub_common.settings import load
from techub_screenshotter.service import opener
from techub_screenshotter.settings import Settings


def main() -> None:
    """Take pictures until told to stop."""
    parser = argparse.ArgumentParser(prog="techub_screenshotter", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"], default="serve")
    parser.parse_args()
    settings = load(Settings)
    run(settings, opener(settings))


if __name__ == "__main__":
    main()
