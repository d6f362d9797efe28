"""Data access: reads documents from their bucket and writes CSV files to another."""

from __future__ import annotations

import shutil
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from .errors import DocumentTooLargeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from .document import Document

_MB = 1024 * 1024
# Smaller files stay in memory, larger ones go to the function's /tmp.
_SPOOL_BYTES = 8 * _MB


class DocumentStore(Protocol):
    """What the logic needs of storage; tests bring their own."""

    def read(self, document: Document, *, max_mb: int) -> BinaryIO:
        """The document's content as it is now, as a file that can be searched. The caller closes it.

        Raises:
            DocumentTooLargeError: It is larger than that.
        """
        ...

    def write_csv(self, key: str, content: BinaryIO) -> None:
        """Store a CSV file, from the content's beginning to its end."""
        ...


class S3DocumentStore:
    """Reads from the bucket a document names, writes to the bucket for CSV files."""

    def __init__(self, s3: S3Client, *, csv_bucket: str) -> None:
        self._s3 = s3
        self._csv_bucket = csv_bucket

    def read(self, document: Document, *, max_mb: int) -> BinaryIO:
        """The newest version, not the one that the event named.

        Events come in any order and may be sent again days later; so the CSV never falls behind its document.
        """
        found = self._s3.get_object(Bucket=document.bucket, Key=document.key)
        with found["Body"] as body:
            size = found["ContentLength"]
            if size > max_mb * _MB:
                raise DocumentTooLargeError(
                    document, measure=f"{size:,} bytes", setting="MAX_DOCUMENT_MB", limit=max_mb
                )
            file = spooled_file()
            shutil.copyfileobj(body, file)
        file.seek(0)
        return file

    def write_csv(self, key: str, content: BinaryIO) -> None:
        """Store a CSV file under this key, in place of what was there."""
        content.seek(0)
        self._s3.put_object(Bucket=self._csv_bucket, Key=key, Body=content, ContentType="text/csv; charset=utf-8")


def spooled_file() -> BinaryIO:
    """A file that is in memory while it is small."""
    return cast("BinaryIO", SpooledTemporaryFile(_SPOOL_BYTES))
