"""What the function is told by its environment. One declaration: the stack fills it in, the handler reads it."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from .errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each field is the environment variable of that name in capitals: `csv_bucket` is `CSV_BUCKET`."""

    csv_bucket: str
    """The name of the bucket the CSV files go to."""
    idempotency_table: str
    """The name of the table that remembers which documents were converted."""
    max_document_mb: int = 50
    """The largest document, in MB as stored."""
    max_unpacked_mb: int = 250
    """The largest document, in MB once unpacked: an .xlsx is a zip archive, and a few KB can unpack to gigabytes."""
    max_cells: int = 2_000_000
    """The most cells of one document, counting the empty ones that CSV needs between others. The default's number takes
    some 20 seconds of a processor and 200 MB."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            SettingError: A variable is missing, or is not a whole number above 0 where one is needed.
        """
        values: dict[str, Any] = {}
        for field in fields(cls):
            variable = field.name.upper()
            text = environment.get(variable, "").strip()
            if text:
                values[field.name] = _whole_number(variable, text) if isinstance(field.default, int) else text
            elif field.default is MISSING:
                raise SettingError(
                    f"the environment variable {variable} is not set; the stack that defines the function sets it"
                )
        return cls(**values)

    def to_environment(self) -> dict[str, str]:
        """The settings as environment variables."""
        return {field.name.upper(): str(getattr(self, field.name)) for field in fields(self)}


def _whole_number(variable: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise SettingError(f"the environment variable {variable} must be a whole number above 0, got {text!r}")
