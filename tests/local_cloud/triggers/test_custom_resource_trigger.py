"""A function that is part of a deployment, on the local cloud."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnOutput, Duration, aws_lambda as lambda_

from cdk_lambda_patterns import CustomResourceTrigger, WellArchitectedFunction
from cdk_lambda_patterns.errors import LocalCloudError
from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Function

pytestmark = pytest.mark.local_cloud

PRINTS = """
import json

def handler(event, context):
    print("EVENT " + json.dumps(event))
    return {"PhysicalResourceId": "plans", "Data": {"Count": len(event["ResourceProperties"]["Plans"])}}
"""
RAISES = "def handler(event, context): raise ValueError('the licence has run out')"
DOES_NOT_END = "import time\ndef handler(event, context): time.sleep(60)"


def calling(code: str, **properties: Any) -> Callable[[cdk.Stack], None]:  # noqa: ANN401
    def seed(stack: cdk.Stack) -> None:
        function = WellArchitectedFunction(
            stack,
            "Seed",
            code=lambda_.Code.from_inline(code),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            timeout=Duration.seconds(2),
        )
        trigger = CustomResourceTrigger(
            stack, "Plans", function=function, resource_type="Custom::Plans", properties=properties
        )
        CfnOutput(stack, "Count", value=trigger.resource.get_att_string("Count"))

    return seed


def events_of(function: Function) -> list[dict[str, Any]]:
    return [json.loads(line.partition("EVENT ")[2]) for line in function.logs() if line.startswith("EVENT ")]


def test_the_example_fills_the_table_before_the_deployment_ends(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("custom_resource_trigger"))

    assert sorted(item["id"] for item in deployed.table("Table").items()) == ["free", "team"]
    assert deployed.outputs["Count"] == "2"


def test_the_event_has_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-create.html."""
    deployed = local_cloud.deploy(calling(PRINTS, Plans=["free"]))

    function = deployed.function("Seed")
    (event,) = eventually(lambda: events_of(function))
    properties = event.pop("ResourceProperties")
    assert event.keys() - {"ServiceToken"} == {
        "RequestType",
        "ResponseURL",
        "StackId",
        "RequestId",
        "ResourceType",
        "LogicalResourceId",
    }
    assert (event["RequestType"], event["ResourceType"]) == ("Create", "Custom::Plans")
    assert properties["Plans"] == ["free"]


def test_a_change_of_properties_is_an_update(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(calling(PRINTS, Plans=["free"]))
    assert deployed.outputs["Count"] == "1"

    deployed = local_cloud.deploy(calling(PRINTS, Plans=["free", "team"]))

    assert deployed.outputs["Count"] == "2"
    function = deployed.function("Seed")
    _create, update = eventually(lambda: events_of(function))
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "plans")
    assert update["OldResourceProperties"]["Plans"] == ["free"]


@pytest.mark.parametrize(
    ("code", "reason"), [(RAISES, "the licence has run out"), (DOES_NOT_END, "timed out")], ids=["raises", "hangs"]
)
def test_a_failure_is_answered_at_once_with_the_reason(local_cloud: LocalCloud, code: str, reason: str) -> None:
    started = time.monotonic()

    with pytest.raises(LocalCloudError, match=rf"(?is)Plans.*{reason}"):
        local_cloud.deploy(calling(code, Plans=[]))

    assert time.monotonic() - started < 60, "the resource itself would be waited for three minutes"
