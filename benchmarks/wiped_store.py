"""JetStream loses everything it held while many runs are open: all end, each owner is told once.

`python benchmarks/wiped_store.py [--runs 200]` prints Markdown. The logins are submitted over HTTP
to the real api; generator, screenshotter and optimizer are stood in for, and dawdle until the
broker is wiped, so that the runs are at every step then; the notifier is the real one, the mails go
to Resend's double. The sweep turns every five seconds, as in production. The time runs from the
moment the empty broker listens.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from crowds import Ended, client, mails_per_login, submit, tokens, until_all_told
from sqlalchemy import TextClause, text
from stand_ins import stack_without_pixels

from techub_cards.variants import VARIANTS
from techub_common.database import open_sessions, transaction
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted

PEOPLE = 20
DAWDLE_SECONDS = 1.5
SLOTS = 16
WITHIN = 60.0
PATIENCE = 90.0
LONGEST = 140.0
AT_ONCE = 8
ACCEPTED = 202
SPREAD_WITHIN = 10.0
AT_PICTURES = "at its pictures"
STEPS = text(
    "SELECT CASE WHEN finished_at IS NOT NULL THEN 'over' WHEN card_ready THEN 'at its pictures'"
    " ELSE 'at its card' END, count(*) FROM api.runs GROUP BY 1 ORDER BY 1"
)
RETELLS = text(  # by the sweep: what a raised tell causes is raised too, but has no earlier one
    "SELECT subject, count(*), max(told_at) FROM api.outbox AS again WHERE EXISTS ("
    " SELECT FROM api.outbox WHERE event_id = again.event_id AND tell < again.tell)"
    " GROUP BY 1 ORDER BY 1"
)
LAST_MAIL = text("SELECT max(settled_at) FROM notifier.deliveries")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was open when everything was lost, and what became of it."""

    steps: dict[str, int]
    back_at: datetime
    waited: float
    runs: list[Ended]
    mails: Counter[str]
    last_mail: datetime | None
    retells: dict[str, int]
    last_retell: datetime | None


async def submit_all(stack: Stack, logins: list[str]) -> None:
    """Submit every login, a few at once; raise when one is not accepted."""
    who = await tokens(stack, PEOPLE)
    gate = asyncio.Semaphore(AT_ONCE)
    async with client(stack) as http:

        async def one(number: int, login: str) -> None:
            async with gate:
                status = await submit(http, who[number % PEOPLE], login)
            if status != ACCEPTED:
                message = f"{login} was answered with {status}"
                raise RuntimeError(message)

        await asyncio.gather(*(one(number, login) for number, login in enumerate(logins)))


async def until_spread(stack: Stack, count: int) -> None:
    """Return once a quarter of the runs are at their pictures, after ten seconds at the latest."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SPREAD_WITHIN):
            while dict(await looked_up(stack, STEPS)).get(AT_PICTURES, 0) < count / 4:  # noqa: ASYNC110  # a row in a database has no event
                await asyncio.sleep(0.1)


async def looked_up(
    stack: Stack, statement: TextClause, service: str = "api"
) -> list[tuple[object, ...]]:
    """Return the rows of a statement."""
    url = stack.services_environment(service)["DATABASE_URL"]
    async with open_sessions(url, pool=1) as sessions, transaction(sessions) as session:
        return [tuple(row) for row in await session.execute(statement)]


async def measure(count: int, folder: Path) -> None:
    """Open the runs, wipe the broker's store, wait for all of them to be told, and print it."""
    logins = [f"lost-{number}" for number in range(count)]
    wanted = Wanted(var=folder / "var", http_port=free_ports(1)[0])
    dawdling = stack_without_pixels(wanted, pace=DAWDLE_SECONDS, slots=SLOTS)
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST
    async with dawdling as (stack, stand_ins):
        await submit_all(stack, logins)
        await until_spread(stack, count)
        await stack.nats.kill()
        steps = {str(name): int(str(n)) for name, n in await looked_up(stack, STEPS)}
        await stack.nats.wipe()
        stand_ins.pace.value = 0.0
        await stack.nats.start()
        back_at = datetime.now(UTC)
        runs = await until_all_told(stack, count, min(PATIENCE, end - clock()))
        waited = (datetime.now(UTC) - back_at).total_seconds()
        mails = await mails_per_login(stack)
        [(last_mail,)] = await looked_up(stack, LAST_MAIL, "notifier")
        again = await looked_up(stack, RETELLS)
        measured = Measured(
            steps=steps,
            back_at=back_at,
            waited=waited,
            runs=runs,
            mails=Counter({login: mails[login] for login in logins}),
            last_mail=last_mail if isinstance(last_mail, datetime) else None,
            retells={str(row[0]): int(str(row[1])) for row in again},
            last_retell=max(
                (row[2] for row in again if isinstance(row[2], datetime)), default=None
            ),
        )
        show(measured)


def show(measured: Measured) -> None:
    """Print the table."""

    def since(moment: datetime | None) -> str:
        return f"{(moment - measured.back_at).total_seconds():.1f} s" if moment else "never"

    count = len(measured.mails)
    ends = [run.finished_at for run in measured.runs if run.finished_at]
    outcomes = Counter(run.status for run in measured.runs)
    once = sum(mails == 1 for mails in measured.mails.values())
    last_end = (max(ends) - measured.back_at).total_seconds() if len(ends) == count else None
    lost = ", ".join(f"{n} {name}" for name, n in measured.steps.items())
    print(f"\n{count} runs of {len(VARIANTS)} pictures when the store was wiped: {lost}\n")
    print("| | measured | target |")
    print("|---|---:|---:|")
    print(f"| ended | {len(ends)} | {count} |")
    print(f"| of those in success | {outcomes['success']} | {count} |")
    print(f"| owners told exactly once | {once} | {count} |")
    print(f"| told more than once | {sum(n > 1 for n in measured.mails.values())} | 0 |")
    ended = f"{last_end:.1f} s" if last_end is not None else f"not within {measured.waited:.0f} s"
    print(f"| broker back → last run ended | {ended} | {WITHIN:.0f} s |")
    print(f"| broker back → last mail sent | {since(measured.last_mail)} | {WITHIN:.0f} s |")
    print(f"| broker back → last lost fact told again | {since(measured.last_retell)} | |")
    told = ", ".join(f"{n} {name}" for name, n in measured.retells.items()) or "nothing"
    print(f"\nTold again: {told}.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=200)
    count = parser.parse_args().runs
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(measure(count, Path(name)))


if __name__ == "__main__":
    main()
