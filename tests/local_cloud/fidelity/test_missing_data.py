"""Which state missing data leads to: the tables of CloudWatch's documentation.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
RETAINED = UNKNOWN  # an alarm's state before it is first evaluated


# Data of five periods, the oldest first; of how many which must breach; states by treatment.
@pytest.mark.parametrize(
    ("data", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", 3, OK, OK, OK, OK),
        ("- - - - 0", 3, OK, OK, OK, OK),
        ("- - - - -", 3, UNKNOWN, RETAINED, ALARM, OK),
        ("0 X X - X", 3, ALARM, ALARM, ALARM, ALARM),
        ("- - X - -", 3, ALARM, RETAINED, ALARM, OK),
        ("0 - X - X", 2, ALARM, ALARM, ALARM, ALARM),
        ("0 0 X - X", 2, ALARM, ALARM, ALARM, ALARM),
        ("0 - X - -", 2, OK, OK, ALARM, OK),
        ("- - - - 0", 2, OK, OK, ALARM, OK),
        ("- - - X -", 2, ALARM, RETAINED, ALARM, OK),
        ("- - - - X", 3, RETAINED, RETAINED, ALARM, OK),
    ],
)
def test_missing_data_leads_to_the_documented_state(  # noqa: PLR0917 - a table's columns
    faithful: Lab, data: str, needed: int, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    cloudwatch, namespace = faithful.client("cloudwatch"), faithful.name()
    if time.time() % 60 > 57:
        time.sleep(3)  # the periods must not move on in the middle of the test
    newest = time.time() // 60 * 60
    for age, value in enumerate(reversed(data.split()), start=1):
        if value != "-":
            datum = {"MetricName": "M", "Value": float(value == "X"), "Timestamp": newest - age * 60 + 30}
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    for treatment in ("missing", "ignore", "breaching", "notBreaching"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{namespace}-{treatment}",
            Namespace=namespace,
            MetricName="M",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=3,
            DatapointsToAlarm=needed,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData=treatment,
        )

    found = cloudwatch.describe_alarms(AlarmNamePrefix=namespace)["MetricAlarms"]
    states = {alarm["AlarmName"].rpartition("-")[2]: alarm["StateValue"] for alarm in found}
    assert states == {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
