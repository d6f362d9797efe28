"""The site is built strictly, complete, and reads the same without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BUILT = shutil.ignore_patterns("site", ".cache", "__pycache__")


class Page(HTMLParser):
    """A page's anchors, what it links to, and what a browser loads with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value for name, value in attrs if value}
        self.anchors.update(attributes[name] for name in ("id", "name") if name in attributes)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif "src" in attributes:
            self.loaded.append(attributes["src"])
        elif tag == "link" and attributes.get("rel") in {"icon", "stylesheet"}:
            self.loaded.append(attributes["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    docs = tmp_path_factory.mktemp("project") / "docs"
    shutil.copytree(DOCS, docs, ignore=BUILT)

    build = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=docs, capture_output=True, text=True, check=False
    )

    output = re.sub(r"\x1b\[[0-9;]*m", "", build.stdout + build.stderr)
    assert build.returncode == 0, output
    assert "griffe:" not in output, f"a docstring is not written as it is read: {output}"
    return docs / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file.read_text()) for file in site.rglob("*.html")}


def target(page: Path, link: str, site: Path) -> tuple[Path, str]:
    """The file and the anchor that a link of a page means."""
    path, _, anchor = unquote(link).partition("#")
    here = site if path.startswith("/") else page.parent
    file = (here / path.lstrip("/")).resolve() if path else page
    return (file / "index.html" if file.is_dir() else file), anchor


def test_every_page_is_reached_by_the_navigation() -> None:
    """But those of the rules, which the catalogue links."""
    text = (DOCS / "zensical.toml").read_text()
    listed = set(re.findall(r'"([\w./-]+\.md)"', str(tomllib.loads(text)["project"]["nav"]).replace("'", '"')))

    written = {str(file.relative_to(DOCS)) for file in DOCS.rglob("*.md") if not {"site", "examples"} & set(file.parts)}

    assert {page for page in written if not page.startswith("rules/")} == listed - {"rules/index.md"}


def test_every_guide_is_reached_from_the_question_which_construct() -> None:
    guides = {file.name for file in (DOCS / "guides").glob("*.md")} - {"index.md"}

    linked = set(re.findall(r"\]\(([\w-]+\.md)", (DOCS / "guides" / "index.md").read_text()))

    assert guides == linked


def test_every_link_within_the_site_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    broken = []
    for file, page in pages.items():
        for link in page.links + page.loaded:
            if link.startswith(("http://", "https://", "mailto:", "data:")):
                continue
            to, anchor = target(file, link, site)
            known = pages[to].anchors if to in pages else set[str]()
            if not to.exists() or (anchor and to.suffix == ".html" and anchor not in known and anchor != "__comments"):
                broken.append(f"{file.relative_to(site)} -> {link}")

    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert [
        (str(file.relative_to(site)), loaded)
        for file, page in pages.items()
        for loaded in page.loaded
        if loaded.startswith(("http:", "https:", "//"))
    ] == []


def test_no_markdown_is_left_over(site: Path, pages: dict[Path, Page]) -> None:
    """A reference that mkdocstrings or a snippet that pymdownx did not understand stays in the page as it was typed."""
    left = re.compile(r"<p>:::|--8&lt;--|\]\[cdk_lambda_patterns")

    assert [str(file.relative_to(site)) for file in pages if left.search(file.read_text())] == []


def test_every_link_of_the_readme_leads_somewhere() -> None:
    readme = DOCS.parent / "README.md"

    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme.read_text())

    assert links
    assert [link for link in links if not (readme.parent / link).exists()] == []
