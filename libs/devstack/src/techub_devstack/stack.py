"""The whole system on one machine: servers, doubles and the five services, all of them real."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from sqlalchemy.exc import ProgrammingError

from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_devstack.servers import chromium, guard
from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.nats import NatsServer, nats_cluster, single
from techub_devstack.servers.postgres import PostgresServer, postgres_server
from techub_devstack.servers.seaweedfs import SeaweedfsServer, seaweedfs_server
from techub_devstack.servers.waiting import until
from techub_devstack.services import (
    NAMES,
    ServiceFailed,
    ServiceProcess,
    free_ports,
    is_free,
    run_to_end,
)

DATABASE: Final = "techub"
FAVOURITE_PORT: Final = 3000
ALERT_ADDRESS: Final = "ops@techub.example"
DEVELOPMENT_SECRET: Final = "development-only-secret-of-the-embedded-stack"  # noqa: S105  # not one

Writers = Literal["heuristics", "double", "real"]
REAL_AI: Final = ("GEMINI_", "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_", "VERTEX_API_BASE")

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the stack is to be: where its data lies, and what differs from the default.

    Objects are files below `var`, or lie in a bucket of a SeaweedFS whose public objects have
    addresses of their own. `replicas` of a service beyond the first are called `generator-2` and so
    on; `pythons` are the interpreters that run services from environments of their own. `guarded`
    gives every service its own NATS user and no more than that may do; `nats_nodes` servers form a
    cluster in which every stream has as many replicas. `ai` says who writes cards: nobody but the
    heuristics, the double of Gemini, or Gemini itself with this environment's credentials.
    """

    var: Path
    samples_dir: Path = samples.DIR
    real_github: bool = False
    ai: Writers = "heuristics"
    fsync: bool = True
    http_port: int | None = None
    store: Literal["folder", "s3"] = "folder"
    environment: Mapping[str, str] = field(default_factory=dict)
    replicas: Mapping[str, int] = field(default_factory=dict)
    pythons: Mapping[str, Path] = field(default_factory=dict)
    guarded: bool = False
    nats_nodes: int = 1


@dataclass(slots=True)
class Stack:
    """The running system."""

    wanted: Wanted
    nats_nodes: list[NatsServer]
    postgres: PostgresServer
    github: Double
    gemini: Double
    resend: Double
    app_host: str
    objects: Path
    environment: dict[str, str]
    services: dict[str, ServiceProcess]
    seaweedfs: SeaweedfsServer | None = None

    @property
    def nats(self) -> NatsServer:
        """The NATS server, or the first of the cluster."""
        return self.nats_nodes[0]

    def nats_url(self, user: str) -> str:
        """Return where a NATS user connects."""
        return guard.url_for(self.nats.url, user) if self.wanted.guarded else self.nats.url

    def replicas_of(self, service: str) -> list[ServiceProcess]:
        """Return every process of a service."""
        return [process for process in self.services.values() if process.service == service]

    @property
    def mailbox_url(self) -> str:
        """Where a person reads the mails."""
        return f"{self.resend.url}/mailbox"

    async def token(self, login: str, email: str | None = None) -> str:
        """Return a new personal token of that user, with a verified address when one is given."""
        arguments = ["techub_api", "token", "create", login]
        if email:
            arguments += ["--email", email]
        env = self.services_environment("api")
        return (await run_to_end(arguments, env, self.wanted.var / "log" / "commands.log")).strip()

    def services_environment(self, name: str) -> dict[str, str]:
        """Return the environment of one service, and of commands run in its place."""
        url = self.postgres.url_of(DATABASE)
        login = url.replace("://app@", f"://techub_{name}_login@")
        return self.environment | {
            "DATABASE_URL": login,
            "MIGRATION_DATABASE_URL": url,
            "NATS_URL": self.nats_url(name),
        }


@asynccontextmanager
async def running_stack(wanted: Wanted, say: Say) -> AsyncIterator[Stack]:
    """Yield the system once every service is ready; everything is stopped at the end.

    Raises ServiceFailed with the last words of what could not be started.
    """
    async with AsyncExitStack() as stack:
        var = wanted.var
        for folder in (var, var / "log", var / "objects", var / "mail"):
            folder.mkdir(parents=True, exist_ok=True)
        browser = chromium.find()
        if browser is None:
            message = "no Chromium here; run `make setup`, or set CHROMIUM_PATH"
            raise ServiceFailed(message)
        say("stack", "starting NATS and Postgres")
        extra = guard.configuration() if wanted.guarded else ""
        nats = await stack.enter_async_context(
            nats_cluster(var / "nats", nodes=wanted.nats_nodes, config_extra=extra)
            if wanted.nats_nodes > 1
            else single(var / "nats", config_extra=extra)
        )
        postgres = await stack.enter_async_context(
            postgres_server(var / "postgres", fsync=wanted.fsync)
        )
        doubles = await stack.enter_async_context(_doubles(wanted))
        seaweedfs = None
        if wanted.store == "s3":
            say("stack", "starting SeaweedFS")
            seaweedfs = await stack.enter_async_context(seaweedfs_server(var / "seaweedfs"))
        scratch = TemporaryDirectory(prefix="techub-", ignore_cleanup_errors=True)
        wanted = replace(
            wanted, environment={"TMPDIR": stack.enter_context(scratch), **wanted.environment}
        )  # what a killed browser leaves there goes with the stack
        system = _system(wanted, nats, postgres, doubles, browser, seaweedfs)
        say("stack", "bringing schemas, streams and consumers up to date")
        await _migrate(system)
        say("stack", f"starting {', '.join(system.services)}")
        for service in system.services.values():
            service.start()
            stack.push_async_callback(service.stop)
        await asyncio.gather(*(service.until_ready() for service in system.services.values()))
        keepers = [
            asyncio.create_task(service.keep_alive(say)) for service in system.services.values()
        ]
        try:
            yield system
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(service.stop() for service in system.services.values()))


