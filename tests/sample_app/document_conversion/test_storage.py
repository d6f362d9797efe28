from __future__ import annotations

import io
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from sample_app.handlers.document_conversion.converter.errors import DocumentTooLargeError
from sample_app.handlers.document_conversion.converter.storage import S3DocumentStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from sample_app.handlers.document_conversion.converter.document import Document

MB = 1024 * 1024


@pytest.fixture
def s3() -> S3Client:
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")


@pytest.fixture
def stubber(s3: S3Client) -> Iterator[Stubber]:
    with Stubber(s3) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def answer(size: int) -> dict[str, object]:
    return {"ContentLength": size, "Body": StreamingBody(io.BytesIO(bytes(size)), size)}


def test_reads_the_newest_version_whatever_the_event_named(s3: S3Client, stubber: Stubber, document: Document) -> None:
    stubber.add_response("get_object", answer(3), {"Bucket": document.bucket, "Key": document.key})

    with S3DocumentStore(s3, csv_bucket="csv").read(document, max_mb=1) as file:
        assert file.read() == bytes(3)


def test_reads_a_document_of_exactly_the_largest_size(s3: S3Client, stubber: Stubber, document: Document) -> None:
    stubber.add_response("get_object", answer(9 * MB))

    with S3DocumentStore(s3, csv_bucket="csv").read(document, max_mb=9) as file:
        assert file.seek(0, io.SEEK_END) == 9 * MB


def test_fails_when_the_document_is_too_large_before_reading_it(
    s3: S3Client, stubber: Stubber, document: Document
) -> None:
    body = answer(MB + 1)
    stubber.add_response("get_object", body)

    with pytest.raises(
        DocumentTooLargeError, match=r"orders\.xlsx is too large: 1,048,577 bytes, more than MAX_DOCUMENT_MB=1;"
    ):
        S3DocumentStore(s3, csv_bucket="csv").read(document, max_mb=1)


def test_writes_the_whole_content_as_csv(s3: S3Client, stubber: Stubber) -> None:
    content = io.BytesIO(b"a,b\n")
    content.seek(2)
    stubber.add_response(
        "put_object",
        {},
        {
            "Bucket": "csv",
            "Key": "a b.csv",
            "Body": content,
            "ContentType": "text/csv; charset=utf-8",
        },
    )

    S3DocumentStore(s3, csv_bucket="csv").write_csv("a b.csv", content)

    assert content.tell() == 0
