"""Three alarms twice: a construct each, and all by one message, from a template that is included.

Why the library defines a construct each: docs/decisions/0016-messages-are-counted.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch, cloudformation_include as include

if TYPE_CHECKING:
    import aws_cdk as cdk

_NAMES = ("Errors", "Throttles", "Duration")


def alarm_constructs(stack: cdk.Stack, construct_id: str) -> None:
    """A message for each."""
    for name in _NAMES:
        cloudwatch.CfnAlarm(
            stack,
            f"{construct_id}{name}",
            namespace="AWS/Lambda",
            metric_name=name,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="FunctionName", value="orders")],
            statistic="Sum",
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
        )


def included_alarms(stack: cdk.Stack, construct_id: str) -> None:
    """One message for all of them."""
    resources = {
        name: {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "AWS/Lambda",
                "MetricName": name,
                "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            },
        }
        for name in _NAMES
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "alarms.json"
        file.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
        include.CfnInclude(stack, construct_id, template_file=str(file), preserve_logical_ids=False)
