"""Which policy a queue has after deployments that move it from the shared one to one of its own, and back."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import EventBridgeTrigger
from tests.function.support import define

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud


def orders(stack: cdk.Stack, *, rule: bool, removed: bool) -> None:
    """Two functions that somebody calls asynchronously, one of them a rule too."""
    define(stack).invoked_asynchronously()
    function = define(stack, "Ship")
    function.invoked_asynchronously()
    if rule:
        EventBridgeTrigger(stack, "Paid", function=function, pattern={"source": ["shop"]})
    if removed:
        cdk.RemovalPolicies.of(stack).destroy()


def effects(cloud: LocalCloud, deployment: Deployment) -> list[str]:
    """What the statements of the policy of Ship's failure queue do."""
    sqs = cloud.client("sqs")
    url = deployment.queue("Ship/FailureQueue").physical_id
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    return [statement["Effect"] for statement in json.loads(attributes["Policy"])["Statement"]]


@pytest.mark.parametrize("removed", [False, True], ids=["kept", "all to be removed"])
def test_a_queue_has_one_whatever_is_deployed_after_what(local_cloud: LocalCloud, *, removed: bool) -> None:
    seen = []
    for rule in (False, True, False):
        deployment = local_cloud.deploy(partial(orders, rule=rule, removed=removed))
        seen.append(effects(local_cloud, deployment))

    assert seen == [["Deny"], ["Deny", "Allow"], ["Deny"]]
