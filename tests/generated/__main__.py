"""Rewrites every generated file: `python -m tests.generated`."""

from __future__ import annotations

from tests.generated import GENERATORS, ROOT

for path, generate in GENERATORS.items():
    file = ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(generate(), encoding="utf-8")
