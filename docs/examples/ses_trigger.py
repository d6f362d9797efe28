from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3, aws_ses as ses
from constructs import Construct

from cdk_lambda_patterns import PythonCode, SesTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Mail(cdk.Stack):
    """Mail to the help desk: kept whole for 90 days, and read by a function."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(90))],
        )
        read = WellArchitectedFunction(
            self,
            "Read",
            code=PythonCode.from_folder(HANDLERS / "mail"),
            handler="mail.handler",
            environment={"BUCKET": bucket.bucket_name, "PREFIX": "help/"},
        )
        rules = ses.ReceiptRuleSet(self, "Rules")

        SesTrigger(
            self,
            "Help",
            function=read,
            rule_set=rules,
            recipients=["help@example.com"],
            bucket=bucket,
            key_prefix="help/",
        )

        cdk.CfnOutput(self, "RuleSet", value=rules.receipt_rule_set_name)
        acknowledgment = cdk.Acknowledgment(id="AwsSolutions-S1", reason="CloudTrail tells who read the mail")
        cdk.Validations.of(bucket).acknowledge(acknowledgment)
