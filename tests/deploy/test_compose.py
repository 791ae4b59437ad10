"""docker-compose.yml: valid, gated on health, and ready without a `.env`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from techub_devstack.services import NAMES

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "docker-compose.yml", ROOT / "deploy/compose/real.yml"]
COMPOSE: dict[str, Any] = yaml.safe_load(FILES[0].read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
ONE_SHOT = ("migrate", "migrate-notifier")
DONE, HEALTHY = "service_completed_successfully", "service_healthy"


def conditions(service: str) -> dict[str, str]:
    """Return what a service waits for."""
    return {name: each["condition"] for name, each in SERVICES[service]["depends_on"].items()}


def test_it_is_what_compose_reads() -> None:
    """Both files are valid against the schema of the Compose specification."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", *FILES]
    told = subprocess.run(command, check=False, capture_output=True, text=True)

    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("service", NAMES)
def test_it_starts_after_what_it_needs(service: str) -> None:
    """A service waits for the migrations, which wait for healthy servers."""
    assert conditions(service) == {**dict.fromkeys(ONE_SHOT, DONE), "doubles": HEALTHY}
    assert SERVICES[service]["depends_on"]["doubles"]["required"] is False
    assert conditions("migrate") == dict.fromkeys(("postgres", "nats", "seaweedfs"), HEALTHY)
    assert conditions("migrate-notifier") == {"postgres": HEALTHY}


@pytest.mark.parametrize("server", ["postgres", "nats", "seaweedfs"])
def test_a_server_says_whether_it_is_healthy(server: str) -> None:
    """Each has a check and keeps its data in a volume."""
    assert SERVICES[server]["healthcheck"]["test"][0] == "CMD"
    assert server in COMPOSE["volumes"]
    assert any(volume.startswith(f"{server}:/") for volume in SERVICES[server]["volumes"])


@pytest.mark.parametrize("service", [*NAMES, *ONE_SHOT, "doubles"])
def test_it_may_do_little(service: str) -> None:
    """Nothing of ours writes to its image, gains privileges or has a capability."""
    said = SERVICES[service]

    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in said["security_opt"]
    assert said["image"] == f"techub/{said['build']['target']}"


def test_only_this_machine_may_connect() -> None:
    """Every published port is on the loopback: passwords here are everybody's."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "127.0.0.1:3000:3000" in SERVICES["api"]["ports"]


def test_nothing_must_be_said() -> None:
    """Every variable has a default, and the sample sign-in is there."""
    text = FILES[0].read_text("utf-8")

    assert "${" in text
    assert ":?" not in text
    assert SERVICES["api"]["environment"]["APP_ENV"] == "${APP_ENV:-development}"


def test_the_real_one_has_no_doubles() -> None:
    """The second file takes the doubles away, addresses of theirs too, and asks for the keys."""
    real = yaml.safe_load(FILES[1].read_text("utf-8"))["services"]
    environment = {name: each["environment"] for name, each in real.items() if name != "doubles"}

    assert real["doubles"]["profiles"] == ["doubles"]
    users = {
        name
        for name in NAMES
        for value in SERVICES[name]["environment"].values()
        if "doubles" in str(value)
    }
    assert users == environment.keys()
    for name in users:
        for setting, value in SERVICES[name]["environment"].items():
            if "doubles" in str(value):
                assert "doubles" not in environment[name][setting]


def test_observability_is_asked_for() -> None:
    """Prometheus and Grafana start in their profile only; the scrape names all five services."""
    scrape = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text("utf-8"))
    [job] = scrape["scrape_configs"]

    assert {n for n, s in SERVICES.items() if "profiles" in s} == {"prometheus", "grafana"}
    assert tuple(job["dns_sd_configs"][0]["names"]) == NAMES
    assert job["dns_sd_configs"][0]["port"] == 9090
