"""Rewrites every generated file: `python -m tests.generated`."""

from __future__ import annotations

from tests.generated import ROOT, generated_files

for path, text in generated_files().items():
    file = ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
