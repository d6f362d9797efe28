"""What the tests of the document conversion share: buckets and a memory of events without AWS."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from openpyxl import Workbook

from sample_app.handlers.document_conversion.converter.document import Document
from sample_app.handlers.document_conversion.converter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DOCUMENTS = Path(__file__).parents[3] / "sample_app" / "documents"


class Buckets:
    """The buckets, in memory."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.csv: dict[str, str] = {}
        self.reads: list[Document] = []

    def read(self, document: Document, *, max_mb: int) -> BinaryIO:
        assert max_mb > 0
        self.reads.append(document)
        return io.BytesIO(self.documents[document.key])

    def write_csv(self, key: str, content: BinaryIO) -> None:
        content.seek(0)
        self.csv[key] = content.read().decode()


@pytest.fixture
def real_workbook() -> bytes:
    """A workbook that LibreOffice wrote."""
    return (DOCUMENTS / "quarterly-orders.xlsx").read_bytes()


@pytest.fixture
def truncated_workbook() -> bytes:
    return (DOCUMENTS / "truncated.xlsx").read_bytes()


@pytest.fixture
def buckets() -> Buckets:
    return Buckets()


@pytest.fixture
def settings() -> Settings:
    return Settings(csv_bucket="csv-bucket", idempotency_table="remembered")


@pytest.fixture
def document() -> Document:
    return Document(bucket="documents", key="2026/Q1/Zürich orders.xlsx", version="v1")


@pytest.fixture
def workbook_of() -> Callable[..., bytes]:
    """Makes a workbook of rows, `workbook_of([["a"], [1]])`, or of sheets, `workbook_of(Orders=[["a"]], Empty=[])`."""

    def make(rows: Iterable[Iterable[Any]] | None = None, /, **sheets: Iterable[Iterable[Any]]) -> bytes:
        workbook = Workbook()
        workbook.remove(workbook.worksheets[0])
        for name, content in ({"Sheet1": rows} if rows is not None else sheets).items():
            sheet = workbook.create_sheet(name)
            for row in content:
                sheet.append(list(row))
        file = io.BytesIO()
        workbook.save(file)
        return file.getvalue()

    return make
