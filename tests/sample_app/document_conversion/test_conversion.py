from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sample_app.handlers.document_conversion.converter.conversion import CsvFile, convert
from sample_app.handlers.document_conversion.converter.errors import MissingResultError, NotAWorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sample_app.handlers.document_conversion.converter.document import Document
    from sample_app.handlers.document_conversion.converter.settings import Settings

    from .conftest import Buckets


def expected(name: str) -> str:
    return (Path(__file__).parent / "expected" / name).read_bytes().decode()


def test_a_real_workbook_becomes_a_csv_file_for_each_sheet(
    document: Document, buckets: Buckets, settings: Settings, real_workbook: bytes
) -> None:
    buckets.documents[document.key] = real_workbook

    files = convert(document, buckets, settings)

    assert buckets.csv == {
        "2026/Q1/Zürich orders.csv": expected("orders.csv"),
        "2026/Q1/Zürich orders.Summary.csv": expected("summary.csv"),
        "2026/Q1/Zürich orders.Lager _ Büro.csv": expected("shifts.csv"),
    }
    assert files == [
        CsvFile("2026/Q1/Zürich orders.csv", 8),
        CsvFile("2026/Q1/Zürich orders.Summary.csv", 6),
        CsvFile("2026/Q1/Zürich orders.Lager _ Büro.csv", 2),
    ]


def test_a_csv_reader_gets_back_what_was_in_the_cells(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    texts = ["a,b", 'say "x"', "two\nlines", "tab\there", ";", "'", "+1", " padded ", "\\", "\ufeff"]
    buckets.documents[document.key] = workbook_of([[f"column {n}" for n in range(len(texts))], texts])

    convert(document, buckets, settings)

    _, record = csv.reader(io.StringIO(buckets.csv[f"{document.stem}.csv"], newline=""))
    assert record[:-1] == texts


def test_every_record_has_as_many_fields_as_the_widest_row(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    buckets.documents[document.key] = workbook_of([["id"], [1, None, 3], [4]])

    convert(document, buckets, settings)

    records = list(csv.reader(io.StringIO(buckets.csv[f"{document.stem}.csv"])))
    assert [len(record) for record in records] == [4, 4, 4]
    assert records[0] == ["id", "", "", "source"]


def test_a_source_column_of_the_document_keeps_its_name(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    buckets.documents[document.key] = workbook_of([["source", "source_2"], ["web", "x"]])

    convert(document, buckets, settings)

    assert buckets.csv[f"{document.stem}.csv"].splitlines()[0] == "source,source_2,source_3"


def test_an_empty_workbook_becomes_a_heading(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    buckets.documents[document.key] = workbook_of(First=[], Second=[[None]])

    files = convert(document, buckets, settings)

    assert files == [CsvFile(f"{document.stem}.csv", 0)]
    assert buckets.csv == {f"{document.stem}.csv": "source\n"}


def test_sheets_whose_names_become_alike_have_files_of_their_own(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    buckets.documents[document.key] = workbook_of(**{"First": [[1]], "R&D": [["a"]], "R+D": [["b"]], "R=D": [["c"]]})

    files = convert(document, buckets, settings)

    assert [file.key.removeprefix(document.stem) for file in files] == [".csv", ".R_D.csv", ".R_D.3.csv", ".R_D.4.csv"]


def test_nothing_is_written_when_a_later_sheet_cannot_be_converted(
    document: Document, buckets: Buckets, settings: Settings, workbook_of: Callable[..., bytes]
) -> None:
    buckets.documents[document.key] = workbook_of(Good=[["a"], [1]], Bad=[["=1+1"]])

    with pytest.raises(MissingResultError, match="'Bad'!A1"):
        convert(document, buckets, settings)

    assert buckets.csv == {}


def test_nothing_is_written_when_it_is_not_a_workbook(
    document: Document, buckets: Buckets, settings: Settings, truncated_workbook: bytes
) -> None:
    buckets.documents[document.key] = truncated_workbook

    with pytest.raises(NotAWorkbookError):
        convert(document, buckets, settings)

    assert buckets.csv == {}
