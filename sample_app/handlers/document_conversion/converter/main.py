"""Wires the function together, once per execution environment: a missing setting shows before the first event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from .handler import create_handler
from .settings import Settings
from .storage import S3DocumentStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_settings = Settings.load()

_s3: S3Client = boto3.client("s3")  # pyright: ignore[reportUnknownMemberType]

handler = create_handler(
    S3DocumentStore(_s3, csv_bucket=_settings.csv_bucket),
    DynamoDBPersistenceLayer(table_name=_settings.idempotency_table),
    _settings,
)
