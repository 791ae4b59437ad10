"""Every page of `/ops` over hundreds of mixed runs, as pictures to look at: `ops_sheet.py FOLDER`.

A whole stack runs profiles of every kind while GitHub, Gemini, Resend and the screenshotter fail in
turn; then a browser opens each page, wide and narrow, by day and by night.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import nats
import structlog
from playwright.async_api import Browser, async_playwright

from techub_common.asks import RUN_PIPELINE, RunRequest
from techub_devstack import samples
from techub_devstack.doubles.gemini_failures import failure
from techub_devstack.servers import chromium
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

OPERATOR = ("night", "of-this-sheet-alone")
CROWD = 200
ABREAST = 8
PER_PERSON = 15
LONGEST = 900.0
OVER = {"success", "partial_success", "failure", "canceled"}
SIZES = {"desk": (1280, 860), "phone": (390, 844)}
ENVIRONMENT = {
    "CAPTURE_VARIANTS": "og,card,simple",
    "OPS_HTTP_BASIC": ":".join(OPERATOR),
    "SUBMISSIONS_PER_HOUR": "0",
    "SWEEP_SECONDS": "1",
    "PROBE_SECONDS": "30",
    "ACK_WAIT_SECONDS": "5",
    "ALERT_EMAIL": "night@example.org",
}
ENDLESS = {"events"}
SETTLED_MS = 700
PAGES = {
    "jobs": "/ops/jobs",
    "jobs-failed": "/ops/jobs?status=failure",
    "jobs-partial": "/ops/jobs?status=partial_success",
    "jobs-nothing": "/ops/jobs?login=nobody-has-this-login",
    "queues": "/ops/queues",
    "dead": "/ops/dead",
    "events": "/ops/events?since=10m",
    "doctor": "/ops/doctor",
    "actions": "/ops/actions",
}


def crowd(folder: Path) -> list[str]:
    """Write accounts like the samples, each with a login and an id of its own."""
    shutil.copytree(samples.DIR, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    logins = []
    for number in range(CROWD):
        sample = samples.ELIGIBLE[number % len(samples.ELIGIBLE)]
        if number % 11 == 0:
            sample = samples.NOT_ELIGIBLE
        login = f"{sample.partition('-')[0]}-{number}"
        shutil.copytree(folder / sample, folder / login)
        for file in (folder / login).iterdir():
            document = file.read_text("utf-8").replace(sample, login)
            file.write_text(_with_id(document, file.name, number), "utf-8")
        avatar = folder / "avatars" / f"{sample}.png"
        if avatar.exists():
            shutil.copy(avatar, folder / "avatars" / f"{login}.png")
        logins.append(login)
    return logins


def _with_id(document: str, name: str, number: int) -> str:
    if name != "user.json":
        return document
    return json.dumps(json.loads(document) | {"id": 80_000_000 + number})


class Crowd:
    """People who submit logins, a few at a time, and wait for what becomes of them."""

    def __init__(self, stack: Stack, http: httpx.AsyncClient) -> None:
        self._stack = stack
        self._http = http
        self._submitted = 0
        self._token = ""
        self._one_at_a_time = asyncio.Lock()
        self.ended: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def submit(self, login: str) -> str:
        """Submit a login as somebody who has not submitted too much, and return the run."""
        async with self._one_at_a_time:
            if self._submitted % PER_PERSON == 0:
                name = f"person-{self._submitted}"
                self._token = await self._stack.token(name, f"{name}@example.org")
            self._submitted += 1
        answer = await self._http.post(
            "/api/v1/profiles",
            json={"login": login},
            headers=self._headers,
        )
        answer.raise_for_status()
        return str(answer.json()["run_id"])

    async def through(self, kind: str, logins: Sequence[str]) -> None:
        """Submit them all and return when every run has ended; the first is the kind's example."""
        places = asyncio.Semaphore(ABREAST)

        async def one(login: str) -> str:
            async with places:
                run_id = await self.submit(login)
                await self.over(run_id)
                return run_id

        runs = await asyncio.gather(*(one(login) for login in logins))
        self.examples[kind] = runs[0]
        print(f"{kind}: {len(runs)} runs")

    async def over(self, run_id: str) -> None:
        """Return when the run has ended."""
        async with asyncio.timeout(LONGEST):
            while True:
                run = (await self._http.get(f"/api/v1/runs/{run_id}", headers=self._headers)).json()
                if run["status"] in OVER:
                    self.ended[run["status"]] += 1
                    return
                await asyncio.sleep(0.3)


