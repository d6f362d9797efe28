"""Why a document is not converted. Each ends the invocation, so that the event lands in the failure queue.

Exception
├── UnexpectedEventError        the event does not say which object was created
└── ConversionError             the document is at fault, trying again does not help
    ├── NotAWorkbookError       not an Excel workbook, or a damaged one
    ├── DocumentTooLargeError   larger than the settings allow
    └── MissingResultError      a formula in it was never calculated
"""

from __future__ import annotations


class UnexpectedEventError(Exception):
    """The event is not an 'Object Created' event of S3, sent through EventBridge."""


class ConversionError(Exception):
    """The document is at fault; trying again does not help."""


class NotAWorkbookError(ConversionError):
    """The document is not an Excel workbook, or a damaged one."""

    def __init__(self, document: object, reason: str) -> None:
        super().__init__(f"{document} is not an Excel workbook (.xlsx): {reason}")


class DocumentTooLargeError(ConversionError):
    """The document is larger than the settings allow."""

    def __init__(self, document: object, *, measure: str, setting: str, limit: int) -> None:
        super().__init__(
            f"{document} is too large: {measure}, more than {setting}={limit}; split it, or raise the setting and with "
            "it the function's memory and timeout"
        )


class MissingResultError(ConversionError):
    """A formula has no saved result: the program that wrote the workbook does not calculate."""

    def __init__(self, document: object, *, sheet: str, cell: str) -> None:
        super().__init__(
            f"{document} has a formula without a saved result in '{sheet}'!{cell}; open it in a spreadsheet program "
            "and save it there"
        )
