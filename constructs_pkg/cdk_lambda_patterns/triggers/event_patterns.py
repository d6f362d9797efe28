"""Ready patterns for `EventBridgeTrigger`: what AWS services report to the default event bus.

Each function returns the pattern as a rule takes it, so that it can be read, changed and combined. A value that the
service never sends is refused: a rule for it would never match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, get_args

from cdk_lambda_patterns.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "alarm_state_change",
    "cloudtrail_api_call",
    "codecommit_reference_change",
    "codepipeline_state_change",
    "config_compliance_change",
]

PipelineState: TypeAlias = Literal[
    "CANCELED", "FAILED", "RESUMED", "STARTED", "STOPPED", "STOPPING", "SUCCEEDED", "SUPERSEDED"
]
ReferenceEvent: TypeAlias = Literal["referenceCreated", "referenceUpdated", "referenceDeleted"]
Compliance: TypeAlias = Literal["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"]
AlarmState: TypeAlias = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


def codepipeline_state_change(
    *, pipelines: Sequence[str] | None = None, states: Sequence[PipelineState] | None = None
) -> dict[str, Any]:
    """A pipeline's execution changes its state.

    Args:
        pipelines: The names of the pipelines.
            Default: - all.
        states: The states that it changes to.
            Default: - all.
            Source:
            https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
    """
    return _pattern(
        "aws.codepipeline",
        "CodePipeline Pipeline Execution State Change",
        pipeline=_values("pipelines", pipelines),
        state=_known("states", states, PipelineState),
    )


def codecommit_reference_change(
    *,
    repositories: Sequence[str] | None = None,
    branches: Sequence[str] | None = None,
    events: Sequence[ReferenceEvent] = ("referenceCreated", "referenceUpdated"),
) -> dict[str, Any]:
    """A branch of a repository is created, pushed to or deleted.

    Args:
        repositories: The names of the repositories.
            Default: - all.
        branches: The names of the branches.
            Default: - all.
        events: What happens to them.
            Default: - they are created or pushed to.
            Source: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
    """
    return _pattern(
        "aws.codecommit",
        "CodeCommit Repository State Change",
        event=_known("events", events, ReferenceEvent),
        referenceType=["branch"],
        repositoryName=_values("repositories", repositories),
        referenceName=_values("branches", branches),
    )


def config_compliance_change(
    *, rules: Sequence[str] | None = None, compliance: Sequence[Compliance] = ("NON_COMPLIANT",)
) -> dict[str, Any]:
    """A resource's compliance with an AWS Config rule changes.

    Args:
        rules: The names of the rules.
            Default: - all.
        compliance: What the resource is now.
            Default: - not compliant.
            Source: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
    """
    return _pattern(
        "aws.config",
        "Config Rules Compliance Change",
        messageType=["ComplianceChangeNotification"],
        configRuleName=_values("rules", rules),
        newEvaluationResult={"complianceType": _known("compliance", compliance, Compliance)},
    )


def alarm_state_change(
    *, alarms: Sequence[str] | None = None, states: Sequence[AlarmState] = ("ALARM",)
) -> dict[str, Any]:
    """A CloudWatch alarm changes its state.

    Args:
        alarms: The names of the alarms.
            Default: - all.
        states: The states that it changes to.
            Default: - ALARM.
            Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    return _pattern(
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        alarmName=_values("alarms", alarms),
        state={"value": _known("states", states, AlarmState)},
    )


def cloudtrail_api_call(service: str, *, actions: Sequence[str] | None = None) -> dict[str, Any]:
    """Somebody calls an AWS API. A trail must record the account's management events.

    Args:
        service: The service's name before `.amazonaws.com`, as `ec2`.
        actions: The names of the calls, as `RunInstances`. Those that only read (Get, List, Describe) do not come.
            Default: - all that change something.
            Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    if not re.fullmatch("[a-z0-9-]+", service):
        _refuse("service", "must be a service's name before .amazonaws.com", service, "write for example 'ec2'")
    return _pattern(
        f"aws.{service}",
        "AWS API Call via CloudTrail",
        eventSource=[f"{service}.amazonaws.com"],
        eventName=_values("actions", actions),
    )


def _pattern(source: str, detail_type: str, **detail: object) -> dict[str, Any]:
    known = {name: value for name, value in detail.items() if value is not None}
    return {"source": [source], "detail-type": [detail_type], **({"detail": known} if known else {})}


def _values(name: str, values: Sequence[str] | None) -> list[str] | None:
    if isinstance(values, str):
        _refuse(name, "must be a list", values, f"write [{values!r}]")
    return None if values is None else list(values)


def _known(name: str, values: Sequence[str] | None, kind: object) -> list[str] | None:
    listed, known = _values(name, values), get_args(kind)
    for value in listed or ():
        if value not in known:
            _refuse(name, f"must be among {', '.join(known)}", value, "correct it")
    return listed


def _refuse(name: str, rule: str, got: str, fix: str) -> NoReturn:
    raise ValidationError(f"'{name}' {rule}, got {got!r}; {fix}", code="EventPatternValue")
