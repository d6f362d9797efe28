"""What the tests of the triggers that are called have in common: where undelivered events may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_lambda_patterns import EventBridgeTrigger, S3Trigger, ScheduleTrigger, SnsTrigger
from tests.function.support import resources
from tests.triggers.sources import define_trigger

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.testing import Template


class Sender(NamedTuple):
    """A service that may send to a queue."""

    queue: str
    """The queue's logical id."""
    service: str
    source: Any
    """On whose behalf, with all references that are not the template's own written out."""


def senders(template: Template) -> list[Sender]:
    """Which services may send to which queues."""
    return [
        Sender(policy["Queues"][0]["Ref"], statement["Principal"]["Service"], written(*statement["Condition"].values()))
        for policy in resources(template, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    ]


def written(condition: dict[str, Any]) -> Any:  # noqa: ANN401
    """The source of a condition as one line, or a reference of the template as it is."""
    return line(condition["aws:SourceArn"])


def line(value: Any) -> Any:  # noqa: ANN401
    """A text that CloudFormation joins, with its references in angle brackets."""
    match value:
        case {"Fn::Join": ["", parts]}:
            return "".join(part if isinstance(part, str) else f"<{next(iter(part.values()))}>" for part in parts)
        case _:
            return value


def key_users(template: Template) -> list[tuple[str, Any]]:
    """Which services may use the one key, and for what."""
    (key,) = resources(template, "AWS::KMS::Key").values()
    return [
        (statement["Principal"]["Service"], statement["Action"])
        for statement in key["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"]
    ]


def rule(scope: Construct, construct_id: str = "Trigger", **options: Any) -> EventBridgeTrigger:  # noqa: ANN401
    return define_trigger(EventBridgeTrigger, scope, construct_id, **options)


def schedule(scope: Construct, construct_id: str = "Trigger", **options: Any) -> ScheduleTrigger:  # noqa: ANN401
    return define_trigger(ScheduleTrigger, scope, construct_id, **options)


def topic(scope: Construct, construct_id: str = "Trigger", **options: Any) -> SnsTrigger:  # noqa: ANN401
    return define_trigger(SnsTrigger, scope, construct_id, **options)


def bucket(scope: Construct, construct_id: str = "Trigger", **options: Any) -> S3Trigger:  # noqa: ANN401
    return define_trigger(S3Trigger, scope, construct_id, **options)
