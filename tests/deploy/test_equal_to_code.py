"""What deploy/ repeats of the code is what the code says: names, ports, settings, edges."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import manifests
import pytest
import yaml
from pydantic import SecretStr

from techub_common.permissions import users
from techub_common.runtime import GRACE_SECONDS
from techub_common.settings import CommonSettings, DatabaseSettings, StorageSettings
from techub_common.streams import CONSUMERS, EVENTS, OPTIMIZER, SCREENSHOTTER
from techub_devstack.services import NAMES

ROOT: Final = Path(__file__).parents[2]
WEB: Final = {"github_api_url", "github_web_url", "resend_api_url", "gemini_api_base"}
PLAIN_ADDRESSES: Final = {"NATS_URL", "DATABASE_URL", "MIGRATION_DATABASE_URL"}
each_service = pytest.mark.parametrize("service", NAMES)
each_overlay = pytest.mark.parametrize("overlay", manifests.OVERLAYS)


def settings_of(service: str) -> dict[str, Any]:
    """Return the fields of a service's settings by the names they have in the environment."""
    kind = importlib.import_module(f"techub_{service}.settings").Settings
    return {name.upper(): field for name, field in kind.model_fields.items()}


def secrets_of(service: str) -> set[str]:
    """Return the settings that no ConfigMap may hold: secrets, and addresses with a password."""
    fields = settings_of(service)
    secret = {name for name, field in fields.items() if "SecretStr" in str(field.annotation)}
    return secret | (PLAIN_ADDRESSES & fields.keys())


def service_pod(documents: tuple[dict[str, Any], ...], service: str) -> dict[str, Any]:
    """Return the pod of one of the five services."""
    return manifests.pod_of(manifests.named(documents, "Deployment", service))


def test_scaled_by_consumers_that_exist() -> None:
    """Each trigger asks for the lag of the scaled service's own durable, of the real stream."""
    documents = manifests.rendered("overlays/prod")
    scalers = manifests.of_kind(documents, "ScaledObject")
    headless = manifests.named(documents, "Service", "nats-headless")
    monitor = {port["port"] for port in headless["spec"]["ports"] if port["name"] == "monitor"}

    assert {s["metadata"]["name"] for s in scalers} == {SCREENSHOTTER.name, OPTIMIZER.name}
    for scaler in scalers:
        [trigger] = scaler["spec"]["triggers"]
        said = trigger["metadata"]
        host, _, port = said["natsServerMonitoringEndpoint"].partition(":")
        name, namespace = host.split(".")[:2]
        assert said["stream"] == EVENTS
        assert said["consumer"] == scaler["spec"]["scaleTargetRef"]["name"]
        assert said["consumer"] in {consumer.name for consumer in CONSUMERS}
        assert said["account"] == "$G"
        assert (name, namespace) == ("nats-headless", headless["metadata"]["namespace"])
        assert {int(port)} == monitor


@each_overlay
@each_service
def test_ports(overlay: str, service: str) -> None:
    """A container listens where its settings say, and only there."""
    documents = manifests.rendered(f"overlays/{overlay}")
    [container] = service_pod(documents, service)["spec"]["containers"]
    config = environment(documents, container)
    expected = {"health": int(config["HEALTH_PORT"])}
    if "HTTP_PORT" in settings_of(service):
        expected["http"] = int(config["HTTP_PORT"])

    assert {port["name"]: port["containerPort"] for port in container["ports"]} == expected
    for probe, path in (("startup", "/livez"), ("readiness", "/readyz"), ("liveness", "/livez")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "health"}


def environment(documents: tuple[dict[str, Any], ...], container: dict[str, Any]) -> dict[str, str]:
    """Return what the ConfigMaps of a container say."""
    found: dict[str, str] = {}
    for name in manifests.sources(container, "ConfigMap"):
        found |= manifests.named(documents, "ConfigMap", name)["data"]
    return found


