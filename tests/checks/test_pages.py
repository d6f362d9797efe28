"""What a rule's page tells to write works: with it, the rule finds nothing."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_apigateway as apigateway,
    aws_cloudfront as cloudfront,
    aws_cloudfront_origins as cloudfront_origins,
    aws_dynamodb as dynamodb,
    aws_events as events,
    aws_kinesis as kinesis,
    aws_lambda as lambda_,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sqs as sqs,
    aws_ssm as ssm,
    aws_stepfunctions as stepfunctions,
    aws_stepfunctions_tasks as stepfunctions_tasks,
)

import cdk_lambda_patterns
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.checks.rule import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns.checks.rule import Rule

PACKED = {"PythonCode", "PythonLayer"}
"""What needs sources beside it, and is tested where they are."""


def code_of(rule: type[Rule]) -> str:
    page = sys.modules[rule.__module__].__doc__ or ""
    return "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))


def constructs_in(code: str) -> set[str]:
    """The names of this library that a page uses, without those of the CDK's modules."""
    return set(re.findall(r'(?<![\w."])([A-Z]\w+)[.(]', code)) - {"Duration"}


def names_for(code: str) -> dict[str, object]:
    """What pages take for granted: a function, and things to write to."""
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Shop", env=cdk.Environment(region="us-east-1"))
    inline = lambda_.Code.from_inline("def handler(event, context): pass")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    names: dict[str, object] = {
        "self": stack,
        "app": app,
        "code": inline,
        "javascript": cloudfront.FunctionCode.from_inline("function handler(event) { return event.request; }"),
        "Duration": cdk.Duration,
        "origin": cloudfront_origins.HttpOrigin("example.com"),
        "cloudfront": cloudfront,
        "apigateway": apigateway,
        "sqs": sqs,
        "stepfunctions": stepfunctions,
        "stepfunctions_tasks": stepfunctions_tasks,
        "kinesis": kinesis,
        **{name: getattr(cdk_lambda_patterns, name) for name in cdk_lambda_patterns.__all__},
    }
    function = partial(cdk_lambda_patterns.WellArchitectedFunction, stack, code=inline, handler="index.handler")
    things: dict[str, Callable[[], object]] = {
        "function": lambda: function("Function"),
        "other": lambda: function("Other"),
        "table": lambda: dynamodb.TableV2(
            stack, "Table", partition_key=key, dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE
        ),
        "bucket": lambda: s3.Bucket(stack, "Bucket"),
        "bus": lambda: events.EventBus(stack, "Bus"),
        "topic": lambda: sns.Topic(stack, "Topic"),
        "secret": lambda: secretsmanager.Secret(stack, "Secret"),
        "parameter": lambda: ssm.StringParameter(stack, "Parameter", string_value="{}"),
    }
    for name, make in things.items():
        if re.search(rf"\b{name}\b", code):
            names[name] = make()
    names |= {name: type(name, (cdk.Stack,), {}) for name in ("Orders", "Payments")}
    return names


RULES = catalogue().values()
READY = [rule for rule in RULES if not constructs_in(code_of(rule)) & PACKED]


@pytest.mark.parametrize("rule", READY, ids=lambda rule: rule.id)
def test_what_a_page_tells_to_write_satisfies_its_rule(rule: type[Rule]) -> None:
    names = names_for(code_of(rule))

    exec(code_of(rule), names)  # noqa: S102 - our own pages

    app = names["app"]
    report = assert_no_findings(app, select=[rule.id])
    assert report.app.templates.types or rule.id == "StackResourceCount"


def test_pages_name_only_constructs_of_this_library() -> None:
    ours = set(cdk_lambda_patterns.__all__) | {"Orders", "Payments"}

    assert {name for rule in RULES for name in constructs_in(code_of(rule))} <= ours
