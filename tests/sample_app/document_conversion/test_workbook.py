"""What is read of a workbook, and what is refused."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from sample_app.handlers.document_conversion.converter.errors import (
    ConversionError,
    DocumentTooLargeError,
    MissingResultError,
    NotAWorkbookError,
)
from sample_app.handlers.document_conversion.converter.settings import Settings
from sample_app.handlers.document_conversion.converter.workbook import Row, Sheet, read_sheets

if TYPE_CHECKING:
    from collections.abc import Callable

    from sample_app.handlers.document_conversion.converter.document import Document

SHEET = "xl/worksheets/sheet1.xml"
COMPOUND_FILE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


def changed(workbook: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part of the archive changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        contents = {name: before.read(name) for name in before.namelist()}
        assert change(contents[part]) != contents[part], "the test's change did nothing"
        for name, content in contents.items():
            after.writestr(name, change(content) if name == part else content)
    return file.getvalue()


def read(document: Document, content: bytes, **limits: int) -> list[Sheet]:
    settings = Settings(csv_bucket="c", idempotency_table="t", **limits)
    return list(read_sheets(document, io.BytesIO(content), settings))


def test_empty_rows_and_trailing_cells_are_left_out_and_numbers_kept(
    document: Document, workbook_of: Callable[..., bytes]
) -> None:
    content = workbook_of([[None], ["a", None, "c", None, ""], [None, None], ["", None], [None, 2]])

    (sheet,) = read(document, content)

    assert sheet.rows == [Row(2, ["a", "", "c"]), Row(5, ["", "2"])]


def test_sheets_come_in_their_order_and_empty_ones_too(document: Document, workbook_of: Callable[..., bytes]) -> None:
    sheets = read(document, workbook_of(Zebra=[[1]], Empty=[], Ape=[[2]]))

    assert [(sheet.name, len(sheet.rows)) for sheet in sheets] == [("Zebra", 1), ("Empty", 0), ("Ape", 1)]


def test_rows_beyond_the_stated_dimension_are_read(document: Document, workbook_of: Callable[..., bytes]) -> None:
    content = workbook_of([[1, 2], [3, 4]])
    wrong = changed(content, SHEET, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1"'))

    (sheet,) = read(document, wrong)

    assert [row.values for row in sheet.rows] == [["1", "2"], ["3", "4"]]


def test_a_sheet_as_wide_as_excel_allows(document: Document, workbook_of: Callable[..., bytes]) -> None:
    (sheet,) = read(document, workbook_of([range(16_384)]))

    assert sheet.rows[0].values == [str(number) for number in range(16_384)]


def test_what_openpyxl_cannot_keep_is_no_warning(document: Document, workbook_of: Callable[..., bytes]) -> None:
    extension = b'<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"/></extLst></worksheet>'
    content = changed(workbook_of([[1]]), SHEET, lambda xml: xml.replace(b"</worksheet>", extension))

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        read(document, content)

    assert seen == []


def test_a_formula_that_gave_empty_text_is_empty(document: Document, real_workbook: bytes) -> None:
    summary = read(document, real_workbook)[1]

    assert summary.rows[-1] == Row(8, ["warning", "", "below CHF 1000"])


def test_fails_when_a_formula_was_never_calculated(document: Document, workbook_of: Callable[..., bytes]) -> None:
    content = workbook_of(Plan=[[1]], Result=[["sum"], ["=Plan!A1*2"]])

    with pytest.raises(MissingResultError) as failure:
        read(document, content)

    assert str(failure.value) == (
        "s3://documents/2026/Q1/Zürich orders.xlsx has a formula without a saved result in 'Result'!A2; open it in a "
        "spreadsheet program and save it there"
    )


def zip_of(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"P", "it is not a zip archive, as every .xlsx is"),
        (b"<html><table><tr><td>1</table>", "it is not a zip archive, as every .xlsx is"),
        (b"PK\x03\x04 and nothing else", "it is damaged or incomplete (BadZipFile: File is not a zip file)"),
        (COMPOUND_FILE, "it is of Excel 97-2003 (.xls) or another old Office format; save it as .xlsx"),
        (COMPOUND_FILE + "EncryptedPackage".encode("utf-16-le"), "it is encrypted; save it without a password"),
        (zip_of(mimetype=b"x"), "it is a zip archive of something else, without [Content_Types].xml"),
    ],
)
def test_fails_when_it_is_not_a_workbook(document: Document, content: bytes, reason: str) -> None:
    with pytest.raises(NotAWorkbookError) as failure:
        read(document, content)

    assert str(failure.value) == (
        f"s3://documents/2026/Q1/Zürich orders.xlsx is not an Excel workbook (.xlsx): {reason}"
    )


def test_fails_when_the_file_was_cut_short(document: Document, truncated_workbook: bytes) -> None:
    with pytest.raises(NotAWorkbookError, match=re.escape("damaged or incomplete (BadZipFile: ")):
        read(document, truncated_workbook)


def test_fails_when_a_part_is_not_xml(document: Document, real_workbook: bytes) -> None:
    content = changed(real_workbook, SHEET, lambda xml: xml.replace(b"</row>", b"</rows>", 1))

    with pytest.raises(NotAWorkbookError, match=r"damaged or incomplete \(ParseError: mismatched tag"):
        read(document, content)


def test_fails_when_a_sheet_is_missing(document: Document, workbook_of: Callable[..., bytes]) -> None:
    content = workbook_of(Only=[[1]])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for name in set(before.namelist()) - {SHEET}:
            after.writestr(name, before.read(name))

    with pytest.raises(NotAWorkbookError, match="it has no sheet with cells"):
        read(document, file.getvalue())


def test_fails_when_the_xml_is_strict(document: Document, workbook_of: Callable[..., bytes]) -> None:
    """openpyxl reads such sheets as empty."""
    content = changed(
        workbook_of([[1]]),
        SHEET,
        lambda xml: xml.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
    )

    with pytest.raises(NotAWorkbookError, match="it is saved as Strict Open XML; save it as an Excel Workbook"):
        read(document, content)


def test_fails_when_entities_grow_without_end(document: Document, workbook_of: Callable[..., bytes]) -> None:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    bomb = b'<!DOCTYPE x [<!ENTITY e0 "0123456789">' + entities + b"]>"

    content = changed(
        workbook_of([["text"]]),
        SHEET,
        lambda xml: bomb + xml.replace(b">text<", b">&e9;<"),
    )

    with pytest.raises(NotAWorkbookError, match="amplification"):
        read(document, content)


def test_fails_when_a_row_has_a_number_that_excel_has_not(
    document: Document, workbook_of: Callable[..., bytes]
) -> None:
    content = changed(
        workbook_of([["x"]]),
        SHEET,
        lambda xml: xml.replace(b'"A1" t', b'"A1048577" t').replace(b'row r="1"', b'row r="1048577"'),
    )

    with pytest.raises(NotAWorkbookError, match="'Sheet1' has more rows than Excel's 1,048,576"):
        read(document, content)


def test_fails_when_it_unpacks_to_more_than_allowed(document: Document, real_workbook: bytes) -> None:
    file = io.BytesIO(real_workbook)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(2 * 1024 * 1024))
    bomb = file.getvalue()

    assert len(bomb) < 20_000
    assert len(read(document, bomb, max_unpacked_mb=3)) == 4
    with pytest.raises(DocumentTooLargeError, match=r"it unpacks to 2,12\d,\d{3} bytes, more than MAX_UNPACKED_MB=2;"):
        read(document, bomb, max_unpacked_mb=2)


def test_cells_are_counted_over_all_sheets_with_the_empty_ones_between(
    document: Document, workbook_of: Callable[..., bytes]
) -> None:
    content = workbook_of(One=[[1, 2], [3]], Two=[[1], [2], [3]])

    assert len(read(document, content, max_cells=7)) == 2
    with pytest.raises(DocumentTooLargeError, match="row 3 of 'Two' passes 6 cells, more than MAX_CELLS=6"):
        read(document, content, max_cells=6)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_anywhere_gives_sheets_or_a_reason_and_nothing_else(
    document: Document, real_workbook: bytes, data: st.DataObject
) -> None:
    content = bytearray(real_workbook[: data.draw(st.integers(1, len(real_workbook)) | st.just(len(real_workbook)))])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    with suppress(ConversionError):
        assert read(document, bytes(content))


@pytest.mark.slow
@hypothesis_settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_odd_xml_inside_gives_sheets_or_a_reason_and_nothing_else(
    document: Document, real_workbook: bytes, data: st.DataObject
) -> None:
    with zipfile.ZipFile(io.BytesIO(real_workbook)) as archive:
        part = data.draw(st.sampled_from(archive.namelist()))
        tokens = re.findall(rb"<[^>]*>|[^<]+", archive.read(part))
    position = data.draw(st.integers(0, len(tokens) - 1))
    other = data.draw(st.sampled_from([b"", b"x", b"-1", tokens[position] * 2, tokens[-1 - position]]))

    def change(_: bytes) -> bytes:
        return b"".join([*tokens[:position], other, *tokens[position + 1 :]]) + b" "

    with suppress(ConversionError):
        assert read(document, changed(real_workbook, part, change))
