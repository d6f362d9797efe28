from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_s3 as s3, aws_signer as signer
from constructs import Construct

from cdk_lambda_patterns import PythonCode, ScheduleTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Billing(cdk.Stack):
    """Functions with features of Lambda that change how they run: each behind `live`, as every other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # Starts from a snapshot that Lambda takes when a version is published.
        WellArchitectedFunction(
            self,
            "Rates",
            code=PythonCode.from_folder(HANDLERS / "rates"),
            handler="rates.handler",
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
        )

        # Waits for days without running, and goes on with the version that it began on.
        refunds = WellArchitectedFunction(
            self,
            "Refunds",
            code=PythonCode.from_folder(HANDLERS / "refunds"),
            handler="refunds.handler",
            durable_config=lambda_.DurableConfig(execution_timeout=cdk.Duration.days(30)),
        )
        ScheduleTrigger(self, "Nightly", function=refunds, schedule="cron(0 1 * * ? *)")

        # Each customer's requests have processes of their own.
        WellArchitectedFunction(
            self,
            "Rules",
            code=PythonCode.from_folder(HANDLERS / "tenants"),
            handler="tenants.handler",
            tenancy_config=lambda_.TenancyConfig.PER_TENANT,
        )

        # Runs only what the release process has signed, and the runtime's version that was tested with it.
        artifacts = s3.Bucket.from_bucket_name(self, "Artifacts", "example-signed-artifacts")
        profile = signer.SigningProfile(self, "ReleaseProfile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
        WellArchitectedFunction(
            self,
            "Ledger",
            code=lambda_.Code.from_bucket(artifacts, "ledger.zip", "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"),
            handler="ledger.handler",
            code_signing_config=lambda_.CodeSigningConfig(
                self,
                "Signing",
                signing_profiles=[profile],
                untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment.ENFORCE,
            ),
            runtime_management_mode=lambda_.RuntimeManagementMode.FUNCTION_UPDATE,
        )
