"""How soon operators see what they ask for, and what a redrive of many runs repeats.

`python benchmarks/ops.py [--runs 100000] [--looks 40] [--failed 1000]` prints Markdown. First the
list of runs is asked for over HTTP, page by page, of a database that holds that many, with the bare
query of fifty runs in between. Then failed runs, whose owners were told, are retried by one
filter: their reading of GitHub had finished, their card had not. Real api, generator, notifier and
sweep; doubles of GitHub and Resend count what they are asked.
"""

import argparse
import asyncio
import json
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import httpx
import nats
import structlog
from crowds import mails_per_login
from sqlalchemy import text

from techub_common.asks import RUN_PIPELINE, RunRequest
from techub_common.database import open_engine
from techub_common.envelope import seal
from techub_common.events import Notify, Options, PipelineFailed, Policy, RunError, Trigger
from techub_devstack import samples
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

OPERATOR = ("bench", "only-of-this-benchmark")
SAMPLE = samples.POPULAR
FIRST_ID = 700_000_000
DONE = ("pull_github_data", "download_github_avatar", "evaluate_eligibility")
FAILED = "generate_ai_profile"
TARGET_MS = 150.0
BULK = 8
SWEEP = "0.5"
LONGEST = 900.0
BARE = "SELECT id, login, status, created_at FROM api.runs ORDER BY number DESC LIMIT 50"
PAGES = {
    "the newest": "",
    "deep in the past": "before={middle}",
    "failures": "status=failure",
    "failures at one step": "status=failure&stage=capture:og",
    "one login": "login=person-77",
    "a trigger, a day": "trigger=cli&since=1d",
    "nothing fits": "status=canceled&login=nobody-at-all",
}
FILL = (
    (
        "INSERT INTO api.profiles (id, display_login, login)"
        " SELECT gen_random_uuid(), 'person-' || n, 'person-' || n"
        " FROM generate_series(1, :people) n"
    ),
    (
        "INSERT INTO api.runs (id, profile_id, login, trigger, notify, status, options, policy,"
        " submitted, error, notified, created_at, started_at, finished_at)"
        " SELECT gen_random_uuid(), p.id, p.display_login,"
        " (ARRAY['submit','submit','cli','refresh'])[1 + n % 4], 'owners',"
        " (ARRAY['success','success','success','partial_success','failure'])[1 + n % 5],"
        " CAST(:options AS jsonb), CAST(:policy AS jsonb), '{\"repositories\": []}',"
        " CASE WHEN n % 5 = 4 THEN CAST(:error AS jsonb) END, '{\"delivered\": 1}',"
        " now() - (:runs - n) * interval '5 seconds',"
        " now() - (:runs - n) * interval '5 seconds' + interval '80 ms',"
        " now() - (:runs - n) * interval '5 seconds' + interval '8 seconds'"
        " FROM generate_series(1, :runs) n"
        " JOIN api.profiles p ON p.login = 'person-' || (1 + n % :people)"
    ),
    (
        "INSERT INTO api.steps (run_id, name, status, attempts, code)"
        " SELECT id, step, CASE WHEN status = 'failure' AND step = (ARRAY['capture:og',"
        " 'pull_github_data'])[1 + number % 2] THEN 'failed' ELSE 'completed' END, 1, NULL"
        " FROM api.runs CROSS JOIN unnest(ARRAY['pull_github_data', 'evaluate_eligibility',"
        " 'generate_ai_profile', 'capture:og', 'optimize:og', 'notify']) AS step"
    ),
)
TENDED = ("VACUUM (ANALYZE) api.runs", "VACUUM (ANALYZE) api.steps")
"""What Postgres does by itself within a minute of so many rows."""


async def tend(stack: Stack) -> None:
    """Have Postgres look after its tables now."""
    url = stack.services_environment("api")["MIGRATION_DATABASE_URL"]
    engine = open_engine(url, pool=1, command_seconds=None)
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("SET statement_timeout = 0"))
        for statement in TENDED:
            await alone.execute(text(statement))
    await engine.dispose()


async def execute(stack: Stack, *statements: str, **values: object) -> None:
    """Run statements one after another, each with those of the values that it names."""
    engine = open_engine(
        stack.services_environment("api")["DATABASE_URL"], pool=1, command_seconds=None
    )
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in statements:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), named)
    await engine.dispose()


def http_of(stack: Stack) -> httpx.AsyncClient:
    """Return the operator's browser."""
    return httpx.AsyncClient(base_url=stack.app_host, auth=OPERATOR, trust_env=False, timeout=300)


