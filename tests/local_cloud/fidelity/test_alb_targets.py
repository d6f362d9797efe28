"""Targets of load balancers that templates name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud


def registered(lab: Lab) -> list[str]:
    """What a target group of a template sends requests to."""
    name = lab.function("def handler(event, context): return {'statusCode': 200, 'body': event['path']}")
    live = lab.function_arn(lab.alias(name, lab.publish(name)))
    group = {
        "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
        "Properties": {"TargetType": "lambda", "Targets": [{"Id": live}]},
    }
    arn = lab.deploy({"Group": group}, {"Arn": {"Ref": "Group"}})["Arn"]
    health = lab.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [target["Target"]["Id"].removeprefix(lab.function_arn(name)) for target in health]


def test_the_targets_of_a_template_are_registered(faithful: Lab) -> None:
    assert registered(faithful) == [":live"]


def test_the_published_emulator_drops_them(stock: Lab) -> None:
    assert registered(stock) == []
