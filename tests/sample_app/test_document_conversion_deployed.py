"""What needs the deployed whole: events that really come from the bucket, the table, keys of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sample_app.stacks.document_conversion import DocumentConversion

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.description import Deployment

WORKBOOK = (Path(__file__).parents[2] / "sample_app" / "documents" / "quarterly-orders.xlsx").read_bytes()

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


@pytest.fixture(scope="module")
def conversion(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(DocumentConversion, recommended_flags=True)


def conversions_logged(conversion: Deployment, key: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in conversion.function("Convert").logs() if line.startswith("{")]
    return [line for line in lines if line.get("message") == "converted" and line["document"].endswith(f"/{key}")]


@pytest.mark.parametrize("key", ["a b/100% + ü=1&2.xlsx", "日本/注文 🥐.xlsx", "dots.in.it/a.b.xlsx"])
def test_keys_of_any_kind_arrive_as_they_are(conversion: Deployment, key: str) -> None:
    conversion.bucket("Documents").put(key, WORKBOOK)

    csv = conversion.bucket("CsvFiles").get(key.removesuffix("xlsx") + "csv", within=60).decode()

    assert f",TRUE,,{key}#Orders!2\n" in csv


def test_the_same_event_again_is_answered_from_the_table(conversion: Deployment) -> None:
    event = {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "bucket": {"name": conversion.bucket("Documents").physical_id},
            "object": {"key": "again.txt", "etag": "e", "version-id": "v"},
        },
    }
    # Not an .xlsx, so that the bucket itself sends no event.
    conversion.bucket("Documents").put("again.txt", WORKBOOK)
    function = conversion.function("Convert")

    first, second = function.invoke(event), function.invoke(event)

    assert first.error is None
    assert first.payload == second.payload
    assert [file["rows"] for file in first.payload["files"]] == [8, 6, 2]
    assert len(conversions_logged(conversion, "again.txt")) == 1


def test_other_objects_start_nothing(conversion: Deployment) -> None:
    documents, csv_files = conversion.bucket("Documents"), conversion.bucket("CsvFiles")

    documents.put("notes.txt", b"no workbook")
    documents.put("after.xlsx", WORKBOOK)
    csv_files.get("after.csv", within=60)

    assert conversion.queue("FailureQueue").depth().visible == 0
    assert "notes.csv" not in csv_files.keys()  # noqa: SIM118 - a bucket, not a mapping
