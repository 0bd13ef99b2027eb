"""The house colours can be told apart, and the styles and scripts stay small."""

import gzip
from pathlib import Path
from re import findall

import pytest
from django.conf import settings

from program.colours import too_weak

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
CSS, JS = sorted(STATIC.glob("css/**/*.css")), sorted(STATIC.glob("js/*.js"))


def tokens(scheme):
    text = (STATIC / "css/tokens.css").read_text().split("@media")[0]
    both = findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    one = findall(r"--([\w-]+): (#\w{6});", text)
    return {name: pair[scheme] for name, *pair in both} | dict(one)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme):
    assert too_weak(tokens(scheme)) == []


def test_all_styles_together_are_at_most_10_kb():
    everywhere = [path for path in CSS if path.name != "ranking.css"]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in everywhere}
    assert sum(sizes.values()) <= 10_000, sizes


def test_all_scripts_of_public_pages_together_are_at_most_3_kb():
    pages = "".join(
        path.read_text()
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] != "admin"
    )
    scripts = [path for path in JS if f'"js/{path.name}"' in pages and path.name != "rank.js"]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in scripts}
    assert sizes.keys() >= {"choose.js", "countdown.js", "share.js"}
    assert sum(sizes.values()) <= 3_000, sizes


def test_what_only_pages_with_a_ranking_load_is_small():
    assert len(gzip.compress((STATIC / "css/ranking.css").read_bytes(), 9)) <= 2_000
    assert len(gzip.compress((STATIC / "js/rank.js").read_bytes(), 9)) <= 3_000


@pytest.mark.parametrize("name", ["sheet", "unsaved"])
def test_scripts_of_a_programme_are_at_most_3_kb(name):
    (path,) = (path for path in JS if path.name == f"{name}.js")
    assert len(gzip.compress(path.read_bytes(), 9)) <= 3_000


@pytest.mark.parametrize("path", [*CSS, *JS], ids=lambda path: path.name)
def test_styles_and_scripts_load_nothing(path):
    text = path.read_text()
    for foreign in ("url(", "@import", "@container", "data:", "http://", "https://", "import "):
        assert foreign not in text


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_colours_come_from_the_tokens(path):
    if path.name != "tokens.css":
        assert findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", path.read_text()) == []
