"""What the site is made of, and under which licences, is told by one command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a public body may use in a program that it shares under the EUPL-1.2.
TERMS = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only"),
    *("MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib"),
}


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sbom")
    command = [sys.executable, ".ci/sbom.py", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "licences.txt").read_text() == done.stdout
    made: dict[str, Any] = json.loads((folder / "sbom.json").read_text())
    return made


def test_bill_has_each_pinned_package_with_its_version_and_hashes(bill):
    pinned = set(
        re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.M)
    )
    told = {(part["name"], part["version"]) for part in bill["components"]}

    assert told - pinned == {("qr", "0.7.0"), ("Inter", "4.1")}
    only_elsewhere = {name for name, _version in pinned - told}
    assert only_elsewhere <= {"colorama", "async-timeout", "tzdata", "pywin32"}
    packages = [part for part in bill["components"] if part["purl"].startswith("pkg:pypi/")]
    assert all(part["externalReferences"][0]["hashes"] for part in packages)


def test_each_licence_is_known_and_may_be_used(bill):
    for part in bill["components"]:
        (told,) = part["licenses"]
        terms = told.get("expression") or told["license"].get("id", "unknown")
        assert set(re.split(r" (?:AND|OR|WITH) |[()]", terms)) - {""} <= TERMS, part["name"]


def test_bill_says_who_needs_whom(bill):
    needs = {row["ref"]: row["dependsOn"] for row in bill["dependencies"]}
    own = bill["metadata"]["component"]["bom-ref"]
    known = {part["bom-ref"] for part in bill["components"]}

    assert any(ref.startswith("pkg:pypi/django@") for ref in needs[own])
    (django,) = [ref for ref in known if ref.startswith("pkg:pypi/django@")]
    assert any(ref.startswith("pkg:pypi/sqlparse@") for ref in needs[django])
    assert {ref for refs in needs.values() for ref in refs} <= known
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_what_others_made_and_is_kept_here_is_in_the_bill(bill):
    """Each folder with a licence of its own."""
    files = subprocess.run(
        ["git", "ls-files", "*LICENSE*", "*OFL*"], cwd=ROOT, capture_output=True, text=True
    )
    folders = {str(Path(name).parent) for name in files.stdout.splitlines()} - {"."}
    told = {
        str(part.get("description", "")).removeprefix("kept in ") for part in bill["components"]
    }

    assert folders - told == set()


def test_advisories_that_are_passed_over_are_explained():
    lines = (ROOT / ".ci" / "advisories.txt").read_text().splitlines()

    for line in lines:
        assert line.startswith("# ") or re.match(r"[A-Z][\w-]+ .{30,}\d{4}-\d\d-\d\d", line), line
