"""Keeps reports as files, and finds words in all of them."""

import os
from pathlib import Path
from typing import Any

files = Path(os.environ["FILES"])


def keep(event: dict[str, Any], _context: object) -> None:
    # Beside it first: readers never see half a file.
    half = files / f".{event['name']}"
    half.write_text(event["text"])
    half.rename(files / event["name"])


def find(event: dict[str, Any], _context: object) -> list[str]:
    return sorted(file.name for file in files.glob("[!.]*") if event["word"] in file.read_text())
