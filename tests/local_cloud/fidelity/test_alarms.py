"""CloudWatch alarms that go off."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

FAILS = "def handler(event, context): raise ValueError(event)"


def put_alarm(lab: Lab, **settings: Any) -> str:  # noqa: ANN401 - any of the API's
    name = lab.name()
    usual = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum"}
    if "Metrics" in settings:
        usual = {key: usual[key] for key in ("EvaluationPeriods", "Threshold")}
    comparison = {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}
    lab.client("cloudwatch").put_metric_alarm(AlarmName=name, **{**usual, **comparison, **settings})
    return name


def errors_of(function: str) -> dict[str, Any]:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
    }


def state(lab: Lab, alarm: str) -> str:
    (found,) = lab.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found["StateValue"])


def becomes(lab: Lab, alarm: str, wanted: str, within: float = 5) -> bool:
    try:
        return eventually(lambda: state(lab, alarm) == wanted, within=within)
    except TimeoutError:
        return False


def test_an_error_of_a_function_sets_off_its_alarm_and_notifies(faithful: Lab) -> None:
    queue, topic, name = faithful.queue(), faithful.topic(), faithful.function(FAILS)
    faithful.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    alarm = put_alarm(faithful, **errors_of(name), TreatMissingData="notBreaching", AlarmActions=[topic])

    faithful.invoke(name)

    assert becomes(faithful, alarm, "ALARM")
    message = json.loads(queue.body()["Message"])
    assert (message["AlarmName"], message["NewStateValue"]) == (alarm, "ALARM")
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (")


def test_the_published_emulator_never_evaluates_alarms_on_functions(stock: Lab) -> None:
    name = stock.function(FAILS)
    alarm = put_alarm(stock, **errors_of(name))

    stock.invoke(name)

    assert not becomes(stock, alarm, "ALARM", within=1.2)


def test_the_dimensions_decide(faithful: Lab) -> None:
    failing, other = faithful.function(FAILS), faithful.function(FAILS)
    alarm = put_alarm(faithful, **errors_of(failing))
    others = put_alarm(faithful, **errors_of(other), TreatMissingData="notBreaching")

    faithful.invoke(failing)

    assert becomes(faithful, alarm, "ALARM")
    assert state(faithful, others) == "OK"


def put_data(lab: Lab, namespace: str, value: float, stage: str) -> None:
    datum = {"MetricName": "Late", "Dimensions": [{"Name": "Stage", "Value": stage}], "Value": value}
    lab.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def custom(namespace: str) -> dict[str, Any]:
    return {"Namespace": namespace, "MetricName": "Late", "Dimensions": [{"Name": "Stage", "Value": "live"}]}


def test_the_published_emulator_mixes_the_data_of_all_dimensions(stock: Lab) -> None:
    namespace = stock.name()
    alarm = put_alarm(stock, **custom(namespace))

    put_data(stock, namespace, 5, "test")

    assert becomes(stock, alarm, "ALARM")


@pytest.mark.parametrize(
    ("treatment", "expected"), [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")]
)
def test_missing_data_is_treated_as_the_alarm_says(faithful: Lab, treatment: str, expected: str) -> None:
    alarm = put_alarm(faithful, **custom(faithful.name()), TreatMissingData=treatment)

    assert becomes(faithful, alarm, expected)


def test_the_published_emulator_does_not_treat_missing_data(stock: Lab) -> None:
    alarm = put_alarm(stock, **custom(stock.name()), TreatMissingData="breaching")

    assert not becomes(stock, alarm, "ALARM", within=1.2)


def test_an_alarm_recovers_by_itself_when_its_period_is_over(faithful: Lab) -> None:
    namespace = faithful.name()
    alarm = put_alarm(faithful, **custom(namespace), Period=1)
    put_data(faithful, namespace, 5, "live")
    assert becomes(faithful, alarm, "ALARM")

    put_data(faithful, namespace, 0, "live")
    time.sleep(1)
    put_data(faithful, namespace, 0, "live")

    assert becomes(faithful, alarm, "OK")


def error_rate(function: str) -> list[dict[str, Any]]:
    def metric(id_: str, name: str) -> dict[str, Any]:
        described = {**errors_of(function), "MetricName": name}
        return {"Id": id_, "MetricStat": {"Metric": described, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    rate = {"Id": "rate", "Expression": "100 * errors / invocations"}
    return [metric("errors", "Errors"), metric("invocations", "Invocations"), rate]


def alarm_in_template(name: str, function: str) -> dict[str, Any]:
    properties = {
        "AlarmName": name,
        "Metrics": error_rate(function),
        "EvaluationPeriods": 1,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def test_an_alarm_on_an_error_rate_works_and_so_does_one_on_that_alarm(faithful: Lab) -> None:
    name, rate, either = faithful.function(FAILS), faithful.name(), faithful.name()
    composite = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmName": either, "AlarmRule": f'ALARM("{rate}")'},
        "DependsOn": "Rate",
    }
    faithful.deploy({"Rate": alarm_in_template(rate, name), "Either": composite})

    faithful.invoke(name)

    assert becomes(faithful, rate, "ALARM")
    (found,) = faithful.client("cloudwatch").describe_alarms(AlarmNames=[either], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert found["StateValue"] == "ALARM"


def test_an_alarm_on_an_error_rate_that_the_api_puts_works_as_well(faithful: Lab) -> None:
    name = faithful.function(FAILS)
    alarm = put_alarm(faithful, Metrics=error_rate(name))

    faithful.invoke(name)

    assert becomes(faithful, alarm, "ALARM")


def test_the_published_emulator_refuses_a_template_with_an_error_rate(stock: Lab) -> None:
    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        stock.deploy({"Rate": alarm_in_template(stock.name(), "x")})


def test_an_expression_that_is_not_evaluated_is_written_down(faithful: Lab) -> None:
    alarm = alarm_in_template(faithful.name(), "x")
    alarm["Properties"]["Metrics"][-1]["Expression"] = "ANOMALY_DETECTION_BAND(errors, 2)"

    faithful.deploy({"Odd": alarm})

    reasons = [entry.reason for entry in faithful.cloud.recorded() if entry.logical_id == "Odd"]
    assert reasons == ["ANOMALY_DETECTION_BAND(errors, 2) is not evaluated"]
