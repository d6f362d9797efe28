"""Document conversion: an Excel workbook put in a bucket becomes CSV files in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_logs as logs, aws_s3 as s3, aws_sns as sns

from cdk_lambda_patterns import IdempotencyTable, PythonCode, PythonLayer, S3Trigger, WellArchitectedFunction
from sample_app.handlers.document_conversion.converter.settings import Settings

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

_SAMPLE_APP = Path(__file__).parents[1]
# Lambda brings them, and the calls made are as old as boto3 itself: 30 MB less to load at each cold start.
_IN_LAMBDAS_RUNTIME = ("botocore", "python-dateutil", "six", "urllib3")


class DocumentConversion(cdk.Stack):
    """Workbooks in, CSV files out; what cannot be converted waits in a queue, and an alarm says so."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        log_retention: logs.RetentionDays | None = None,
        **props: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """Define it; `props` are those of `aws_cdk.Stack`."""
        super().__init__(scope, construct_id, **props)
        csv_files = s3.Bucket(
            self,
            "CsvFiles",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            versioned=True,
        )
        alarms = sns.Topic(self, "Alarms", enforce_ssl=True)

        convert = WellArchitectedFunction(
            self,
            "Convert",
            description="Converts an Excel workbook to CSV files",
            code=PythonCode.from_requirements(
                _SAMPLE_APP / "handlers/document_conversion/requirements.txt",
                exclude=["*.in"],
                exclude_packages=_IN_LAMBDAS_RUNTIME,
            ),
            handler="converter.main.handler",
            layers=[PythonLayer(self, "Excel", requirements=_SAMPLE_APP / "layers/excel/requirements.txt")],
            memory_size=1769,  # one whole processor: openpyxl has use for it
            timeout=cdk.Duration.minutes(2),
            notify=alarms,
            log_retention=log_retention,
        )
        converted = IdempotencyTable(self, "Converted", function=convert).table
        convert.configure(Settings, csv_bucket=csv_files.bucket_name, idempotency_table=converted.table_name)
        documents = S3Trigger(self, "Documents", function=convert, suffix=".xlsx").bucket

        convert.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[documents.arn_for_objects("*.xlsx")])
        )
        convert.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[csv_files.arn_for_objects("*.csv")])
        )

        for bucket, objects in ((documents, "*.xlsx"), (csv_files, "*.csv")):
            _acknowledge(
                bucket, "AwsSolutions-S1", "CloudTrail's data events tell who read and wrote, sooner than logs"
            )
            _acknowledge(
                convert,
                f"AwsSolutions-IAM5[Resource::<{self.get_logical_id(_resource(bucket))}.Arn>/{objects}]",
                "users choose the names of their documents; these two actions, and objects of this kind alone",
            )

        cdk.CfnOutput(self, "DocumentsBucket", value=documents.bucket_name, description="Put workbooks (.xlsx) here")
        cdk.CfnOutput(self, "CsvBucket", value=csv_files.bucket_name, description="CSV files appear here")


def _resource(bucket: s3.IBucket) -> cdk.CfnElement:
    return cast("cdk.CfnElement", bucket.node.default_child)


def _acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept a finding of cdk-nag."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))
