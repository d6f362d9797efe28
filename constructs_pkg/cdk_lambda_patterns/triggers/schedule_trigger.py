"""Starts a function at times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam, aws_scheduler as scheduler
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.durations import duration_within, in_seconds
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.triggers.rule_target import dead_letter_queue_for
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from aws_cdk import Duration, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


class ScheduleTrigger(Construct):
    """Starts a function's `live` alias at times, through EventBridge Scheduler.

    Defines the schedule and its role, which may start this function and nothing else. A start that does not succeed
    ends in the function's failure queue, as does a run that fails.
    """

    schedule: scheduler.CfnSchedule
    """The schedule."""

    role: iam.Role
    """The schedule's role."""

    dead_letter_queue: sqs.IQueue
    """Where starts go that did not reach the function: its failure queue, or where that cannot be, an own one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        schedule: str,
        time_zone: str = "UTC",
        flexible_window: Duration | None = None,
        payload: object = None,
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            schedule: When: `cron(0 3 * * ? *)` (minutes, hours, day of month, month, day of week, year),
                `rate(5 minutes)`, or once, `at(2027-01-31T09:00:00)`.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
            time_zone: The time zone of cron and at, as `Europe/Zurich`; daylight saving is followed.
                Default: UTC
            flexible_window: Within what time after the moment the function may start, 1 minute to 24 hours: load is
                spread.
                Default: - at the moment, within a minute.
                Source:
                https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
            payload: What the function gets, as JSON. `<aws.scheduler.scheduled-time>` becomes the moment.
                Default: - an event that names the schedule and the moment.
            retry_attempts: How often a start is tried again, 0 to 185.
                Default: - 185.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-retry.html
            max_event_age: How long a start is tried, 1 minute to 24 hours.
                Default: - 24 hours.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-retry.html
            enabled: Whether the schedule runs at once.
                Default: True

        Raises:
            ValidationError: A schedule or time zone that does not exist, a payload that is no JSON, or a value outside
                the service's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        if not is_token(schedule):
            check_schedule(where, schedule)
        check_time_zone(where, time_zone)
        window = in_seconds(flexible_window)
        where.within("flexible_window", None if window is None else window / 60, quotas.FLEXIBLE_WINDOW)
        where.within("retry_attempts", retry_attempts, quotas.RULE_RETRY_ATTEMPTS)
        duration_within(where, "max_event_age", max_event_age, quotas.RULE_EVENT_AGE)
        text = _payload(where, payload)
        super().__init__(scope, construct_id)

        # 2 define
        self.dead_letter_queue = dead_letter_queue_for(self, function)
        function_arn, queue_arn = function.live.function_arn, self.dead_letter_queue.queue_arn
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=principals.service_in_account("scheduler.amazonaws.com"),
            inline_policies={
                "Start": iam.PolicyDocument.from_json(_policy(function_arn, queue_arn)),
            },
        )
        encryption_key = self.dead_letter_queue.encryption_master_key
        if encryption_key is not None:
            encryption_key.grant(self.role, "kms:Decrypt", "kms:GenerateDataKey*")
        self.schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=schedule,
            schedule_expression_timezone=time_zone,
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=_flexible(window),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=self.role.role_arn,
                input=text,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=queue_arn),
                retry_policy=_retry_policy(retry_attempts, max_event_age),
            ),
        )


def _payload(where: Where, payload: object) -> str | None:
    if payload is None:
        return None
    try:
        return json.dumps(payload, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        where.refuse(
            "payload",
            "must be JSON",
            got=f"{type(payload).__name__} ({error})",
            fix="give plain values",
            code="PayloadInvalid",
        )


def _flexible(window: float | None) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if window is None:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=window / 60)


def _policy(function_arn: str, queue_arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function_arn},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn},
        ],
    }


def _retry_policy(attempts: int | None, age: Duration | None) -> scheduler.CfnSchedule.RetryPolicyProperty | None:
    if attempts is None and age is None:
        return None
    return scheduler.CfnSchedule.RetryPolicyProperty(
        maximum_retry_attempts=attempts, maximum_event_age_in_seconds=in_seconds(age)
    )
