"""APIs and function URLs are reached by the addresses that AWS would serve them at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway, aws_lambda as lambda_

from cdk_lambda_patterns.local_cloud import LocalCloudError
from tests.local_cloud.apps import RUNTIME

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud

pytestmark = pytest.mark.local_cloud

ECHO = """
import json

def handler(event, context):
    keys = ("path", "rawPath", "httpMethod", "queryStringParameters", "body", "isBase64Encoded")
    told = {key: event.get(key) for key in keys}
    told["header"] = {name.lower(): value for name, value in event["headers"].items()}.get("x-tenant")
    return {"statusCode": 201, "headers": {"X-Told": "yes"}, "body": json.dumps(told)}
"""


def serving(stack: cdk.Stack) -> None:
    function = lambda_.Function(
        stack, "Echo", runtime=RUNTIME, handler="index.handler", code=lambda_.Code.from_inline(ECHO)
    )
    url = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
    api = apigateway.LambdaRestApi(stack, "Api", handler=function)
    cdk.CfnOutput(stack, "FunctionUrl", value=url.url)
    cdk.CfnOutput(stack, "ApiUrl", value=api.url)


@pytest.fixture(scope="module")
def served(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(serving)


def test_a_rest_api_is_reached(served: Deployment) -> None:
    url = served.outputs["ApiUrl"]
    assert ".execute-api." in url

    response = served.cloud.request(
        f"{url}orders/7?page=2", method="POST", body={"id": 7}, headers={"X-Tenant": "acme"}
    )

    assert response.status == 201
    assert response.headers["x-told"] == "yes"
    told = response.json()
    assert (told["path"], told["httpMethod"], told["queryStringParameters"]) == ("/orders/7", "POST", {"page": "2"})
    assert json.loads(told["body"]) == {"id": 7}
    assert told["header"] == "acme"


def test_a_function_url_is_reached(served: Deployment) -> None:
    response = served.cloud.request(served.outputs["FunctionUrl"] + "orders", method="PUT", body="text")

    assert response.status == 201
    assert json.loads(response.text)["rawPath"] == "/orders"


def test_a_refusal_is_an_answer(served: Deployment) -> None:
    response = served.cloud.request("https://nobody00000.execute-api.us-east-1.amazonaws.com/prod/")

    assert response.status in {403, 404}


def test_a_path_is_one_of_the_emulators_own(served: Deployment) -> None:
    assert served.cloud.request("/_ministack/health").json()["services"]


def test_fails_when_nothing_answers(served: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from cdk_lambda_patterns.local_cloud import http_request  # noqa: PLC0415

    monkeypatch.setattr(http_request, "HOST", "127.0.0.2")

    with pytest.raises(LocalCloudError, match="the local cloud does not answer GET /x"):
        served.cloud.request("/x")
