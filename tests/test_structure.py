"""What holds for all files of the project."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests import selection

ROOT = Path(__file__).resolve().parents[1]
# Where packages come from differs between machines.
HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|--(extra-)?index-url|--find-links|--trusted-host"
)

APPLICATION = ("eventsite", "registrations", "program")
# What Django itself looks for at the root of an app.
OF_DJANGO = {"__init__", "apps", "migrations", "urls"}
# Every file of these has one, by Django's own name.
ONE_EACH = {"Command", "Migration", "DatabaseWrapper"}


def tracked() -> list[Path]:
    """All files that are, or are about to be, in git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for line in done.stdout.splitlines() if (path := ROOT / line).is_file()]


def text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def test_no_file_names_a_package_host():
    others = [path for path in tracked() if path != Path(__file__)]

    assert [path for path in others if HOSTS.search(text(path))] == []


def test_every_locked_version_has_its_hashes():
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=\S)", text(ROOT / name).strip())
        assert [
            b.splitlines()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b
        ] == []


def test_development_locks_what_production_locks():
    runtime = set(re.findall(r"^\S+==\S+", text(ROOT / "requirements.txt"), re.M))
    development = set(re.findall(r"^\S+==\S+", text(ROOT / "requirements-dev.txt"), re.M))

    assert runtime - development == set()


def test_templates_hold_no_inline_style_or_script():
    """The policy of the site forbids both. Mails are no pages: mail programs need the styles."""
    inline = re.compile(
        r"\sstyle=|<style|\son[a-z]+=\"|javascript:|<script(?![^>]*\b(src|type=\"application/ld))"
    )
    templates = [p for p in tracked() if p.suffix == ".html" and ROOT / "templates" in p.parents]
    pages = [p for p in templates if "mail" not in p.parts]

    assert [p for p in pages if inline.search(text(p))] == []


def layers(app: str) -> list[set[str]]:
    """The rooms on each floor of the app, from the import contract; the highest first."""
    project = tomllib.loads(text(ROOT / "pyproject.toml"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (ours,) = [one for one in contracts if one.get("containers") == [app]]
    assert "ignore_imports" not in ours
    return [set(line.split(" : ")) for line in ours["layers"]]


def test_import_contracts_are_short():
    assert len(layers("registrations")) <= 8
    assert len(layers("program")) <= 6


@pytest.mark.parametrize("app", ["registrations", "program"])
def test_app_has_the_rooms_of_its_contract_and_no_others(app):
    rooms = {path.stem for path in (ROOT / app).glob("[!_]*") if is_python(path)}

    assert rooms - OF_DJANGO == set().union(*layers(app))


@pytest.mark.parametrize("app", ["registrations", "program"])
def test_each_room_has_its_tests(app):
    """What templates draw is tested with the pages that it stands on."""
    rooms = {path.name for path in (ROOT / app).glob("[!_]*") if any(path.glob("*.py"))}
    tested = {path.parent.name for path in (ROOT / "tests" / app).glob("*/test_*.py")}

    assert rooms - OF_DJANGO - {"templatetags"} == tested


def is_python(path: Path) -> bool:
    return path.suffix == ".py" or any(path.glob("*.py"))


def test_class_name_means_one_thing():
    """Classes inside others say by those what they are: ``DoorOp.Kind``."""
    places = defaultdict(list)
    for app in APPLICATION:
        for path in (ROOT / app).rglob("*.py"):
            for found in ast.parse(text(path)).body:
                if isinstance(found, ast.ClassDef) and found.name not in ONE_EACH:
                    places[found.name].append(path.relative_to(ROOT).as_posix())

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_places_in_the_selection_of_tests_are_there():
    """Else tests would run on one database that should run on both, and nobody would notice."""
    places = {*selection.ON_BOTH, *selection.FAST, *selection.SLOW}

    assert {place for place in places if not (selection.TESTS / place).exists()} == set()
