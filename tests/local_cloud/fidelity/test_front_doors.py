"""What callers of functions get over HTTP."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import Lab

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import Response

pytestmark = pytest.mark.local_cloud

ANSWERS = """
import json
def handler(event, context):
    path = event.get("rawPath") or event.get("path")
    if path.endswith("/fail"):
        raise ValueError("secret")
    if path.endswith("/busy"):
        return {"statusCode": 502, "body": "later"}
    if path.endswith("/odd"):
        return ["no", "response"]
    return {"statusCode": 200, "body": json.dumps({"cookies": event.get("cookies"), "headers": event["headers"]})}
"""


def http_api(lab: Lab, **properties: object) -> str:
    """The address of an HTTP API of a template, whose default route is a function."""
    name = lab.function(ANSWERS)
    resources: dict[str, Any] = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": name, "ProtocolType": "HTTP", **properties}},
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": lab.permit(name, "apigateway"),
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "$default",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }
    api = lab.deploy(resources, {"Id": {"Ref": "Api"}})["Id"]
    return f"https://{api}.execute-api.{lab.region}.amazonaws.com"


def rest_api(lab: Lab) -> str:
    """The address of a REST API that is a proxy of a function."""
    name, gateway = lab.function(ANSWERS), lab.client("apigateway")
    functions = f"arn:aws:apigateway:{lab.region}:lambda:path/2015-03-31/functions"
    api = gateway.create_rest_api(name=name)["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    proxy = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="{proxy+}")["id"]
    gateway.put_method(restApiId=api, resourceId=proxy, httpMethod="ANY", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=proxy,
        httpMethod="ANY",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"{functions}/{lab.permit(name, 'apigateway')}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="live")
    return f"https://{api}.execute-api.{lab.region}.amazonaws.com/live"


def function_url(lab: Lab) -> str:
    name = lab.function(ANSWERS)
    url = lab.client("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    return str(url).rstrip("/")


FRONT_DOORS = {"http_api": http_api, "rest_api": rest_api, "function_url": function_url}


def failure(lab: Lab, door: str) -> Response:
    return lab.cloud.request(f"{FRONT_DOORS[door](lab)}/fail")


@pytest.mark.parametrize(("door", "status"), [("http_api", 500), ("rest_api", 502), ("function_url", 502)])
def test_a_caller_learns_nothing_of_an_error_but_that_there_was_one(faithful: Lab, door: str, status: int) -> None:
    response = failure(faithful, door)

    assert response.status == status
    assert json.loads(response.text)["message"].lower() == "internal server error"


@pytest.mark.parametrize("door", ["http_api", "rest_api", "function_url"])
def test_what_a_function_answers_itself_is_passed_on(faithful: Lab, door: str) -> None:
    response = faithful.cloud.request(f"{FRONT_DOORS[door](faithful)}/busy")

    assert (response.status, response.text) == (502, "later")


@pytest.mark.parametrize("door", ["http_api", "rest_api", "function_url"])
def test_the_published_emulator_shows_the_error_to_callers(stock: Lab, door: str) -> None:
    assert "secret" in failure(stock, door).text


def test_a_result_that_is_none_of_a_proxy_is_a_bad_gateway_of_a_rest_api(faithful: Lab) -> None:
    assert faithful.cloud.request(f"{rest_api(faithful)}/odd").status == 502


@pytest.mark.parametrize("door", ["http_api", "function_url"])
def test_cookies_come_as_a_list(faithful: Lab, door: str) -> None:
    response = faithful.cloud.request(f"{FRONT_DOORS[door](faithful)}/", headers={"Cookie": "a=1; b=2"})

    seen = json.loads(response.text)
    assert seen["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in {name.lower() for name in seen["headers"]}


def preflight(lab: Lab) -> Response:
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    return lab.cloud.request(
        f"{http_api(lab, CorsConfiguration=cors)}/",
        method="OPTIONS",
        headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"},
    )


def test_the_cors_configuration_of_a_template_answers_preflight_requests(faithful: Lab) -> None:
    response = preflight(faithful)

    assert response.status == 204
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert response.headers["access-control-allow-methods"] == "GET"
    assert response.headers["access-control-max-age"] == "60"


def test_the_published_emulator_refuses_preflight_requests(stock: Lab) -> None:
    assert preflight(stock).status == 403


def test_a_load_balancer_answers_an_error_with_its_own_page(faithful: Lab) -> None:
    name = faithful.function(ANSWERS)
    balancers = faithful.client("elbv2")
    group = balancers.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    balancers.register_targets(TargetGroupArn=group, Targets=[{"Id": faithful.function_arn(name)}])
    balancer = balancers.create_load_balancer(Name=name)["LoadBalancers"][0]
    balancers.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )

    failed, busy = (faithful.cloud.request(f"http://{balancer['DNSName']}/{path}") for path in ("fail", "busy"))

    assert failed.status == 502
    assert "<title>502 Bad Gateway</title>" in failed.text
    assert (busy.status, busy.text) == (502, "later")


def in_an_account_of_a_stage(lab: Lab) -> Lab:
    """The same cloud, seen from an account and a Region that are not its own."""
    stage = Lab(lab.cloud)
    stage.account, stage.region = "333333333333", "eu-west-1"
    stage.client = functools.partial(lab.cloud.client, account=stage.account, region=stage.region)
    return stage


@pytest.mark.parametrize("door", ["http_api", "rest_api", "function_url"])
def test_the_front_doors_of_every_account_are_open(faithful: Lab, door: str) -> None:
    stage = in_an_account_of_a_stage(faithful)

    assert faithful.cloud.request(f"{FRONT_DOORS[door](stage)}/hello").status == 200


@pytest.mark.parametrize("door", ["http_api", "rest_api"])
def test_the_published_emulator_opens_those_of_one_account(stock: Lab, door: str) -> None:
    assert stock.cloud.request(f"{FRONT_DOORS[door](in_an_account_of_a_stage(stock))}/hello").status == 404


def health(lab: Lab) -> str:
    return lab.cloud.request(f"{http_api(lab)}/health").text


def test_a_path_of_an_app_is_not_taken_for_the_emulator_s_own(faithful: Lab) -> None:
    assert "cookies" in health(faithful)


def test_the_published_emulator_answers_health_itself(stock: Lab) -> None:
    assert "services" in health(stock)
