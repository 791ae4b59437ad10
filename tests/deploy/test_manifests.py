"""Everything that kubectl would apply is valid, restricted, probed and limited."""

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import manifests
import pytest

validation = sys.modules[kubernetes_validate.validate.__module__]
VERSIONS = ("1.31", "1.32", "1.37")
OUR_SCHEMAS = {
    "ScaledObject": json.loads(Path(__file__).with_name("keda.schema.json").read_text("utf-8"))
}
ALL = [
    pytest.param(document, id=f"{overlay}-{document['kind']}-{document['metadata']['name']}")
    for overlay in manifests.OVERLAYS
    for document in manifests.rendered(f"overlays/{overlay}")
]
PODS = [
    pytest.param(document, id=f"{overlay}-{document['metadata']['name']}")
    for overlay in manifests.OVERLAYS
    for document in manifests.of_kind(
        manifests.rendered(f"overlays/{overlay}"), *manifests.WORKLOADS
    )
]
each_object = pytest.mark.parametrize("document", ALL)
each_workload = pytest.mark.parametrize("workload", PODS)
SERVES = ("Deployment", "StatefulSet")
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"}
VOLUMES |= {"projected", "secret"}
LOCALHOST_PROFILES = {"screenshotter": "techub/chromium.json"}


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """The validator reads two megabytes of definitions for every object; let it remember them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "schema_contents", cache(validation.schema_contents))
        yield


@each_object
def test_it_has_no_field_that_kubernetes_does_not_know(document: dict[str, Any]) -> None:
    """Strictly valid against each version's schema; KEDA's objects against our own."""
    if schema := OUR_SCHEMAS.get(document["kind"]):
        jsonschema.Draft202012Validator(schema).validate(document)
        return
    for version in VERSIONS:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_wrong_field_would_be_found() -> None:
    """The checks above can fail."""
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"nam": "x"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.32", strict=True)
    scaled = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {}, "spec": {}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(OUR_SCHEMAS["ScaledObject"]).validate(scaled)


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_the_namespace_admits_only_what_is_restricted(overlay: str) -> None:
    """Pod Security is enforced at its strictest, and everything lives in that namespace."""
    documents = manifests.rendered(f"overlays/{overlay}")
    [namespace] = manifests.of_kind(documents, "Namespace")

    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    elsewhere = {d["metadata"].get("namespace") for d in documents if d is not namespace}
    assert elsewhere == {namespace["metadata"]["name"]}


@each_workload
def test_it_is_restricted(workload: dict[str, Any]) -> None:
    """It passes Pod Security `restricted`; only the screenshotter has a profile of its own."""
    spec = manifests.pod_of(workload)["spec"]
    pod = spec["securityContext"]
    profile = LOCALHOST_PROFILES.get(workload["metadata"]["name"])

    assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & spec.keys()
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert "sysctls" not in pod
    assert pod["seccompProfile"] == (
        {"type": "Localhost", "localhostProfile": profile}
        if profile
        else {"type": "RuntimeDefault"}
    )
    for volume in spec.get("volumes", []):
        assert set(volume) - {"name"} <= VOLUMES
    for container in manifests.containers(manifests.pod_of(workload)):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["readOnlyRootFilesystem"] is True
        assert not {"privileged", "seccompProfile", "runAsUser", "procMount"} & security.keys()
        assert all("hostPort" not in port for port in container.get("ports", []))


@each_workload
def test_it_has_requests_limits_and_no_token(workload: dict[str, Any]) -> None:
    """Every container says what it needs and what it may take; nobody speaks to the cluster."""
    pod = manifests.pod_of(workload)

    assert pod["spec"]["automountServiceAccountToken"] is False
    for container in manifests.containers(pod):
        for bound in ("requests", "limits"):
            assert set(container["resources"][bound]) == {"cpu", "memory"}


@each_workload
def test_images_have_no_host(workload: dict[str, Any]) -> None:
    """Whoever has a registry says so with `images:`; ours are `techub/<service>`."""
    for container in manifests.containers(manifests.pod_of(workload)):
        assert "." not in container["image"].partition("/")[0].partition(":")[0]


@each_workload
def test_three_different_probes(workload: dict[str, Any]) -> None:
    """Starting, working and living are three questions; what begins or runs once has none."""
    if workload["kind"] not in SERVES:
        return
    for container in manifests.pod_of(workload)["spec"]["containers"]:
        probes = [container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")]
        assert len({json.dumps(probe, sort_keys=True) for probe in probes}) == 3
        startup, _, liveness = probes
        assert startup["failureThreshold"] * startup["periodSeconds"] >= 60
        assert liveness["failureThreshold"] * liveness["periodSeconds"] >= 60


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_every_service_may_be_drained(overlay: str) -> None:
    """Each has a disruption budget that lets one go at a time, and prefers to be spread."""
    documents = manifests.rendered(f"overlays/{overlay}")
    budgets = {
        budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]: budget["spec"]
        for budget in manifests.of_kind(documents, "PodDisruptionBudget")
    }
    for workload in manifests.of_kind(documents, *SERVES):
        if workload["spec"].get("strategy", {}).get("type") == "Recreate":
            continue
        name = workload["metadata"]["name"]
        assert budgets[name]["maxUnavailable"] == 1
        spread = manifests.pod_of(workload)["spec"]["topologySpreadConstraints"]
        assert "kubernetes.io/hostname" in {each["topologyKey"] for each in spread}


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_selectors_find_pods(overlay: str) -> None:
    """Services, budgets and policies name pods that exist, and ports those pods have."""
    documents = manifests.rendered(f"overlays/{overlay}")
    pods = [manifests.pod_of(each) for each in manifests.of_kind(documents, *manifests.WORKLOADS)]

    def found(selector: dict[str, str]) -> list[dict[str, Any]]:
        return [pod for pod in pods if selector.items() <= pod["metadata"]["labels"].items()]

    for service in manifests.of_kind(documents, "Service"):
        chosen = found(service["spec"]["selector"])
        assert chosen, service["metadata"]["name"]
        for port in service["spec"]["ports"]:
            for pod in chosen:
                names = {p["name"] for c in pod["spec"]["containers"] for p in c["ports"]}
                assert port["targetPort"] in names
    for budget in manifests.of_kind(documents, "PodDisruptionBudget"):
        assert found(budget["spec"]["selector"]["matchLabels"])


def test_replicas_are_left_to_who_scales() -> None:
    """A Deployment that something scales says no number, so that applying it resets none."""
    documents = manifests.rendered("overlays/prod")
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in manifests.of_kind(documents, "ScaledObject", "HorizontalPodAutoscaler")
    }
    deployments = manifests.of_kind(documents, "Deployment")

    assert scaled == {"api", "generator", "screenshotter", "optimizer"}
    for deployment in deployments:
        counted = "replicas" in deployment["spec"]
        assert counted is (deployment["metadata"]["name"] not in scaled)
    scalers = manifests.of_kind(documents, "ScaledObject")
    assert all(s["spec"]["minReplicaCount"] <= s["spec"]["fallback"]["replicas"] for s in scalers)


def test_what_the_overlays_leave_to_the_cluster() -> None:
    """Development brings every Secret along; production names exactly these."""
    assert manifests.missing_secrets(manifests.rendered("overlays/dev")) == {}
    assert set(manifests.missing_secrets(manifests.rendered("overlays/prod"))) == {
        *("api", "generator", "screenshotter", "optimizer", "notifier"),
        *("migration", "storage", "operators", "nats", "techub-tls"),
    }
