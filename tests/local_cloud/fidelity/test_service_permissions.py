"""Services need permission."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud

PRINTS = "import json\ndef handler(event, context): print(json.dumps('invoked'))"
NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}


def function_with_alias(lab: Lab) -> tuple[str, str]:
    """A function's name, and how to invoke its alias."""
    name = lab.function(PRINTS)
    return name, lab.alias(name, lab.publish(name))


def rule_to(lab: Lab, target: str) -> Queue:
    """The dead-letter queue of a rule, after an event."""
    lost, events = lab.queue(), lab.client("events")
    events.put_rule(Name=lost.name, EventPattern=json.dumps({"source": [lost.name]}))
    events.put_targets(Rule=lost.name, Targets=[{"Id": "target", "Arn": target, "DeadLetterConfig": {"Arn": lost.arn}}])
    events.put_events(Entries=[{"Source": lost.name, "DetailType": "order", "Detail": "{}"}])
    return lost


def test_a_rule_invokes_an_alias_that_permits_it(faithful: Lab) -> None:
    name, live = function_with_alias(faithful)
    faithful.permit(live, "events")

    lost = rule_to(faithful, faithful.function_arn(live))

    assert faithful.printed(name) == ["invoked"]
    assert lost.messages(within=0.1) == []


def test_a_permission_of_the_function_is_none_of_its_alias(faithful: Lab) -> None:
    name, live = function_with_alias(faithful)
    faithful.permit(name, "events")

    lost = rule_to(faithful, faithful.function_arn(live))

    (message,) = lost.messages()
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert faithful.printed(name, within=0.3) == []


def test_a_permission_counts_for_the_source_it_names_only(faithful: Lab) -> None:
    _name, live = function_with_alias(faithful)
    faithful.client("lambda").add_permission(
        FunctionName=live,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=faithful.arn("events", "rule/another"),
    )

    assert rule_to(faithful, faithful.function_arn(live)).messages()


def test_the_published_emulator_asks_nobody_for_permission(stock: Lab) -> None:
    name, live = function_with_alias(stock)

    rule_to(stock, stock.function_arn(live))

    assert stock.printed(name) == ["invoked"]


def statement(queue: str, condition: dict[str, Any]) -> dict[str, Any]:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": condition,
    }
    # As the CDK's `enforce_ssl` writes it: services do use TLS.
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": queue,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [allow, deny]}


@pytest.mark.parametrize(("account", "delivered"), [("000000000000", True), ("111111111111", False)])
def test_the_policy_of_a_queue_decides_about_rules_and_topics(faithful: Lab, account: str, *, delivered: bool) -> None:
    queue, topic = faithful.queue(NOTHING), faithful.topic()
    policy = statement(queue.arn, {"StringEquals": {"aws:SourceAccount": account}})
    faithful.client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": json.dumps(policy)})
    faithful.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)

    lost = rule_to(faithful, queue.arn)
    faithful.client("sns").publish(TopicArn=topic, Message="order")

    assert len(queue.messages(2, within=5 if delivered else 0.5)) == (2 if delivered else 0)
    assert bool(lost.messages(within=0.1 if delivered else 5)) is not delivered


def test_a_subscription_that_is_not_permitted_goes_to_its_dead_letter_queue(faithful: Lab) -> None:
    lost, topic = faithful.queue(), faithful.topic()
    _name, live = function_with_alias(faithful)
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": lost.arn})}
    faithful.client("sns").subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=faithful.function_arn(live), Attributes=redrive
    )

    faithful.client("sns").publish(TopicArn=topic, Message="order")

    assert lost.body()["Message"] == "order"


def notify(lab: Lab, function: str) -> None:
    configuration = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
    lab.client("s3").put_bucket_notification_configuration(
        Bucket=lab.bucket(), NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )


def subscribe_log(lab: Lab, function: str) -> None:
    logs, group = lab.client("logs"), f"/{lab.name()}"
    logs.create_log_group(logGroupName=group)
    logs.put_subscription_filter(logGroupName=group, filterName="all", filterPattern="", destinationArn=function)


@pytest.mark.parametrize(
    ("configure", "service", "refusal"),
    [
        (notify, "s3", "Unable to validate the following destination configurations"),
        (subscribe_log, "logs", "Could not execute the lambda function"),
    ],
    ids=["bucket", "log group"],
)
def test_what_is_not_permitted_cannot_be_configured(faithful: Lab, configure: Any, service: str, refusal: str) -> None:  # noqa: ANN401 - one of the above
    _name, live = function_with_alias(faithful)

    with pytest.raises(ClientError, match=refusal):
        configure(faithful, faithful.function_arn(live))

    configure(faithful, faithful.permit(live, service))


def test_the_published_emulator_lets_anything_be_configured(stock: Lab) -> None:
    _name, live = function_with_alias(stock)

    notify(stock, stock.function_arn(live))
    subscribe_log(stock, stock.function_arn(live))


def notified_of_alarm(lab: Lab, policy: dict[str, Any] | None) -> Queue:
    """A queue behind a topic that an alarm notifies."""
    queue, topic, alarm = lab.queue(), lab.topic(), lab.name()
    lab.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    if policy is not None:
        lab.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm,
        Namespace=alarm,
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching",
        AlarmActions=[topic],
    )
    found = lab.client("cloudwatch").describe_alarms
    eventually(lambda: found(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"] == "ALARM")
    return queue


def test_an_alarm_may_notify_by_the_default_policy_of_a_topic(faithful: Lab) -> None:
    assert notified_of_alarm(faithful, None).body()["Type"] == "Notification"


def test_an_alarm_may_not_notify_where_the_policy_of_the_topic_does_not_let_it(faithful: Lab) -> None:
    assert notified_of_alarm(faithful, NOTHING).messages(within=0.5) == []


@pytest.mark.parametrize(("source", "status"), [("*/*/orders/*", 200), ("*/GET/other", 500)])
def test_an_api_needs_permission_for_the_route(faithful: Lab, source: str, status: int) -> None:
    name, gateway = faithful.function("def handler(event, context): return {'statusCode': 200}"), "apigatewayv2"
    api = faithful.client(gateway).create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integration = faithful.client(gateway).create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=faithful.function_arn(name),
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    faithful.client(gateway).create_route(ApiId=api, RouteKey="GET /orders/{id}", Target=f"integrations/{integration}")
    faithful.client(gateway).create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    faithful.client("lambda").add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=faithful.arn("execute-api", f"{api}/{source}"),
    )

    response = faithful.cloud.request(f"https://{api}.execute-api.{faithful.region}.amazonaws.com/orders/7")

    assert response.status == status
