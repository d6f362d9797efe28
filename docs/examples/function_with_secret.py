from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager, aws_ssm as ssm
from constructs import Construct

from cdk_lambda_patterns import PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Payments(cdk.Stack):
    """A function that reads a secret and a parameter, of which neither value is in the template."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # Written by hand or by the provider: the app only reads it.
        api_key = secretsmanager.Secret.from_secret_name_v2(self, "ApiKey", "payments/api-key")
        limit = ssm.StringParameter(self, "Limit", string_value="1000")

        charge = WellArchitectedFunction(
            self, "Charge", code=PythonCode.from_folder(HANDLERS / "payments"), handler="charge.handler"
        )
        charge.secret("API_KEY_SECRET", api_key)
        charge.parameter("LIMIT_PARAMETER", limit)
