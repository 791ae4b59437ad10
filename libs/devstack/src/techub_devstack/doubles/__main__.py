"""`python -m techub_devstack.doubles`: the three doubles in one process, until Ctrl-C or SIGTERM.

The ports file is JSON: {"github": 41001, "gemini": 41002, "resend": 41003}.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from techub_devstack import samples
from techub_devstack.doubles import gemini, github, resend
from techub_devstack.doubles.serving import HOST, Served, prepared, serve


def main() -> None:
    """Take the ports, write down which, and answer."""
    options = _options()
    apps = {
        "github": github.create_app(options.samples),
        "gemini": gemini.create_app(),
        "resend": resend.create_app(options.state_dir),
    }
    doubles = {
        name: prepared(app, getattr(options, f"{name}_port"), options.host)
        for name, app in apps.items()
    }
    for name, double in doubles.items():
        print(f"{name} {double.url}", flush=True)  # noqa: T201 - a command speaks
    if options.ports_file:
        _write(options.ports_file, doubles)
    asyncio.run(_serve(list(doubles.values())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("github", "gemini", "resend"):
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default=HOST, help="where to listen; in a container 0.0.0.0")
    parser.add_argument("--samples", type=Path, default=samples.DIR, help="folder of answers")
    parser.add_argument("--state-dir", type=Path, help="where mails are kept")
    parser.add_argument("--ports-file", type=Path, help="where the ports are written, as JSON")
    options = parser.parse_args()
    if not options.samples.is_dir():
        parser.error(f"--samples: {options.samples} is not a directory")
    return options


def _write(ports_file: Path, doubles: dict[str, Served]) -> None:
    """Write the ports at once: whoever waits for the file never sees half of it."""
    ports = {name: double.port for name, double in doubles.items()}
    draft = ports_file.with_name(f"{ports_file.name}.draft")
    draft.write_text(json.dumps(ports) + "\n", "utf-8")
    draft.rename(ports_file)


async def _serve(doubles: list[Served]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, doubles)
    await serve(doubles)


def _stop(doubles: list[Served]) -> None:
    for double in doubles:
        double.server.should_exit = True


if __name__ == "__main__":
    main()
