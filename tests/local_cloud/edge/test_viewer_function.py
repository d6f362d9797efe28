"""CloudFront Functions, deployed to the local cloud, which runs them before and behind its distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnOutput, aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_s3 as s3

from cdk_lambda_patterns import ViewerFunction
from tests.docs.test_examples import the_stack_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.description import Deployment

pytestmark = pytest.mark.local_cloud

HEADERS = """
function handler(event) {
  const response = event.response;
  response.headers["x-asked"] = { value: event.request.uri };
  return response;
}
"""
REDIRECTS = """
import cf from 'cloudfront';
async function handler(event) {
  return { statusCode: 302, headers: { location: { value: await cf.kvs().get(event.request.uri) } } };
}
"""
FAILS = "function handler(event) { throw new Error('no'); }"


def site(stack: cdk.Stack, function: ViewerFunction, event: cloudfront.FunctionEventType) -> None:
    pages = s3.Bucket(stack, "Pages")
    origin = origins.S3BucketOrigin.with_origin_access_control(pages)
    behavior = cloudfront.BehaviorOptions(origin=origin, function_associations=[function.at(event)])
    distribution = cloudfront.Distribution(stack, "Site", default_behavior=behavior)
    CfnOutput(stack, "Address", value=distribution.domain_name)


def with_headers(stack: cdk.Stack) -> None:
    function = ViewerFunction(stack, "Headers", code=cloudfront.FunctionCode.from_inline(HEADERS))
    site(stack, function, cloudfront.FunctionEventType.VIEWER_RESPONSE)


def failing(stack: cdk.Stack) -> None:
    function = ViewerFunction(stack, "Fails", code=cloudfront.FunctionCode.from_inline(FAILS))
    site(stack, function, cloudfront.FunctionEventType.VIEWER_REQUEST)


def get(cloud: LocalCloud, deployed: Deployment, path: str) -> Any:  # noqa: ANN401 - a response
    address = next(value for key, value in deployed.outputs.items() if key.endswith("Address"))
    return cloud.request(f"https://{address}{path}", headers={"X-Forwarded-Proto": "https"})


def test_the_example_sends_visitors_of_old_pages_to_the_new_ones(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(the_stack_of("viewer_function"))
    deployed.bucket("Pages").put("about/index.html", "<h1>About</h1>")

    moved, folder, missing = (get(local_cloud, deployed, path) for path in ("/about-us", "/about/", "/else.html"))

    assert (moved.status, moved.headers["location"]) == (301, "/about/")
    assert (folder.status, folder.text) == (200, "<h1>About</h1>")
    assert missing.status in (403, 404)


def test_a_response_is_changed_on_its_way_to_the_visitor(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(with_headers)
    deployed.bucket("Pages").put("a.html", "A")

    response = get(local_cloud, deployed, "/a.html")

    assert (response.status, response.text, response.headers["x-asked"]) == (200, "A", "/a.html")


def test_visitors_get_an_error_where_a_function_fails(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(failing)
    deployed.bucket("Pages").put("a.html", "A")

    assert get(local_cloud, deployed, "/a.html").status == 503


def test_other_data_arrive_with_the_next_deployment(local_cloud: LocalCloud) -> None:
    def moved(to: str) -> Any:  # noqa: ANN401 - a response
        def define(stack: cdk.Stack) -> None:
            function = ViewerFunction(
                stack, "Moved", code=cloudfront.FunctionCode.from_inline(REDIRECTS), key_values={"/old": to}
            )
            site(stack, function, cloudfront.FunctionEventType.VIEWER_REQUEST)

        return get(local_cloud, local_cloud.deploy(define), "/old").headers["location"]

    assert [moved("/one"), moved("/two")] == ["/one", "/two"]
