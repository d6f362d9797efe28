"""Reads a workbook, sheet by sheet, and refuses what is not one."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .cells import text_of
from .errors import DocumentTooLargeError, MissingResultError, NotAWorkbookError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    from .document import Document
    from .settings import Settings

_MB = 1024 * 1024
_LAST_ROW = 1_048_576  # of an Excel sheet
# Old workbooks (.xls) and encrypted ones of any kind are compound files.
_COMPOUND_FILE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_CONTENT_TYPES = "[Content_Types].xml"
_WORKSHEET, _ROW, _CELL, _FORMULA, _VALUE = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("worksheet", "row", "c", "f", "v"))
# What zipfile, zlib, expat and openpyxl raise over a damaged file.
_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row with at least one value."""

    number: int
    """As the spreadsheet program shows it, from 1."""
    values: list[str]
    """From column A to the last one with a value."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's rows without the empty ones; hidden sheets, rows and columns are no exception."""

    name: str
    rows: list[Row]


def read_sheets(document: Document, file: BinaryIO, settings: Settings) -> Iterator[Sheet]:
    """The workbook's sheets in their order, each read when it is asked for.

    Formulas give the result that was saved with them.

    Raises:
        NotAWorkbookError: It is not an Excel workbook, or a damaged one.
        DocumentTooLargeError: It unpacks to more than `max_unpacked_mb`, or has more than `max_cells`.
        MissingResultError: A formula has no saved result.
    """
    _refuse_other_formats(document, file)
    with _reading(document):
        archive = zipfile.ZipFile(file)
        _check_archive(document, archive, settings)
        worksheets = load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets
    if not worksheets:
        raise NotAWorkbookError(document, "it has no sheet with cells")
    cells = 0
    for worksheet in worksheets:
        with _reading(document):
            _check_sheet(document, archive, worksheet)
            rows = _read_rows(document, worksheet, cells, settings)
        cells += _cells(rows)
        yield Sheet(worksheet.title, rows)


@contextmanager
def _reading(document: Document) -> Generator[None]:
    """Says what a damaged workbook means, whatever the libraries below raise over it."""
    with warnings.catch_warnings():
        # openpyxl warns about what it leaves out: charts, drop-down lists, print settings. None of that is data.
        warnings.simplefilter("ignore")
        try:
            yield
        except _DAMAGED as error:
            cause = error.__cause__ or error
            lines = str(cause).splitlines() or [""]
            raise NotAWorkbookError(
                document, f"it is damaged or incomplete ({type(cause).__name__}: {lines[0]})"
            ) from error


def _refuse_other_formats(document: Document, file: BinaryIO) -> None:
    start = file.read(len(_COMPOUND_FILE))
    if not start:
        raise NotAWorkbookError(document, "it is empty")
    if start == _COMPOUND_FILE:
        if _ENCRYPTED_STREAM in file.read():
            raise NotAWorkbookError(document, "it is encrypted; save it without a password")
        raise NotAWorkbookError(
            document, "it is of Excel 97-2003 (.xls) or another old Office format; save it as .xlsx"
        )
    if not start.startswith(b"PK"):
        raise NotAWorkbookError(document, "it is not a zip archive, as every .xlsx is")
    file.seek(0)


def _check_archive(document: Document, archive: zipfile.ZipFile, settings: Settings) -> None:
    # zipfile never unpacks more of a member than its entry declares, so the declared sizes can be relied on.
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > settings.max_unpacked_mb * _MB:
        raise DocumentTooLargeError(
            document,
            measure=f"it unpacks to {unpacked:,} bytes",
            setting="MAX_UNPACKED_MB",
            limit=settings.max_unpacked_mb,
        )
    if _CONTENT_TYPES not in archive.namelist():
        raise NotAWorkbookError(document, f"it is a zip archive of something else, without {_CONTENT_TYPES}")


def _check_sheet(document: Document, archive: zipfile.ZipFile, worksheet: ReadOnlyWorksheet) -> None:
    """Refuse what openpyxl reads as empty cells: other XML, and formulas that were never calculated."""
    # The one thing that openpyxl (pinned with its hash) does not say openly: which part of the archive a sheet is.
    path: str = vars(worksheet)["_worksheet_path"]
    with archive.open(path) as part:
        parser = iterparse(part, events=("start",))
        _event, root = next(parser)
        if root.tag != _WORKSHEET:
            raise NotAWorkbookError(document, "it is saved as Strict Open XML; save it as an Excel Workbook (.xlsx)")
    with archive.open(path) as part:
        for _event, element in iterparse(part):
            if element.tag == _CELL:
                # t="str" without a value is the empty text that a formula gave.
                if element.find(_FORMULA) is not None and not element.findtext(_VALUE) and element.get("t") != "str":
                    raise MissingResultError(document, sheet=worksheet.title, cell=element.get("r", "?"))
            elif element.tag == _ROW:
                element.clear()


def _read_rows(document: Document, worksheet: ReadOnlyWorksheet, cells_before: int, settings: Settings) -> list[Row]:
    # What the file says of its size is often wrong, and rows beyond it would be lost.
    worksheet.reset_dimensions()
    rows: list[Row] = []
    width = 0
    for number, cells in enumerate(cast("Iterator[tuple[ReadOnlyCell, ...]]", worksheet.rows), 1):
        if number > _LAST_ROW:
            raise NotAWorkbookError(document, f"'{worksheet.title}' has more rows than Excel's {_LAST_ROW:,}")
        values = [text_of(cell) for cell in cells]
        while values and not values[-1]:
            values.pop()
        if not values:
            continue
        rows.append(Row(number, values))
        width = max(width, len(values))
        if cells_before + len(rows) * width > settings.max_cells:
            raise DocumentTooLargeError(
                document,
                measure=f"row {number:,} of '{worksheet.title}' passes {settings.max_cells:,} cells",
                setting="MAX_CELLS",
                limit=settings.max_cells,
            )
    return rows


def _cells(rows: list[Row]) -> int:
    return len(rows) * max((len(row.values) for row in rows), default=0)
