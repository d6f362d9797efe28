"""What the function is told. One declaration: the stack fills it in, the handler reads it."""

from __future__ import annotations

from cdk_lambda_patterns.settings import FunctionSettings, SettingsError


class Settings(FunctionSettings):
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

    def __post_init__(self) -> None:
        """Refuse limits that no document could keep.

        Raises:
            SettingsError: A limit is not above 0.
        """
        for name in ("max_document_mb", "max_unpacked_mb", "max_cells"):
            limit = getattr(self, name)
            if limit <= 0:
                raise SettingsError(f"Settings: {name.upper()} must be above 0, got {limit}")
