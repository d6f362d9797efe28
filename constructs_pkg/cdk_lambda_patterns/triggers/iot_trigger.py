"""Starts a function from messages of devices, and keeps those that did not reach it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam, aws_iot as iot
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.alarms import define_query_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .rule_target import check_dead_letter_queue, dead_letter_queue_for

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_IOT = "iot.amazonaws.com"
_SQL_VERSION = "2016-03-23"
_SQL = re.compile(r"\s*SELECT\s.+?\sFROM\s+'(?P<topic>[^']*)'(?:\s+WHERE\s.+)?\s*", re.IGNORECASE | re.DOTALL)


class IotTrigger(Construct):
    """Starts a function's `live` alias with the messages that an AWS IoT topic rule selects.

    Defines the rule, its permission, and its error action with a role of its own: a message that does not reach the
    function ends in the function's failure queue, as does one that it fails to process. An alarm tells if even that
    queue cannot be reached.
    """

    rule: iot.CfnTopicRule
    """The topic rule."""

    role: iam.Role
    """With which the rule sends what did not reach the function."""

    dead_letter_queue: sqs.IQueue
    """Where messages go that did not reach the function: the one given, its failure queue, or else an own one."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `EventsLost`, and `DeadLetterQueue` where that queue is not the function's own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        sql: str,
        dead_letter_queue: sqs.IQueue | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            sql: Which messages, and what of them: `SELECT *, topic(2) AS device FROM 'devices/+/telemetry'`. The topic
                filter has up to 256 bytes and 7 slashes.
                Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
            dead_letter_queue: A standard queue for messages that do not reach the function. The rights on a customer's
                key are granted.
                Default: - the function's failure queue.
                Source: https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
            enabled: Whether the rule selects at once.
                Default: True

        Raises:
            ValidationError: A statement of another form, a topic filter that AWS IoT refuses, or a FIFO queue.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        where.true_or_false(enabled=enabled)
        _check_sql(where, sql)
        check_dead_letter_queue(where, dead_letter_queue)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        self.alarms = {}
        self.dead_letter_queue = dead_letter_queue_for(self, function, given=dead_letter_queue, alarms=self.alarms)
        self.role = _define_role(self, self.dead_letter_queue)
        action = iot.CfnTopicRule.ActionProperty
        self.rule = iot.CfnTopicRule(
            self,
            "Rule",
            topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
                sql=sql,
                aws_iot_sql_version=_SQL_VERSION,
                rule_disabled=not enabled,
                actions=[
                    action(lambda_=iot.CfnTopicRule.LambdaActionProperty(function_arn=function.live.function_arn))
                ],
                error_action=action(
                    sqs=iot.CfnTopicRule.SqsActionProperty(
                        queue_url=self.dead_letter_queue.queue_url, role_arn=self.role.role_arn, use_base64=False
                    )
                ),
            ),
        )

        # 3 connect
        function.callers.allow(self, "Permission", principal=_IOT, source_arn=self.rule.attr_arn)
        self.alarms["EventsLost"] = define_query_alarm(
            self,
            "EventsLostAlarm",
            query=f"SELECT SUM(ErrorActionFailure) FROM \"AWS/IoT\" WHERE RuleName = '{self.rule.ref}'",  # noqa: S608
            threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
            text="Messages reached neither the function nor its dead-letter queue and are lost. "
            "Check the rights of the rule's role and the queue's key.",
            actions=function.alarm_actions,
        )


def _check_sql(where: Where, sql: str) -> None:
    where.text("sql", sql)
    if is_token(sql):
        return
    statement = _SQL.fullmatch(sql)
    if statement is None:
        where.refuse(
            "sql",
            "must have the form SELECT ... FROM '<topic filter>' [WHERE ...]",
            got=repr(sql),
            fix="write for example SELECT * FROM 'devices/+/telemetry'; Basic Ingest reaches a rule with a topic too",
            code="IotSqlInvalid",
        )
    topic = statement["topic"]
    where.size("sql", topic.encode(), quotas.IOT_TOPIC_LENGTH)
    where.within("sql", topic.count("/"), quotas.IOT_TOPIC_SLASHES)
    *levels, last = topic.split("/")
    if any("#" in level for level in levels) or any(
        wildcard in level and level != wildcard for level in (*levels, last) for wildcard in "#+"
    ):
        where.refuse(
            "sql",
            "must have a topic filter in which '+' stands for a whole level and '#' for all the last ones",
            got=repr(topic),
            fix="write for example 'devices/+/telemetry' or 'devices/#'",
            code="IotTopicInvalid",
        )


def _define_role(scope: Construct, queue: sqs.IQueue) -> iam.Role:
    policy = iam.PolicyDocument.from_json(policy_document(allow("sqs:SendMessage", queue.queue_arn)))
    role = iam.Role(
        scope, "Role", assumed_by=principals.service_in_account(_IOT), inline_policies={"SendFailures": policy}
    )
    key = queue.encryption_master_key
    if key is not None:
        let_use(role, key, "kms:Decrypt", "kms:GenerateDataKey*")
    return role
