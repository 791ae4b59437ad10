"""`make deploy-check`: everything about deploy/ that can be known without a cluster.

Runs tests/deploy (rendered, valid, restricted, equal to the code, linted) and prints what
production needs that `kubectl apply -k deploy/k8s/overlays/prod` does not bring.
"""

import subprocess
import sys
from pathlib import Path

import manifests

ROOT = Path(__file__).parent.parent
KEYS = {
    "api": "NATS_URL, DATABASE_URL, SECRET_KEY, GITHUB_CLIENT_SECRET, GITHUB_WEBHOOK_SECRET, "
    "RESEND_WEBHOOK_SECRET",
    "generator": "NATS_URL, GITHUB_TOKEN or GITHUB_PRIVATE_KEY",
    "screenshotter": "NATS_URL",
    "optimizer": "NATS_URL",
    "notifier": "NATS_URL, DATABASE_URL, RESEND_API_KEY, SECRET_KEY",
    "migration": "MIGRATION_DATABASE_URL",
    "storage": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
    "operators": "nats-url",
    "nats": "NATS_<USER>_PASSWORD for each user, NATS_CLUSTER_PASSWORD",
    "techub-tls": "tls.crt, tls.key",
}
ELSEWHERE = (
    "Kubernetes 1.31 or newer (preStop sleep), a CNI that enforces NetworkPolicy, metrics-server",
    "KEDA 2.20 or newer, in the namespace keda",
    "an ingress controller of class nginx, in the namespace ingress-nginx",
    "the seccomp profile techub/chromium.json on every node (docs/runbook.md, Deploy)",
    "Postgres 15 to 17 at a private address, port 5432; an S3 bucket reachable at port 443",
    "images techub/* where the nodes find them: set newName and newTag under `images:`",
)


def main() -> int:
    """Check, then say what is left to the cluster."""
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/deploy"]
    checked = subprocess.run(tests, check=False, cwd=ROOT)
    needed = manifests.missing_secrets(manifests.rendered("overlays/prod"))
    print("\nWhat the cluster must already have for deploy/k8s/overlays/prod:")
    for line in ELSEWHERE:
        print(f"  {line}")
    for name in sorted(needed):
        print(f"  Secret {name}: {KEYS[name]} (for {', '.join(sorted(needed[name]))})")
    return checked.returncode


if __name__ == "__main__":
    sys.exit(main())
