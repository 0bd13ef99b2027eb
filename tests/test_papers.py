"""What is written about the software is true of it: files for catalogues, tables, links, names."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import translation

from eventsite import http_worker
from program.database import patience
from program.file import files
from program.public import read_ahead
from registrations.door import limits as door
from registrations.mail import ceilings
from registrations.management.commands import register
from registrations.privacy import erasure, journal
from registrations.public import limits
from registrations.reports import draws

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], key=lambda page: page.relative_to(ROOT)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def read(path: str) -> str:
    return (ROOT / path).read_text()


def loaded(path: str) -> Any:
    return yaml.safe_load(read(path))


def version() -> str:
    return str(tomllib.loads(read("pyproject.toml"))["project"]["version"])


def test_all_say_the_same_version():
    chart = loaded("deploy/helm/Chart.yaml")
    newest = re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert newest
    image = loaded("compose.yaml")["x-tafelronde"]["image"]
    said = [
        newest[1],
        loaded("publiccode.yml")["softwareVersion"],
        chart["version"],
        chart["appVersion"],
        image.rpartition(":")[2],
    ]
    assert said == [version()] * 5


def test_publiccode_has_what_the_standard_asks():
    """publiccode.yml 0.4: its mandatory keys, the lengths of texts, and the allowed values."""
    about = loaded("publiccode.yml")
    assert about["url"].startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", about["releaseDate"])
    assert about["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert about["softwareType"] == "standalone/web"
    assert about["platforms"] == ["web"]
    assert about["legal"]["license"] == "EUPL-1.2"
    assert about["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert all(contact["name"] for contact in about["maintenance"]["contacts"])
    assert about["localisation"]["localisationReady"] is True
    assert set(about["localisation"]["availableLanguages"]) == set(about["description"])
    for text in about["description"].values():
        assert len(text["genericName"]) <= 35
        assert len(text["shortDescription"]) <= 150
        assert 500 <= len(text["longDescription"]) <= 10_000
        assert text["features"]
        assert all(len(feature) <= 100 for feature in text["features"])
        for picture in text.get("screenshots", []):
            assert (ROOT / picture).is_file()


def test_the_licence_is_the_european_one():
    assert read("LICENSE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert tomllib.loads(read("pyproject.toml"))["project"]["license"] == "EUPL-1.2"


def variables_read() -> set[str]:
    """Names as calls read them: in settings, and by what runs before those."""
    files = [ROOT / "gunicorn.conf.py", *(ROOT / "eventsite").glob("*.py")]
    code = "".join(file.read_text() for file in files)
    named = re.findall(r'env(?:iron)?(?:\.\w+)?\(\s*"([A-Z_]+)"|environ\.get\("([A-Z_]+)"', code)
    return {one or other for one, other in named} - {"DJANGO_SETTINGS_MODULE"}


def variables_told() -> set[str]:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", read("README.md"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def test_readme_names_every_variable_and_no_other():
    assert variables_told() == variables_read()


def test_containers_set_only_variables_that_exist():
    known = variables_read()
    compose = set(loaded("compose.yaml")["x-tafelronde"]["environment"])
    example = set(re.findall(r"^([A-Z_]+)=", read("deploy/example.env"), re.MULTILINE))
    chart = set(loaded("deploy/helm/values.yaml")["env"])
    image = set(re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", read("Containerfile"), re.MULTILINE))
    python = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    assert compose <= known
    assert example - {"SITE_HOST", "POSTGRES_PASSWORD", "CACHE_PASSWORD"} <= known
    assert chart <= known
    assert image - python <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for link in LINK.findall(page.read_text()):
        path, _hash, heading = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if heading:
            assert heading in headings(target), link


def headings(page: Path) -> set[str]:
    """As the usual sites make anchors of them."""
    text = page.read_text()
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = set(re.findall(r'<a id="([^"]+)"></a>', text))
    return named | {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", ["reliability", "security"])
def test_every_test_that_a_table_names_exists(page: str):
    named = NAMED_TEST.findall(read(f"docs/{page}.md"))
    assert len(named) > 10
    for path, name in named:
        code = read(path)
        assert not name or re.search(rf"^\s*def {name}\(", code, re.MULTILINE), (path, name)


# What a paper promises in figures, and where the code has it: tests go by the code's.
PAGE, WORKER = patience.PAGES, patience.WORKER
TRIAL = f"{draws.TRIAL_LIMIT:.0f} seconds"
FIGURES = {
    "reliability": [
        f"A page waits {PAGE.lock} seconds for a lock and {PAGE.statement} for a statement, the "
        f"worker {WORKER.lock} and {WORKER.statement}",
        f"above {http_worker.MOST_KEPT // 1_000_000} MB in a process the largest has to go",
        f"up to {read_ahead.MOST} pages",
        f"or with a shared cache on the site, {TRIAL} of the solver each",
    ],
    "deploy": [
        f"a second longer for each {http_worker.SLOWEST // 1_000} kB that was announced",
        f"up to {limits.NETWORK_POSTS:,} forms in ten minutes",
    ],
    "rules": [f"one domain at most {ceilings.DOMAIN_AN_HOUR} an hour"],
    "security": [f"up to {files.MOST_BYTES // 1_000_000} MB and a number of rows"],
    "privacy": [
        f"Lines are kept for {journal.KEPT.days} days",
        f"| {erasure.UNANSWERED_KEPT.days} days after a hold ended |",
    ],
    "door": [
        f"or beyond {door.MOST_AFTERWARDS} taps",
        f"more than {door.MOST_WAITING} taps from one pass",
    ],
}


@pytest.mark.parametrize("page", FIGURES)
def test_figures_on_paper_are_those_of_the_code(page: str):
    text = read(f"docs/{page}.md")
    assert [figure for figure in FIGURES[page] if figure not in text] == []


def test_the_image_takes_only_what_runs():
    """What is not ignored is in git, and no test or document is among it."""
    kept = re.findall(r"^!(\S+)", read(".dockerignore"), re.MULTILINE)
    tracked = subprocess.run(
        ["git", "ls-files", "--", *kept], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.split("/")[0] for name in tracked} == set(kept)
    assert not [name for name in tracked if name.startswith(("tests/", "docs/"))]


def test_the_register_for_the_data_protection_officer_is_that_of_the_software():
    """Written by ``manage.py register --language en``."""
    register_on = read("docs/privacy.md").partition("<!-- register -->\n")[2]

    with translation.override("en"):
        assert register_on.partition("<!-- end -->")[0].strip() == register.as_markdown().strip()
