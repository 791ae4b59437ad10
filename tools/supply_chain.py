"""What each image is made of: a CycloneDX SBOM from its lock, and everybody's licence.

`sbom FOLDER` writes NAME.cdx.json for every image; `licences` writes docs/licences.md. Licences are
what the installed distributions say of themselves; one that nobody has allowed ends the command.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from lock import IMAGES
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "licences.md"
CONTAINER: Final = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": "3.11",
    "python_full_version": "3.11.14",
}

ALLOWED: Final = {
    "Apache-2.0": "permissive",
    "BSD-2-Clause": "permissive",
    "BSD-3-Clause": "permissive",
    "ISC": "permissive",
    "MIT": "permissive",
    "MIT-0": "permissive",
    "PSF-2.0": "permissive",
    "MPL-2.0": "its own files stay under it; we change none",
    "LGPL-3.0-or-later": "libvips and what it links, loaded as a library that may be replaced",
}
"""Why each licence may be in an image."""

_SPOKEN: Final = {
    "Apache 2 License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}


@dataclass(frozen=True, slots=True)
class Pin:
    """A distribution as a lock names it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins(image: str) -> list[Pin]:
    """Return what the lock installs in a container; what other systems need is left out."""
    text = (ROOT / "requirements" / f"{image}.lock").read_text("utf-8").replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        words, *hashes = re.split(r"\s+--hash=", line.strip())
        requirement = Requirement(words)
        if requirement.marker is None or requirement.marker.evaluate(CONTAINER):
            [exactly] = requirement.specifier
            found.append(Pin(requirement.name, exactly.version, tuple(hashes)))
    return found


def licence_of(name: str) -> str:
    """Return the SPDX expression of an installed distribution; raise LookupError."""
    said = metadata(name)
    if expression := said.get("License-Expression"):
        if unknown := terms(expression) - ALLOWED.keys():
            message = f"{name} is under {expression}: nobody has allowed {', '.join(unknown)}"
            raise LookupError(message)
        return str(expression)
    return _spoken(said)


def _spoken(said: PackageMetadata) -> str:
    classified = [
        line.rpartition("::")[2].strip()
        for line in said.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    for words in (said.get("License") or "", *classified):
        if (spdx := _SPOKEN.get(words, words)) and terms(spdx) <= ALLOWED.keys():
            return spdx
    message = f"{said['Name']} says {said.get('License')!r} and {classified}: which licence is it?"
    raise LookupError(message)


def terms(expression: str) -> set[str]:
    """Return the licences of an SPDX expression."""
    return set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR", "WITH"}


@cache
def _project_version() -> str:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(document["project"]["version"])


def sbom(image: str) -> str:
    """Return the CycloneDX document of an image's Python environment; raise ValueError."""
    licences = LicenseFactory()
    bom = Bom()
    bom.metadata.component = Component(
        name=f"techub/{image}",
        version=_project_version(),
        type=ComponentType.CONTAINER,
        bom_ref=f"techub/{image}",
    )
    components = [
        Component(
            name=pin.name,
            version=pin.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", name=pin.name, version=pin.version),
            bom_ref=f"{pin.name}@{pin.version}",
            licenses=[licences.make_from_string(licence_of(pin.name))],
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=each.removeprefix("sha256:"))
                for each in pin.hashes
            ],
        )
        for pin in pins(image)
    ]
    for each in components:
        bom.components.add(each)
    bom.register_dependency(bom.metadata.component, components)
    document = JsonV1Dot6(bom).output_as_string(indent=2)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(document):
        raise ValueError(str(wrong))
    return document


def page() -> str:
    """Return docs/licences.md: every distribution, its licence, and the images it is in."""
    where: dict[str, list[str]] = {}
    for image in IMAGES:
        for pin in pins(image):
            where.setdefault(pin.name, []).append(image)
    rows = [f"| {name} | {licence_of(name)} | {_said(where[name])} |" for name in sorted(where)]
    reasons = [f"| {name} | {why} |" for name, why in sorted(ALLOWED.items())]
    return "\n".join(
        [
            "# Licences",
            "",
            "What the images are made of. Written by `make licences`, compared by a test; versions",
            "and hashes are in requirements/*.lock and in each image's SBOM (`make sbom`).",
            "",
            "| licence | why it may be there |",
            "|---|---|",
            *reasons,
            "",
            "| distribution | licence | images |",
            "|---|---|---|",
            *rows,
            "",
            "Fonts and emblems: libs/cards/CREDITS.md. Debian's packages in the images (Chromium,",
            "fonts, ImageMagick, postgresql-client) say theirs in /usr/share/doc/*/copyright.",
            "",
        ]
    )


def _said(images: list[str]) -> str:
    services = [name for name in IMAGES if name != "doubles"]
    rest = [name for name in images if name not in services]
    return ", ".join(["every service", *rest] if set(services) <= set(images) else images)


def main() -> None:
    """Write what is asked for; end with one line when a licence is not known or not allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sbom").add_argument("folder", type=Path)
    commands.add_parser("licences")
    options = parser.parse_args()
    try:
        if options.command == "licences":
            PAGE.write_text(page(), "utf-8")
            print(PAGE.relative_to(ROOT))
            return
        options.folder.mkdir(parents=True, exist_ok=True)
        for image in IMAGES:
            target = options.folder / f"{image}.cdx.json"
            target.write_text(sbom(image), "utf-8")
            print(f"{target}: {len(pins(image))} components")
    except LookupError as error:
        sys.exit(f"supply chain: {error}")


if __name__ == "__main__":
    main()
