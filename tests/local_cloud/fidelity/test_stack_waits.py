"""How long the CDK CLI waits for a stack."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud


def stack_of_three_seconds(lab: Lab) -> str:
    """A stack that waits for somebody who never comes."""
    name = lab.name()
    resources = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3", "Count": 1},
        },
    }
    lab.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    return name


def told(lab: Lab, name: str, user_agent: str) -> str:
    """The status that a program of this name is told."""
    credential = f"{lab.account}/20260101/{lab.region}/cloudformation/aws4_request"
    answer = lab.cloud.request(
        "/",
        method="POST",
        body=f"Action=DescribeStacks&Version=2010-05-15&StackName={name}",
        headers={
            "user-agent": user_agent,
            "content-type": "application/x-www-form-urlencoded",
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}",
        },
    )
    status = re.search(r"<StackStatus>(\w+)</StackStatus>", answer.text)
    assert status is not None, answer
    return status[1]


def test_the_cli_is_answered_when_the_stack_is_done_and_others_at_once(faithful: Lab) -> None:
    name = stack_of_three_seconds(faithful)

    at_once, at_the_end = (told(faithful, name, agent) for agent in ("Boto3/1.40", "aws-cdk/2.1100.0 aws-sdk-js/3"))

    assert at_once == "CREATE_IN_PROGRESS"
    assert at_the_end == "ROLLBACK_COMPLETE"


def test_the_cli_is_answered_at_once_when_nothing_will_happen(faithful: Lab) -> None:
    name = faithful.name()
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    faithful.client("cloudformation").create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(template)
    )

    asked = time.monotonic()
    status = told(faithful, name, "aws-cdk/2.1100.0")

    assert status == "REVIEW_IN_PROGRESS"
    assert time.monotonic() - asked < 10


def test_the_published_emulator_lets_the_cli_ask_again(stock: Lab) -> None:
    name = stack_of_three_seconds(stock)

    assert told(stock, name, "aws-cdk/2.1100.0") == "CREATE_IN_PROGRESS"
