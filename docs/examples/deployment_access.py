from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import DeploymentAccess, Duty, GradualRelease, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Prices(cdk.Stack):
    """A function, and who may do what with it: a pipeline deploys, people on call roll back."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        price = WellArchitectedFunction(
            self, "Price", code=PythonCode.from_folder(HANDLERS / "reports"), handler="report.handler"
        )
        GradualRelease(self, "Release", function=price)

        access = DeploymentAccess(self, "Access", functions=[price])
        github = iam.OpenIdConnectProvider.from_open_id_connect_provider_arn(
            self, "GitHub", f"arn:aws:iam::{self.account}:oidc-provider/token.actions.githubusercontent.com"
        )
        access.role(
            "Pipeline",
            Duty.DEPLOY,
            assumed_by=iam.WebIdentityPrincipal(
                github.open_id_connect_provider_arn,
                {
                    "StringEquals": {
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                        "token.actions.githubusercontent.com:sub": "repo:example/prices:ref:refs/heads/main",
                    }
                },
            ),
        )
        access.role(
            "OnCall",
            Duty.PUBLISH,
            Duty.SHIFT_TRAFFIC,
            Duty.ROLL_BACK,
            Duty.INVOKE,
            Duty.CHANGE_ENVIRONMENT,
            assumed_by=iam.AccountRootPrincipal().with_conditions({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        )