async def everything(stack: Stack, people: Crowd, logins: list[str]) -> None:
    """Run them all, with one thing after another in trouble."""
    await people.through("well", [*logins[:60], *logins[105:]])
    await people.through("unknown", [f"nobody-of-that-name-{n}" for n in range(25)])
    stack.gemini.fail(**failure("overloaded", path_contains="generateContent"))
    await people.through("without-gemini", logins[60:75])
    stack.gemini.mend()
    stack.github.fail(status=500, path_contains="graphql")
    await people.through("without-github", logins[75:83])
    stack.github.mend()
    stack.resend.fail(status=422, method="POST", body={"name": "validation_error", "message": "x"})
    await people.through("without-mail", logins[83:93])
    stack.resend.mend()
    shot = asyncio.create_task(people.through("shot", logins[93:105]))
    for _ in range(3):
        await asyncio.sleep(2)
        os.kill(stack.services["screenshotter"].pid, signal.SIGKILL)
    await shot
    connection = await nats.connect(stack.nats_url("operator"))
    for login in logins[:40]:
        request = RunRequest(login=login, recipe="github_sync")
        await connection.request(RUN_PIPELINE, request.model_dump_json().encode(), timeout=20)
    js = connection.jetstream()
    for number in range(4):
        await js.publish("pipeline.started", f"not an event, number {number}".encode())
    await connection.close()
    await people.through("again", logins[:25])


async def pictures(stack: Stack, folder: Path, people: Crowd, browser: Browser) -> None:
    """Open every page in both sizes and both schemes."""
    runs = {f"run-{kind}": f"/ops/runs/{run}" for kind, run in people.examples.items()}
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = await browser.new_context(
                base_url=stack.app_host,
                viewport={"width": width, "height": height},
                is_mobile=size == "phone",
                color_scheme=scheme,
                reduced_motion="reduce",
                http_credentials={"username": OPERATOR[0], "password": OPERATOR[1]},
            )
            page = await context.new_page()
            for name, path in (PAGES | runs).items():
                await page.goto(path)
                await page.wait_for_timeout(SETTLED_MS)
                await page.screenshot(
                    path=folder / f"{name}-{size}-{scheme}.jpg",
                    type="jpeg",
                    quality=80,
                    full_page=name not in ENDLESS,
                )
            await context.close()


@asynccontextmanager
async def running(samples_dir: Path, var: Path) -> AsyncIterator[Stack]:
    """Yield the stack."""
    wanted = Wanted(
        var=var,
        samples_dir=samples_dir,
        ai="double",
        fsync=False,
        http_port=free_ports(1)[0],
        environment=ENVIRONMENT,
    )
    async with running_stack(wanted, lambda *_: None) as stack:
        yield stack


async def sheet(folder: Path, samples_dir: Path, logins: list[str], var: Path) -> None:
    """Run, look, and say what there was to see."""
    async with (
        running(samples_dir, var) as stack,
        httpx.AsyncClient(base_url=stack.app_host, trust_env=False, timeout=60) as http,
        async_playwright() as playwright,
    ):
        people = Crowd(stack, http)
        await everything(stack, people, logins)
        browser = await playwright.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        await pictures(stack, folder, people, browser)
        await browser.close()
    print(f"{sum(people.ended.values())} runs: {dict(people.ended)}; look at {folder}")


def main(folder: Path) -> None:
    """Make the sheet below the folder."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        var = Path(place) / "var"
        var.mkdir()
        samples_dir = Path(place) / "samples"
        asyncio.run(sheet(folder, samples_dir, crowd(samples_dir), var))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
