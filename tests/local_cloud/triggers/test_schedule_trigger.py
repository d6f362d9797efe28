"""Schedules that start a function, deployed to the local cloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import ScheduleTrigger
from tests.docs.test_examples import the_stack_of
from tests.local_cloud.triggers.called import events_of, failed, lines_of, printer, remove

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Function

pytestmark = pytest.mark.local_cloud


def once(moment: datetime) -> str:
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


class DueSchedules(cdk.Stack):
    """Two schedules whose moment comes at once."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        ScheduleTrigger(self, "Once", function=printer(self), schedule=once(soon()))
        bad = {"what": "bad"}
        ScheduleTrigger(self, "Bad", function=printer(self, "Failing"), schedule=once(soon()), payload=bad)


class ClosedSchedule(cdk.Stack):
    """A schedule whose function goes away."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        ScheduleTrigger(
            self,
            "Yearly",
            function=printer(self),
            schedule="cron(0 0 1 1 ? *)",
            payload={"year": 2026},
            retry_attempts=0,
        )


@pytest.fixture(scope="module")
def deployed(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(DueSchedules)


def bring_forward(cloud: LocalCloud, function: Function) -> dict[str, Any]:
    """Let a copy of the one schedule of the function's stack run now; what the schedule is."""
    scheduler = cloud.client("scheduler")
    (name,) = [
        resource["PhysicalResourceId"]
        for resource in cloud.client("cloudformation").describe_stack_resources(StackName=function.stack_name)[
            "StackResources"
        ]
        if resource["ResourceType"] == "AWS::Scheduler::Schedule"
    ]
    (group,) = [each["GroupName"] for each in scheduler.list_schedules()["Schedules"] if each["Name"] == name]
    schedule: dict[str, Any] = scheduler.get_schedule(Name=name, GroupName=group)
    scheduler.create_schedule(
        Name=f"now-{name}"[:64],
        GroupName=group,
        ScheduleExpression=once(soon()),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
    )
    return schedule


def test_the_example_sums_up_the_day_before_the_moment_that_it_is_told(shared_local_cloud: LocalCloud) -> None:
    example = shared_local_cloud.deploy(the_stack_of("schedule_trigger"))

    schedule = bring_forward(shared_local_cloud, example.function("SumUp"))

    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    assert lines_of(example.function("SumUp"), f"summing up {yesterday}")


def test_a_schedule_fires_with_the_event_that_aws_documents(deployed: Deployment) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html."""
    (event,) = events_of(deployed.function("Printer"))

    assert event.pop("id")
    assert event.pop("time").endswith("Z")
    (schedule,) = event.pop("resources")
    assert schedule.startswith("arn:aws:scheduler:us-east-1:000000000000:schedule/")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "region": "us-east-1",
        "detail": "{}",
    }


def test_what_the_function_fails_on_ends_in_its_failure_queue(deployed: Deployment) -> None:
    assert failed(deployed, "Failing") == {"what": "bad"}


def test_what_does_not_start_ends_there_as_the_payload(shared_local_cloud: LocalCloud) -> None:
    gone = shared_local_cloud.deploy(ClosedSchedule)
    function = gone.function("Printer")
    remove(shared_local_cloud, function)

    bring_forward(shared_local_cloud, function)

    gone.alarm("Printer/FailureQueueAlarm").wait_for("ALARM", within=20)
    message = gone.queue("Printer/FailureQueue").receive(within=10)
    assert message.body == {"year": 2026}
    assert {"ERROR_CODE", "ERROR_MESSAGE", "SCHEDULE_ARN", "TARGET_ARN"} <= message.message_attributes.keys()
