from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns import EventBridgeTrigger, event_patterns
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

PIPELINE = "CodePipeline Pipeline Execution State Change"
CALL = "AWS API Call via CloudTrail"


def of(source: str, detail_type: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    pattern: dict[str, Any] = {"source": [source], "detail-type": [detail_type]}
    return pattern if detail is None else {**pattern, "detail": detail}


PATTERNS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (event_patterns.codepipeline_state_change(), of("aws.codepipeline", PIPELINE)),
    (
        event_patterns.codepipeline_state_change(pipelines=["shop", "desk"], states=["FAILED"]),
        of("aws.codepipeline", PIPELINE, {"pipeline": ["shop", "desk"], "state": ["FAILED"]}),
    ),
    (
        event_patterns.codecommit_reference_change(),
        of(
            "aws.codecommit",
            "CodeCommit Repository State Change",
            {"event": ["referenceCreated", "referenceUpdated"], "referenceType": ["branch"]},
        ),
    ),
    (
        event_patterns.codecommit_reference_change(
            repositories=["shop"], branches=["main"], events=["referenceDeleted"]
        ),
        of(
            "aws.codecommit",
            "CodeCommit Repository State Change",
            {
                "event": ["referenceDeleted"],
                "referenceType": ["branch"],
                "repositoryName": ["shop"],
                "referenceName": ["main"],
            },
        ),
    ),
    (
        event_patterns.config_compliance_change(),
        of(
            "aws.config",
            "Config Rules Compliance Change",
            {
                "messageType": ["ComplianceChangeNotification"],
                "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
            },
        ),
    ),
    (
        event_patterns.config_compliance_change(rules=["tagged"], compliance=["COMPLIANT", "NOT_APPLICABLE"]),
        of(
            "aws.config",
            "Config Rules Compliance Change",
            {
                "messageType": ["ComplianceChangeNotification"],
                "configRuleName": ["tagged"],
                "newEvaluationResult": {"complianceType": ["COMPLIANT", "NOT_APPLICABLE"]},
            },
        ),
    ),
    (
        event_patterns.alarm_state_change(),
        of("aws.cloudwatch", "CloudWatch Alarm State Change", {"state": {"value": ["ALARM"]}}),
    ),
    (
        event_patterns.alarm_state_change(alarms=["late"], states=["OK", "INSUFFICIENT_DATA"]),
        of(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            {"alarmName": ["late"], "state": {"value": ["OK", "INSUFFICIENT_DATA"]}},
        ),
    ),
    (event_patterns.cloudtrail_api_call("ec2"), of("aws.ec2", CALL, {"eventSource": ["ec2.amazonaws.com"]})),
    (
        event_patterns.cloudtrail_api_call("iam", actions=["CreateUser", "CreateAccessKey"]),
        of("aws.iam", CALL, {"eventSource": ["iam.amazonaws.com"], "eventName": ["CreateUser", "CreateAccessKey"]}),
    ),
]


@pytest.mark.parametrize(("made", "expected"), PATTERNS)
def test_a_pattern_is_what_the_service_documents(made: dict[str, Any], expected: dict[str, Any]) -> None:
    assert made == expected


@pytest.mark.parametrize("pattern", [made for made, _ in PATTERNS])
def test_a_trigger_takes_it(stack: cdk.Stack, pattern: dict[str, Any]) -> None:
    EventBridgeTrigger(stack, "Trigger", function=define(stack), pattern=pattern)

    assert only(synthesize(stack), "AWS::Events::Rule")["EventPattern"] == pattern


def test_it_can_be_changed(stack: cdk.Stack) -> None:
    pattern = event_patterns.alarm_state_change()

    pattern["detail"]["alarmName"] = [{"prefix": "shop-"}]
    EventBridgeTrigger(stack, "Trigger", function=define(stack), pattern=pattern)

    assert event_patterns.alarm_state_change()["detail"] == {"state": {"value": ["ALARM"]}}, "each call makes a new one"


@pytest.mark.parametrize(
    ("make", "options", "got", "says"),
    [
        (event_patterns.codepipeline_state_change, {"states": ["BROKEN"]}, "'BROKEN'", "among CANCELED, FAILED,"),
        (event_patterns.codepipeline_state_change, {"states": ["failed"]}, "'failed'", "'states' must be among"),
        (event_patterns.codepipeline_state_change, {"pipelines": "shop"}, "'shop'", "write ['shop']"),
        (event_patterns.codecommit_reference_change, {"events": ["push"]}, "'push'", "referenceDeleted"),
        (event_patterns.codecommit_reference_change, {"branches": "main"}, "'main'", "'branches' must be a list"),
        (event_patterns.codecommit_reference_change, {"repositories": "a"}, "'a'", "'repositories' must be a list"),
        (event_patterns.config_compliance_change, {"compliance": ["NO"]}, "'NO'", "NON_COMPLIANT"),
        (event_patterns.config_compliance_change, {"rules": "tagged"}, "'tagged'", "'rules' must be a list"),
        (event_patterns.alarm_state_change, {"states": ["ERROR"]}, "'ERROR'", "OK, ALARM, INSUFFICIENT_DATA"),
        (event_patterns.alarm_state_change, {"states": "ALARM"}, "'ALARM'", "write ['ALARM']"),
        (event_patterns.alarm_state_change, {"alarms": "late"}, "'late'", "'alarms' must be a list"),
        (event_patterns.cloudtrail_api_call, {"service": "ec2.amazonaws.com"}, "'ec2.amazonaws.com'", "'service'"),
        (event_patterns.cloudtrail_api_call, {"service": "EC2"}, "'EC2'", "write for example 'ec2'"),
        (event_patterns.cloudtrail_api_call, {"service": "ec2", "actions": "Run"}, "'Run'", "'actions' must be a list"),
    ],
)
def test_fails_when_the_service_never_sends_it(
    make: Callable[..., dict[str, Any]], options: dict[str, Any], got: str, says: str
) -> None:
    error = refusal(lambda: make(**options), "EventPatternValue", got)

    assert says in str(error)
