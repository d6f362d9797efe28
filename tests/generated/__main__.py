"""Rewrites every generated file: `python -m tests.generated`."""

from __future__ import annotations

from tests.generated import ROOT, generated_files

files = generated_files()
for folder in ("docs/reference/api", "docs/rules"):
    for page in (ROOT / folder).glob("*.md"):
        if str(page.relative_to(ROOT)) not in files:
            page.unlink()
for path, text in files.items():
    file = ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
