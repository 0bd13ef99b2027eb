"""What the site is made of, as CycloneDX, and under which licences: ``make sbom``.

    .venv/bin/python .ci/sbom.py FOLDER

writes FOLDER/sbom.json and FOLDER/licences.txt: the packages that requirements.txt pins and that
are installed on this machine, with their hashes, and what lies in the repository itself.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# What others made and is kept in this repository: name, version, licence, folder, where it is from.
VENDORED = [
    ("qr", "0.7.0", "MIT", "static/js/door/qr", "pkg:npm/qr@0.7.0"),
    ("Inter", "4.1", "OFL-1.1", "program/fonts", "pkg:github/rsms/inter@v4.1"),
]
# Packages that name their licence in words of their own.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Those that say no more than BSD, or several at once: read in their own files.
READ = {
    "django-csp": "BSD-3-Clause",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "qrcode": "BSD-3-Clause AND MIT",
    "sqlparse": "BSD-3-Clause",
}
UNKNOWN = "unknown"


def pinned(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 hashes of each package in a requirements file."""
    for block in re.split(r"\n(?=\S)", text.strip()):
        if found := re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", block):
            yield found[1], found[2], re.findall(r"sha256:([0-9a-f]{64})", block)


def licence(package: metadata.PackageMetadata) -> str:
    """As an SPDX expression, where the package tells; else UNKNOWN."""
    told = package.get("License-Expression")
    if told:
        return str(told)
    classified = [
        str(line).rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or []
        if str(line).startswith("License :: ") and not str(line).endswith(":: OSI Approved")
    ]
    short = str(package.get("License") or "")
    for name in [*classified, short]:
        if name in SPDX or (name and re.fullmatch(r"[\w.+-]{2,30}", name)):
            return SPDX.get(name, name)
    return UNKNOWN


def components() -> Iterator[dict[str, Any]]:
    for name, version, hashes in pinned((ROOT / "requirements.txt").read_text()):
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or an older Python
        if found.version != version:
            sys.exit(f"{name} {found.version} is installed and {version} is pinned: make install.")
        requires = {_plain(each) for each in found.requires or [] if "extra ==" not in each}
        yield component(
            name,
            version,
            READ.get(_plain(name)) or licence(found.metadata),
            f"pkg:pypi/{_plain(name)}@{version}",
            summary=str(found.metadata.get("Summary") or ""),
            hashes=hashes,
            requires=sorted(requires),
        )
    for name, version, terms, folder, purl in VENDORED:
        if not (ROOT / folder).is_dir():
            sys.exit(f"{folder} is not there: correct VENDORED in .ci/sbom.py.")
        yield component(name, version, terms, purl, summary=f"kept in {folder}")


def component(
    name: str,
    version: str,
    terms: str,
    purl: str,
    *,
    summary: str = "",
    hashes: list[str] | None = None,
    requires: list[str] | None = None,
) -> dict[str, Any]:
    """``requires`` is no part of CycloneDX: it goes to the list of dependencies."""
    kind = "expression" if " " in terms else "license"
    told: dict[str, Any] = {"expression": terms} if kind == "expression" else {"id": terms}
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "description": summary,
        "licenses": [told if kind == "expression" else {"license": told}],
        "requires": requires or [],
    }
    if terms == UNKNOWN:
        made["licenses"] = [{"license": {"name": UNKNOWN}}]
    if hashes:
        # One for each file that may be installed: which one, depends on the machine.
        made["externalReferences"] = [
            {
                "type": "distribution",
                "url": purl,
                "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
            }
        ]
    return made


def bill() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own = f"pkg:generic/{project['name']}@{project['version']}"
    parts = list(components())
    refs = {_plain(part["name"]): part["bom-ref"] for part in parts}
    needs = {
        part["bom-ref"]: [refs[name] for name in part.pop("requires") if name in refs]
        for part in parts
    }
    direct = [refs[name] for each in project["dependencies"] if (name := _plain(each)) in refs]
    needs[own] = sorted({*direct, *(one[4] for one in VENDORED)})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "purl": own,
                "description": project["description"],
            },
        },
        "components": parts,
        "dependencies": [{"ref": ref, "dependsOn": needs[ref]} for ref in sorted(needs)],
    }


def licences(made: dict[str, Any]) -> str:
    lines = []
    for part in made["components"]:
        (told,) = part["licenses"]
        terms = told.get("expression") or told["license"].get("id") or UNKNOWN
        lines.append(f"{part['name']:28} {part['version']:14} {terms}")
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    """The name alone, as package indexes compare it."""
    found = re.match(r"[\w.-]+", name)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else name


def main(folder: Path) -> None:
    made = bill()
    folder.mkdir(exist_ok=True)
    (folder / "sbom.json").write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    told = licences(made)
    (folder / "licences.txt").write_text(told)
    sys.stdout.write(told)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
