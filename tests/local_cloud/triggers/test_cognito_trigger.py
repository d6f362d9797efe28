"""A user pool that asks a function, deployed to the local cloud."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnOutput, Duration, aws_cognito as cognito, aws_lambda as lambda_

from cdk_lambda_patterns import CognitoTrigger, WellArchitectedFunction
from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Function

pytestmark = pytest.mark.local_cloud

PASSWORD = "Correct-horse-7"
PRINTS = """
import json

def handler(event, context):
    print("EVENT " + json.dumps(event))
    event["response"]["autoConfirmUser"] = True
    return event
"""


def members(stack: cdk.Stack) -> None:
    pool = cognito.UserPool(stack, "Members", self_sign_up_enabled=True)
    function = WellArchitectedFunction(
        stack,
        "Decide",
        code=lambda_.Code.from_inline(PRINTS),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        timeout=Duration.seconds(5),
    )
    hooks = [cognito.UserPoolOperation.PRE_SIGN_UP, cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG]
    CognitoTrigger(stack, "Hooks", function=function, user_pool=pool, operations=hooks)
    CfnOutput(stack, "Pool", value=pool.user_pool_id)


def client_of(cloud: LocalCloud, pool: str) -> str:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    answer = cloud.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows
    )
    found: str = answer["UserPoolClient"]["ClientId"]
    return found


def sign_up(cloud: LocalCloud, client: str, name: str, email: str) -> bool:
    """Whether the user needs no code."""
    attributes = [{"Name": "email", "Value": email}]
    answer = cloud.client("cognito-idp").sign_up(
        ClientId=client, Username=name, Password=PASSWORD, UserAttributes=attributes
    )
    confirmed: bool = answer["UserConfirmed"]
    return confirmed


def tokens(cloud: LocalCloud, client: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims of a user's access token and identity token."""
    answer = cloud.client("cognito-idp").initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD}
    )["AuthenticationResult"]
    return claims(answer["AccessToken"]), claims(answer["IdToken"])


def claims(token: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(f"{token.split('.')[1]}==="))
    return content


def events_of(function: Function, source: str) -> list[dict[str, Any]]:
    events = [json.loads(line.partition("EVENT ")[2]) for line in function.logs() if line.startswith("EVENT ")]
    return [event for event in events if event["triggerSource"] == source]


def test_the_example_confirms_members_turns_others_away_and_writes_into_access_tokens(
    local_cloud: LocalCloud,
) -> None:
    local_cloud.deploy(example_stack("cognito_trigger"))
    (pool,) = local_cloud.client("cognito-idp").list_user_pools(MaxResults=2)["UserPools"]
    client = client_of(local_cloud, pool["Id"])

    with pytest.raises(Exception, match=r"UserLambdaValidationException.*only members can sign up"):
        sign_up(local_cloud, client, "eve@example.org", "eve@example.org")
    assert sign_up(local_cloud, client, "ann@example.com", "ann@example.com")

    access, identity = tokens(local_cloud, client, "ann@example.com")
    assert access["company"] == "example.com"
    assert "company" not in identity


def test_the_alias_lets_this_pool_call_it(local_cloud: LocalCloud) -> None:
    """The local cloud itself asks nobody before it calls for a pool."""
    deployed = local_cloud.deploy(members)
    pool = local_cloud.client("cognito-idp").describe_user_pool(UserPoolId=deployed.outputs["Pool"])["UserPool"]

    name = deployed.function("Decide").physical_id
    policy = local_cloud.client("lambda").get_policy(FunctionName=name, Qualifier="live")["Policy"]

    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "cognito-idp.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": pool["Arn"]}}


def test_the_event_before_sign_up_has_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html."""
    deployed = local_cloud.deploy(members)
    client = client_of(local_cloud, deployed.outputs["Pool"])

    assert sign_up(local_cloud, client, "ann", "ann@example.com")

    function = deployed.function("Decide")
    (event,) = eventually(lambda: events_of(function, "PreSignUp_SignUp"))
    assert event.pop("callerContext")["clientId"] == client
    request = event.pop("request")
    assert request["userAttributes"]["email"] == "ann@example.com"
    assert event == {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": "us-east-1",
        "userPoolId": deployed.outputs["Pool"],
        "userName": "ann",
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


def test_the_event_before_tokens_are_made_is_the_second_version(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html."""
    deployed = local_cloud.deploy(members)
    client = client_of(local_cloud, deployed.outputs["Pool"])
    sign_up(local_cloud, client, "ann", "ann@example.com")

    tokens(local_cloud, client, "ann")

    function = deployed.function("Decide")
    event, *_ = eventually(lambda: events_of(function, "TokenGeneration_Authentication"))
    assert event["version"] == "2"
    assert event["userPoolId"] == deployed.outputs["Pool"]
    assert event["request"].keys() >= {"userAttributes", "groupConfiguration", "scopes"}
    assert event["response"] == {"claimsAndScopeOverrideDetails": None}