def _system(
    wanted: Wanted,
    nats: list[NatsServer],
    postgres: PostgresServer,
    doubles: Mapping[str, Double],
    browser: Path,
    seaweedfs: SeaweedfsServer | None,
) -> Stack:
    objects = (wanted.var / "objects").absolute()
    replicas = [
        (name, number) for name in NAMES for number in range(1, wanted.replicas.get(name, 1) + 1)
    ]
    ports = free_ports(2 * len(replicas) + 1)
    http_port = wanted.http_port or (FAVOURITE_PORT if is_free(FAVOURITE_PORT) else ports.pop())
    app_host = f"http://127.0.0.1:{http_port}"
    environment = {
        **_inherited(),
        "APP_ENV": "development",
        "APP_HOST": app_host,
        "HTTP_PORT": str(http_port),
        "NATS_URL": nats[0].url,
        "STREAM_REPLICAS": str(len(nats)),
        "STORAGE_URL": f"file://{objects}",
        "SECRET_KEY": DEVELOPMENT_SECRET,
        "RESEND_API_KEY": "re_embedded_stack",
        "RESEND_API_URL": doubles["resend"].url,
        "RESEND_PER_SECOND": "0",
        "ALERT_EMAIL": ALERT_ADDRESS,
        "PROFILE_OWNERSHIP_CAP": "1000",
        "SUBMISSIONS_PER_HOUR": "0",
        "PROBE_SECONDS": "0",
        "CHROMIUM_PATH": str(browser),
        "SCREENSHOT_CONCURRENCY": str(max(1, (os.cpu_count() or 2) // 2)),  # others need some, too
        "LOG_FORMAT": "json",
        "OUTBOUND_ALLOW": doubles["github"].url.removeprefix("http://"),
    }
    if not wanted.real_github:
        environment |= {
            "GITHUB_API_URL": doubles["github"].url,
            "GITHUB_WEB_URL": doubles["github"].url,
            "GITHUB_TOKEN": "ghp_of_the_embedded_stack",
            "GITHUB_CLIENT_ID": "embedded-stack",
            "GITHUB_CLIENT_SECRET": DEVELOPMENT_SECRET,
        }
    environment |= _writing(wanted.ai, doubles["gemini"])
    if seaweedfs is not None:
        environment |= seaweedfs.environment
    environment |= wanted.environment
    system = Stack(
        wanted=wanted,
        nats_nodes=nats,
        postgres=postgres,
        github=doubles["github"],
        gemini=doubles["gemini"],
        resend=doubles["resend"],
        app_host=app_host,
        objects=objects,
        environment=environment,
        services={},
        seaweedfs=seaweedfs,
    )
    for name, number in replicas:
        env = system.services_environment(name) | {"HEALTH_PORT": str(ports.pop())}
        if number > 1:
            env["HTTP_PORT"] = str(ports.pop())
        title = name if number == 1 else f"{name}-{number}"
        system.services[title] = ServiceProcess(
            title, env, wanted.var / "log" / f"{title}.log", wanted.pythons.get(name)
        )
    return system


def _inherited() -> dict[str, str]:
    """Return what a service may know of the machine, and a person's own GitHub token."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "GITHUB_TOKEN", "LOG_LEVEL", "IM_CLI")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _writing(ai: Writers, double: Double) -> dict[str, str]:
    """Return the generator's settings of who writes cards."""
    if ai == "double":
        return {"GEMINI_API_BASE": double.url, "GEMINI_API_KEY": "embedded-stack"}
    if ai == "real":
        return {name: value for name, value in os.environ.items() if name.startswith(REAL_AI)}
    return {}


async def _migrate(system: Stack) -> None:
    with suppress(ProgrammingError):  # it is there from an earlier start
        await system.postgres.create_database(DATABASE)
    log = system.wanted.var / "log" / "commands.log"
    for name in ("api", "notifier"):
        await run_to_end([f"techub_{name}", "migrate"], system.services_environment(name), log)


@asynccontextmanager
async def _doubles(wanted: Wanted) -> AsyncIterator[dict[str, Double]]:
    ports_file = wanted.var / "doubles.json"
    ports_file.unlink(missing_ok=True)
    child = Child(
        leashed(
            [
                sys.executable,
                "-m",
                "techub_devstack.doubles",
                "--samples",
                wanted.samples_dir,
                "--state-dir",
                wanted.var / "mail",
                "--ports-file",
                ports_file,
            ],
            die_with=signal.SIGTERM,
        ),
        log=wanted.var / "log" / "doubles.log",
    )
    try:

        def ports() -> dict[str, Any] | None:
            if child.exit_code is not None:
                message = f"the doubles did not start:\n{child.last_words()}"
                raise ServiceFailed(message)
            return json.loads(ports_file.read_text()) if ports_file.exists() else None

        found = await until(ports, within=30, what="the doubles' ports")
        yield {name: Double(f"http://127.0.0.1:{port}") for name, port in found.items()}
    finally:
        await child.stop()


def forget(var: Path) -> None:
    """Remove all data of a stack that is not running."""
    shutil.rmtree(var, ignore_errors=True)