async def measure_list(stack: Stack, runs: int, looks: int) -> dict[str, list[float]]:
    """Fill the tables and return the milliseconds of each look at each page, and of bare ones."""
    await execute(
        stack,
        *FILL,
        runs=runs,
        people=max(100, runs // 20),
        options=Options().model_dump_json(),
        policy=Policy().model_dump_json(),
        error=json.dumps({"stage": "capture", "code": "no_picture", "message": "x"}),
    )
    await tend(stack)
    engine = open_engine(stack.services_environment("api")["DATABASE_URL"], pool=1)
    took: dict[str, list[float]] = {name: [] for name in ("bare", *PAGES)}
    async with http_of(stack) as http, engine.connect() as connection:
        for number in range(-3, looks):  # the first three warm up
            for name, query in PAGES.items():
                began = time.perf_counter()
                await connection.execute(text(BARE))
                bare = time.perf_counter()
                page = await http.get(f"/ops/jobs?{query.format(middle=runs // 2)}")
                ended = time.perf_counter()
                if page.status_code != httpx.codes.OK:
                    message = f"{name} was answered with {page.status_code}"
                    raise RuntimeError(message)
                if number >= 0:
                    took["bare"].append((bare - began) * 1000)
                    took[name].append((ended - bare) * 1000)
    await engine.dispose()
    return took


async def finished_stages(stack: Stack, connection: nats.NATS) -> dict[str, str]:
    """Make a card of the sample without pictures and return what its finished stages left."""
    request = RunRequest(login=SAMPLE, screenshots="skip")
    asked = await connection.request(RUN_PIPELINE, request.model_dump_json().encode(), timeout=20)
    run_id = json.loads(asked.data)["run_id"]
    async with http_of(stack) as http, asyncio.timeout(120):
        while (await http.get(f"/api/v1/runs/{run_id}")).json()["status"] != "success":  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.5)
    folder = stack.objects / "runs" / run_id
    return {stage: (folder / f"{stage}.json").read_text("utf-8") for stage in DONE}


async def fail(
    stack: Stack, connection: nats.NATS, count: int, stages: dict[str, str]
) -> list[str]:
    """Leave so many failed runs behind, their owners told; return their logins."""
    logins = [f"redriven-{number}" for number in range(count)]
    runs = [uuid4() for _ in logins]
    for number, (login, run_id) in enumerate(zip(logins, runs, strict=True)):
        folder = stack.objects / "runs" / str(run_id)
        folder.mkdir(parents=True)
        for stage, document in stages.items():
            own = document.replace(SAMPLE, login)
            own = re.sub(r'("id": ?)10274663\b', rf"\g<1>{FIRST_ID + number}", own)
            (folder / f"{stage}.json").write_text(own, "utf-8")
    error = RunError(stage=FAILED, code="consumer_died", message="died")
    await execute(
        stack,
        "INSERT INTO api.profiles (id, login, display_login) SELECT id, login, login"
        " FROM unnest(CAST(:runs AS uuid[]), CAST(:logins AS text[])) AS t(id, login)",
        "INSERT INTO api.users (id, login, email, email_verified_at)"
        " SELECT id, login, login || '@example.com', now()"
        " FROM unnest(CAST(:runs AS uuid[]), CAST(:logins AS text[])) AS t(id, login)",
        "INSERT INTO api.ownerships (profile_id, user_id, role)"
        " SELECT id, id, 'steward' FROM unnest(CAST(:runs AS uuid[])) AS t(id)",
        "INSERT INTO api.runs (id, profile_id, login, trigger, notify, status, options, policy,"
        " submitted, error, started_at, finished_at) SELECT id, id, login, 'submit', 'owners',"
        " 'failure', CAST(:options AS jsonb), CAST(:policy AS jsonb), '{\"repositories\": []}',"
        " CAST(:error AS jsonb), now(), now()"
        " FROM unnest(CAST(:runs AS uuid[]), CAST(:logins AS text[])) AS t(id, login)",
        "INSERT INTO api.steps (run_id, name, status, attempts, code)"
        " SELECT id, step, CASE step WHEN :failed THEN 'failed' ELSE 'completed' END, 1,"
        " CASE step WHEN :failed THEN 'consumer_died' END"
        " FROM unnest(CAST(:runs AS uuid[])) AS t(id) CROSS JOIN"
        " unnest(CAST(:steps AS text[])) AS step",
        runs=runs,
        logins=logins,
        failed=FAILED,
        steps=[*DONE, FAILED],
        options=Options(screenshots="skip").model_dump_json(),
        policy=Policy().model_dump_json(),
        error=error.model_dump_json(),
    )
    for login, run_id in zip(logins, runs, strict=True):
        told = PipelineFailed(
            run_id=run_id,
            login=login,
            profile_id=run_id,
            trigger=Trigger.submit,
            notify=Notify.owners,
            duration_ms=1000,
            error=error,
        )
        sealed = seal(told, "/services/api")
        await connection.jetstream().publish(
            told.subject, sealed.body(), headers=sealed.headers(), timeout=30
        )
    await until(stack, "SELECT count(*) FROM api.runs WHERE notified IS NULL", 0)
    return logins


