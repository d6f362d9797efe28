"""Which services may put what they could not deliver into a queue, and who is told when even that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.keys import let_service_use
from cdk_lambda_patterns.function.references import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_cloudwatch as cloudwatch, aws_kms as kms, aws_sqs as sqs
    from constructs import Construct, IConstruct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_senders: set[tuple[str, str, str]] = set()


def let_send(queue: sqs.IQueue, service: str, source_arn: str) -> None:
    """Let a service send to a queue, once for all sources that the ARN stands for.

    A queue with a customer's key also needs the service among the key's users. The policy of a queue from outside
    cannot be changed: a warning says what it has to hold.

    Args:
        queue: The queue.
        service: As `events.amazonaws.com`.
        source_arn: On whose behalf the service sends, with wildcards for several.
    """
    sender = (reference(queue), service, source_arn)
    if sender in _senders:
        return
    _senders.add(sender)
    added = queue.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"],
            principals=[principals.service(service)],
            resources=[queue.queue_arn],
            conditions={"ArnLike": {"aws:SourceArn": source_arn}},
        )
    )
    if not added.statement_added:
        cdk.Annotations.of(queue).add_warning_v2(
            "cdk-lambda-patterns:queuePolicyUnknown",
            f"the policy of this queue from outside cannot be changed from here: see that it lets {service} send "
            "messages, and that its key does if it has one. Until then what is not delivered is lost",
        )
    key = queue.encryption_master_key
    if key is not None:
        let_use_key(queue, key, principals.service(service), service=service)


def let_use_key(owner: IConstruct, key: kms.IKey, principal: iam.IPrincipal, *, service: str) -> None:
    """Let a service use the key of what it writes to. Of a key from outside a warning says what its policy has to hold.

    Args:
        owner: What is encrypted with the key.
        key: The key.
        principal: The service.
        service: Its name, for the warning.
    """
    statement = iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:GenerateDataKey*"], principals=[principal], resources=["*"]
    )
    let_service_use(owner, key, statement, service=service, otherwise=f"what {service} would write is lost")


def events_lost_alarm(
    scope: Construct, function: WellArchitectedFunction, *, metric: tuple[str, str], dimensions: Mapping[str, str]
) -> cloudwatch.CfnAlarm:
    """ALARM when something reached neither the function nor the dead-letter queue.

    Args:
        scope: The trigger.
        function: The function, whose alarms tell the same people.
        metric: Namespace and name of the metric that counts what is lost.
        dimensions: Its dimensions.
    """
    namespace, name = metric
    return define_alarm(
        scope,
        "EventsLostAlarm",
        metric=(namespace, name, "Sum"),
        dimensions=dimensions,
        threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
        text="Events reached neither the function nor its dead-letter queue and are lost. "
        "Check the queue's policy and its key.",
        actions=function.alarm_actions,
    )