@each_overlay
@each_service
def test_every_setting_has_a_place(overlay: str, service: str) -> None:
    """A service is given every setting it reads and no other: plain ones openly, others not.

    A new one goes to deploy/k8s/base/config/<service>.env and docker-compose.yml; a secret to the
    runbook's list of Secrets instead.
    """
    documents = manifests.rendered(f"overlays/{overlay}")
    [container] = service_pod(documents, service)["spec"]["containers"]
    fields = settings_of(service)
    hidden = secrets_of(service) | ({"AWS_ACCESS_KEY_ID"} & fields.keys())
    plain = (fields.keys() | {"CREDENTIALS_FILE"}) - hidden

    assert environment(documents, container).keys() == plain
    expected = {service} | ({"storage"} if "STORAGE_URL" in fields else set())
    assert set(manifests.sources(container, "Secret")) == expected


@each_service
def test_development_has_every_secret(service: str) -> None:
    """The overlay that brings its own Secrets fills in each one that is needed."""
    documents = manifests.rendered("overlays/dev")
    [container] = service_pod(documents, service)["spec"]["containers"]
    given: set[str] = set()
    for name in manifests.sources(container, "Secret"):
        secret = manifests.named(documents, "Secret", name)
        given |= (secret.get("data") or {}).keys() | (secret.get("stringData") or {}).keys()
    fields = settings_of(service)
    needed = {name for name in secrets_of(service) if fields[name].is_required()}

    assert needed <= given
    assert given <= fields.keys()


def test_the_runbook_lists_the_secrets() -> None:
    """Whoever prepares a cluster finds each Secret of production, and each of its keys."""
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    for secret in manifests.missing_secrets(manifests.rendered("overlays/prod")):
        assert f"`{secret}`" in text
    for service in NAMES:
        for name in secrets_of(service):
            assert name in text, f"{name} of {service}"
    for user in users():
        assert "NATS_<USER>_PASSWORD" in text
        assert user.password == f"NATS_{user.name.upper()}_PASSWORD"


@each_service
def test_defaults_are_not_changed_in_passing(service: str) -> None:
    """The base says what the code says, but for what a container or an operator decides."""
    documents = manifests.rendered("base")
    [container] = service_pod(documents, service)["spec"]["containers"]
    said = environment(documents, container)
    decided = {"TRUSTED_PROXIES", "STORAGE_URL", "CHROMIUM_PATH", "IM_CLI", "CREDENTIALS_FILE"}
    for name, field in settings_of(service).items():
        if name in said and name not in decided and said[name]:
            default = getattr(field.default, "value", field.default)
            if isinstance(default, bool):
                assert said[name] in ({"true", "1"} if default else {"false", "0"}), name
            elif isinstance(default, int | float):
                assert float(said[name]) == default, name
            else:
                assert said[name] == str(default), name


@each_service
def test_the_grace_is_longer_than_any_work(service: str) -> None:
    """The longest attempt and 20 s more, after whatever pause comes before SIGTERM."""
    spec = service_pod(manifests.rendered("overlays/prod"), service)["spec"]
    [container] = spec["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    own = {"api": "ledger"}.get(service, service)
    [longest] = [consumer.limit for consumer in CONSUMERS if consumer.name == own]

    assert spec["terminationGracePeriodSeconds"] >= pause + max(longest, GRACE_SECONDS) + 20
    if service == "api":
        assert pause >= 5


def dependencies(service: str) -> set[str]:
    """Return whom a service talks to, from what it reads."""
    kind = importlib.import_module(f"techub_{service}.settings").Settings
    found = {"names"}
    found |= {"nats", "collector"} if issubclass(kind, CommonSettings) else set()
    found |= {"postgres"} if issubclass(kind, DatabaseSettings) else set()
    found |= {"store"} if issubclass(kind, StorageSettings) else set()
    found |= {"web"} if WEB & kind.model_fields.keys() else set()
    return found


def edges_from(documents: tuple[dict[str, Any], ...], labels: dict[str, str]) -> set[str]:
    """Return whom the policies let a pod with these labels talk to."""
    found = set()
    for policy in manifests.of_kind(documents, "NetworkPolicy"):
        if _selects(policy["spec"]["podSelector"], labels):
            found |= {_name_of(edge) for edge in policy["spec"].get("egress", [])}
    return found


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    among = selector.get("matchExpressions", [])
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in among if one["operator"] == "In"
    )


