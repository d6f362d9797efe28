"""A function of Lambda@Edge, deployed to the local cloud: all of it but CloudFront's call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_lambda as lambda_

from cdk_lambda_patterns import EdgeFunction

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud

CODE = """
def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    request["uri"] = {uri!r}
    return request
"""
EVENT = {"Records": [{"cf": {"config": {"eventType": "origin-request"}, "request": {"uri": "/"}}}]}


def shop(stack: cdk.Stack, uri: str) -> None:
    rewrite = EdgeFunction(
        stack, "Rewrite", code=lambda_.Code.from_inline(CODE.format(uri=uri)), handler="index.handler"
    )
    behavior = cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin("example.com"),
        edge_lambdas=[rewrite.at(cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST)],
    )
    cloudfront.Distribution(stack, "Site", default_behavior=behavior)


def associated(cloud: LocalCloud) -> str:
    """The function that the one distribution names."""
    client = cloud.client("cloudfront")
    (distribution,) = client.list_distributions()["DistributionList"]["Items"]
    (association,) = distribution["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"]
    return str(association["LambdaFunctionARN"])


def test_a_distribution_of_another_region_follows_the_versions_of_its_function(local_cloud: LocalCloud) -> None:
    ireland = cdk.Environment(account=local_cloud.account, region="eu-west-1")

    for version, uri in (("1", "/one"), ("2", "/two")):
        deployed = local_cloud.deploy(partial(shop, uri=uri), env=ireland)

        function = deployed.function("Function")
        assert (
            associated(local_cloud)
            == f"arn:aws:lambda:us-east-1:{local_cloud.account}:function:{function.physical_id}:{version}"
        )
        assert function.invoke(EVENT, qualifier=version).payload == {"uri": uri}
        assert "Lambda@Edge" in [entry.title for entry in deployed.not_shown]


def test_versions_stay_for_the_replicas(local_cloud: LocalCloud) -> None:
    for uri in ("/one", "/two"):
        deployed = local_cloud.deploy(partial(shop, uri=uri), env=cdk.Environment(region="us-east-1"))

    function = deployed.function("Rewrite")
    assert [function.invoke(EVENT, qualifier=version).payload["uri"] for version in ("1", "2")] == ["/one", "/two"]
