"""What the pages of the project name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Folders of the checkout that a path in a page may begin with.
PLACES = ("musiclm_jax", "configs", "tests", "launch", "benchmarks", "docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_pages_exist(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(PLACES)})/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_map_names_every_room():
    """Each folder of the package that holds code has its row in the architecture."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "musiclm_jax"
    rooms = {
        str(path.parent.relative_to(package))
        for path in package.rglob("__init__.py")
        if path.parent != package
    }
    named = set(re.findall(r"`([\w/]+)/`", text))
    below = {room for room in rooms if room.startswith("data/synth/")}
    assert sorted(rooms - below - named - {"data"}) == []