async def until(stack: Stack, statement: str, wanted: int) -> None:
    """Return once the statement counts so many."""
    engine = open_engine(stack.services_environment("api")["DATABASE_URL"], pool=1)
    async with asyncio.timeout(LONGEST):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(text(statement)) == wanted:
                    break
            await asyncio.sleep(0.5)
    await engine.dispose()


async def redrive(stack: Stack, count: int) -> None:
    """Retry the failed runs by one filter, and print what that took and repeated."""
    connection = await nats.connect(stack.nats.url)
    stages = await finished_stages(stack, connection)
    logins = await fail(stack, connection, count, stages)
    await connection.close()
    before = await mails_per_login(stack)
    asked_before = sum(stack.github.requests().values())
    async with http_of(stack) as http:
        began = time.perf_counter()
        page = await http.get("/ops/jobs")
        found = re.search(r'name="form_token" value="([^"]+)"', page.text)
        token = {"form_token": found[1] if found else ""}
        wanted = {"kind": "retry", "status": "failure", "login": "redriven-"}
        plan = await http.post("/ops/jobs/plan", data=token | wanted)
        where = plan.headers["location"]
        looked = time.perf_counter()
        await http.post(f"{where}/confirm", data=token | {"why": "a benchmark"})
        await until(stack, "SELECT count(*) FROM api.operator_actions WHERE state <> 'done'", 0)
        in_line = time.perf_counter()
    retried = "SELECT count(*) FROM api.runs WHERE trigger = 'ops' AND notified IS NOT NULL"
    await until(stack, retried, count)
    ended = time.perf_counter()
    after = await mails_per_login(stack)
    asked = sum(stack.github.requests().values()) - asked_before
    outcomes = await looked_up(
        stack, "SELECT status, count(*) FROM api.runs WHERE trigger = 'ops' GROUP BY 1"
    )
    parents = await looked_up(
        stack,
        "SELECT count(DISTINCT parent_run_id), count(*) FROM api.runs WHERE trigger = 'ops'",
    )
    told = Counter({login: before[login] for login in logins})
    again = {login: after[login] - before[login] for login in logins}
    print(f"\n{count} failed runs, pictures skipped, {BULK} in line at a time\n")
    print("| | measured | target |\n|---|---:|---:|")
    print("| actions of the operator | 1 dry run, 1 yes | one |")
    print(f"| retried, each once | {parents[0][0]} of {parents[0][1]} | {count} of {count} |")
    print(f"| in success | {dict(outcomes).get('success', 0)} | {count} |")
    print(f"| owners mailed before it | {sum(n == 1 for n in told.values())} | {count} |")
    print(f"| owners mailed again | {sum(n > 0 for n in again.values())} | 0 |")
    print(f"| questions to GitHub (its reading had finished) | {asked} | 0 |")
    print(f"| dry run | {looked - began:.1f} s | |")
    print(f"| all in line | {in_line - looked:.1f} s | |")
    print(f"| all over and told | {ended - looked:.0f} s | |")


async def looked_up(stack: Stack, statement: str) -> Sequence[Sequence[int]]:
    """Return the rows of a statement."""
    engine = open_engine(stack.services_environment("api")["DATABASE_URL"], pool=1)
    async with engine.connect() as connection:
        rows = [tuple(row) for row in await connection.execute(text(statement))]
    await engine.dispose()
    return rows


def show(took: dict[str, list[float]], runs: int) -> None:
    """Print the table of the list."""

    def high(values: list[float]) -> float:
        return statistics.quantiles(values, n=20)[-1]

    bare = statistics.median(took["bare"])
    print(f"\nThe list of {runs:,} runs, {len(took['the newest'])} looks at each page\n")
    print("| page | p50 | p95 | target | p50 ÷ bare query |\n|---|---:|---:|---:|---:|")
    for name in PAGES:
        middle = statistics.median(took[name])
        print(
            f"| {name} | {middle:.0f} ms | {high(took[name]):.0f} ms | {TARGET_MS:.0f} ms"
            f" | {middle / bare:.0f} |"
        )
    print(f"| bare query of 50 runs | {bare:.1f} ms | {high(took['bare']):.1f} ms | | 1 |")


async def measure(folder: Path, runs: int, looks: int, failed: int) -> None:
    """Start a system, measure both, and print it."""
    wanted = Wanted(
        var=folder / "var",
        http_port=free_ports(1)[0],
        environment={
            "OPS_HTTP_BASIC": ":".join(OPERATOR),
            "BULK_RUNS": str(BULK),
            "SWEEP_SECONDS": SWEEP,
            "REFRESH_AFTER_SECONDS": "31536000",
        },
    )
    async with running_stack(wanted, lambda *_: None) as stack:
        show(await measure_list(stack, runs, looks), runs)
        await redrive(stack, failed)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--looks", type=int, default=40)
    parser.add_argument("--failed", type=int, default=1_000)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(measure(Path(name), given.runs, given.looks, given.failed))


if __name__ == "__main__":
    main()