def _name_of(edge: dict[str, Any]) -> str:
    ports = {port["port"] for port in edge["ports"]}
    blocks = [to["ipBlock"] for to in edge["to"] if "ipBlock" in to]
    if ports == {443}:
        private = any("10.0.0.0/8" in block.get("except", []) for block in blocks)
        return "web" if private else "store"
    return {4222: "nats", 5432: "postgres", 8333: "store", 53: "names", 4318: "collector"}[
        ports.pop()
    ]


@each_service
def test_the_edges_are_the_dependencies(service: str) -> None:
    """Nobody may talk to anybody it has no setting for, and to everybody it has one for."""
    documents = manifests.rendered("overlays/prod")
    labels = service_pod(documents, service)["metadata"]["labels"]

    assert edges_from(documents, labels) == dependencies(service)


def test_who_may_come_in() -> None:
    """NATS lets in those with a user; services only who scrapes them, and the api the ingress."""
    documents = manifests.rendered("overlays/prod")
    allowed: dict[str, set[tuple[str, int]]] = {}
    for policy in manifests.of_kind(documents, "NetworkPolicy"):
        target = policy["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
        for edge in policy["spec"].get("ingress", []):
            for who in edge["from"]:
                selector = who.get("podSelector") or who["namespaceSelector"]
                [name] = selector["matchLabels"].values()
                allowed.setdefault(target, set()).update((name, p["port"]) for p in edge["ports"])
    monitoring = {("monitoring", 9090)}

    assert allowed == {
        "api": monitoring | {("ingress-nginx", 3000)},
        **{name: monitoring for name in NAMES if name != "api"},
        "nats": {(user.name, 4222) for user in users() if user.name != "operators"}
        | {("nats", 6222), ("keda", 8222), ("monitoring", 8222)},
    }


def test_nothing_is_allowed_by_default() -> None:
    """One policy holds for every pod and lists nothing."""
    policies = manifests.of_kind(manifests.rendered("overlays/prod"), "NetworkPolicy")
    [closed] = [policy for policy in policies if policy["metadata"]["name"] == "default-deny"]

    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_servers_know_every_user() -> None:
    """Compose and development give the server a password for every user of the permissions."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    secret = manifests.named(manifests.rendered("overlays/dev"), "Secret", "nats")
    passwords = {user.password for user in users()}

    assert compose["services"]["nats"]["environment"].keys() == passwords
    assert secret["data"].keys() == passwords


@each_service
def test_compose_has_every_setting(service: str) -> None:
    """Compose gives each service every setting it reads, and says none that nobody reads."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    given = compose["services"][service]["environment"].keys()
    wanted = (settings_of(service).keys() | {"CREDENTIALS_FILE"}) - {"MIGRATION_DATABASE_URL"}

    assert given == wanted


def test_the_environment_that_developers_copy() -> None:
    """What compose lets a `.env` say is said in .env.example, but for passwords of its servers."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    text += (ROOT / "deploy/compose/real.yml").read_text("utf-8")
    known = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    of_compose = {user.password for user in users()} | {"API_DATABASE_URL", "NOTIFIER_DATABASE_URL"}

    assert set(re.findall(r"\$\{([A-Z0-9_]+)[:?}-]", text)) <= known | of_compose


def test_secrets_are_typed_as_secrets() -> None:
    """The list above is complete: whatever is called key, token or password is a SecretStr."""
    for service in NAMES:
        for name, field in settings_of(service).items():
            if re.search(r"(TOKEN|SECRET|PASSWORD|API_KEY)$|SECRET_", name):
                assert SecretStr.__name__ in str(field.annotation), name


def test_versions_agree() -> None:
    """The images of production have the version of the project."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    overlay = yaml.safe_load((manifests.K8S / "overlays/prod/kustomization.yaml").read_text())

    assert {image["newTag"] for image in overlay["images"]} == {version}
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text("utf-8")
