"""Reads and writes prices as a workbook."""

import base64
import io
from typing import Any

import openpyxl


def import_prices(event: dict[str, Any], _context: object) -> dict[str, Any]:
    workbook = openpyxl.load_workbook(io.BytesIO(base64.b64decode(event["workbook"])), read_only=True)
    return {str(name): price for name, price in workbook.worksheets[0].iter_rows(values_only=True)}


def export_prices(event: dict[str, Any], _context: object) -> dict[str, str]:
    workbook = openpyxl.Workbook()
    for row in event["prices"].items():
        workbook.worksheets[0].append(row)
    content = io.BytesIO()
    workbook.save(content)
    return {"workbook": base64.b64encode(content.getvalue()).decode()}
