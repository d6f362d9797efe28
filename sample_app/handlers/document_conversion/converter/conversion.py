r"""The logic: a workbook in, CSV files out.

A CSV file is plain UTF-8 without a byte order mark. Quotes and commas are as in RFC 4180; lines end in \n, for a \r
before it would end up in the last column of Athena and of Unix tools. The sheet's first row with a value is the
heading, every record has as many fields, and rows without a value are left out. The last column, `source`, says where
a record comes from: `2026/orders.xlsx#Sheet1!7`.

The first sheet becomes `<stem>.csv`; each further one that is not empty `<stem>.<sheet>.csv`.
"""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from .storage import spooled_file
from .workbook import read_sheets

if TYPE_CHECKING:
    from collections.abc import Collection

    from .document import Document
    from .settings import Settings
    from .storage import DocumentStore
    from .workbook import Sheet

_SOURCE = "source"
# Letters and digits of any script, and what neither S3 nor a URL nor a shell needs escaped.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_SAFE_IN_KEYS = " -_.()"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that was written."""

    key: str
    rows: int
    """Records, without the heading."""


def convert(document: Document, store: DocumentStore, settings: Settings) -> list[CsvFile]:
    """Convert a document: either all of its sheets, or nothing is written.

    Raises:
        ConversionError: The document is not a workbook, is too large, or has formulas that were never calculated.
    """
    contents: dict[CsvFile, BinaryIO] = {}
    with ExitStack() as files:
        source = files.enter_context(store.read(document, max_mb=settings.max_document_mb))
        for number, sheet in enumerate(read_sheets(document, source, settings), 1):
            if number > 1 and not sheet.rows:
                continue
            key = f"{document.stem}.csv" if number == 1 else _sheet_key(document, sheet, number, contents)
            content = files.enter_context(spooled_file())
            _write_csv(content, document, sheet)
            contents[CsvFile(key, rows=max(len(sheet.rows) - 1, 0))] = content
        for csv_file, content in contents.items():
            store.write_csv(csv_file.key, content)
    return list(contents)


def _sheet_key(document: Document, sheet: Sheet, number: int, taken: Collection[CsvFile]) -> str:
    name = "".join(character if character.isalnum() or character in _SAFE_IN_KEYS else "_" for character in sheet.name)
    key = f"{document.stem}.{name}.csv"
    # Excel's sheet names differ by more than case, yet two may be alike once the unsafe characters are gone.
    return f"{document.stem}.{name}.{number}.csv" if any(key == csv_file.key for csv_file in taken) else key


def _write_csv(content: BinaryIO, document: Document, sheet: Sheet) -> None:
    text = io.TextIOWrapper(content, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    width = max((len(row.values) for row in sheet.rows), default=0)
    names = _padded(sheet.rows[0].values, width) if sheet.rows else []
    writer.writerow([*names, _free_name(names)])
    for row in sheet.rows[1:]:
        writer.writerow([*_padded(row.values, width), f"{document.key}#{sheet.name}!{row.number}"])
    text.detach()


def _padded(values: list[str], width: int) -> list[str]:
    return values + [""] * (width - len(values))


def _free_name(names: Collection[str]) -> str:
    number, name = 1, _SOURCE
    while name in names:
        number += 1
        name = f"{_SOURCE}_{number}"
    return name
