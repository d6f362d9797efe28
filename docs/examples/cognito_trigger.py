from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk_lambda_patterns import CognitoTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Members(cdk.Stack):
    """Members of one company sign up without a code, and their access tokens say which company that is."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        members = cognito.UserPool(
            self,
            "Members",
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
        )
        decide = WellArchitectedFunction(
            self,
            "Decide",
            code=PythonCode.from_folder(HANDLERS / "members"),
            handler="members.handler",
            timeout=cdk.Duration.seconds(5),
            environment={"COMPANY": "example.com"},
        )

        hooks = CognitoTrigger(
            self,
            "Hooks",
            function=decide,
            user_pool=members,
            operations=[
                cognito.UserPoolOperation.PRE_SIGN_UP,
                cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
            ],
        )

        hooks.grant("cognito-idp:AdminGetUser")
        for finding in ("COG3", "COG8"):
            reason = "threat protection is for the plan Plus; here everybody has a second factor"
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
            cdk.Validations.of(members).acknowledge(acknowledgment)
