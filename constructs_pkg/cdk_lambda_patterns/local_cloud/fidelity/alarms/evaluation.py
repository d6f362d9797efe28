"""Whether an alarm's metric is beyond its threshold: data points, missing data, M out of N.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..support.emulator import Record, module, parts
from .metric_math import Expression

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
# CloudWatch looks back a little further than the alarm's periods.
_EXTRA_PERIODS = 2
_GROWING_STATISTICS = {"Sum", "SampleCount"}


@dataclass(frozen=True)
class DataPoint:
    """The metric in one period."""

    start: float
    value: float | None
    """None: there was no data."""


@dataclass(frozen=True)
class Verdict:
    """The state an alarm should have, and why."""

    state: str
    reason: str


def evaluate(alarm: Record, now: float | None = None) -> Verdict:
    """Judge an alarm by the data that there is now.

    Args:
        alarm: As the emulator stores it.
        now: Seconds since 1970. Default: - the clock.
    """
    count = int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or count)
    points = data_points(alarm, count + _EXTRA_PERIODS, time.time() if now is None else now)
    present = [point for point in points if point.value is not None][:count]
    breaching = [point for point in present if _is_breaching(alarm, point)]
    state = _state(alarm, points, present, breaching, needed)
    return Verdict(state, _reason(alarm, present, breaching, needed, state))


def data_points(alarm: Record, count: int, now: float) -> list[DataPoint]:
    """The data points of as many whole periods, the newest first; before them the running period, where it may count.

    AWS evaluates a metric as its data comes in. The running period does not count where it has no data yet, or where
    its value still grows and the alarm is about too low a value.
    """
    queries: list[Record] = alarm.get("Metrics") or [_single_query(alarm)]
    period = max(int(stat["Period"]) for query in queries if "Period" in (stat := query.get("MetricStat", query)))
    newest = now // period * period
    points = [
        DataPoint(start, _value(queries, start, period)) for start in (newest - period * i for i in range(count + 1))
    ]
    growing = any(query.get("MetricStat", {}).get("Stat") in _GROWING_STATISTICS for query in queries)
    too_low = str(alarm.get("ComparisonOperator")).startswith("LessThan")
    return points[1:] if points[0].value is None or (growing and too_low) else points[:count]


def _single_query(alarm: Record) -> Record:
    metric = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    stat = {"Metric": metric, "Period": alarm.get("Period") or 60, "Stat": statistic, "Unit": alarm.get("Unit")}
    return {"Id": "metric", "MetricStat": stat, "ReturnData": True}


def _value(queries: list[Record], start: float, period: int) -> float | None:
    values = {query["Id"]: _statistic(query["MetricStat"], start, period) for query in queries if "MetricStat" in query}
    expressions = {query["Id"]: query["Expression"] for query in queries if "Expression" in query}
    # An expression may use another one; the template's order says nothing.
    while expressions:
        ready = [
            id_ for id_, text in expressions.items() if not any(other in text for other in expressions if other != id_)
        ]
        for id_ in ready or list(expressions):
            values[id_] = Expression(expressions.pop(id_)).value(values)
    return values[next(query["Id"] for query in queries if str(query.get("ReturnData", True)).lower() == "true")]


def _statistic(stat: Record, start: float, period: int) -> float | None:
    cloudwatch = module("services.cloudwatch")
    metric: Record = stat["Metric"]
    dimensions = cloudwatch._dims_key(
        {dimension["Name"]: dimension["Value"] for dimension in parts(metric, "Dimensions")}
    )
    stored: list[Record] = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    points = [point for point in list(stored) if start <= point["Timestamp"] < start + period]
    if stat.get("Unit"):
        points = [point for point in points if point.get("Unit") == stat["Unit"]]
    if not points:
        return None
    value: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), stat["Stat"], points)
    return value


def _is_breaching(alarm: Record, point: DataPoint) -> bool:
    compare, _words = _COMPARISONS[alarm["ComparisonOperator"]]
    return point.value is not None and compare(point.value, float(alarm.get("Threshold") or 0))


def _state(
    alarm: Record,
    points: list[DataPoint],
    present: list[DataPoint],
    breaching: list[DataPoint],
    needed: int,
) -> str:
    missing = int(alarm.get("EvaluationPeriods") or 1) - len(present)
    treatment = alarm.get("TreatMissingData") or "missing"
    if len(breaching) + (missing if treatment == "breaching" else 0) >= needed:
        return "ALARM"
    if missing == 0 or len(breaching) < len(present) or treatment in {"breaching", "notBreaching"}:
        return "OK"
    if treatment == "missing" and not present:
        return "INSUFFICIENT_DATA"
    # All there is breaches: an alarm where missing data is just missing, unless it is too new to tell.
    old_enough = bool(present) and points.index(present[-1]) + 1 >= needed
    return "ALARM" if treatment == "missing" and old_enough else str(alarm["StateValue"])


def _reason(alarm: Record, present: list[DataPoint], breaching: list[DataPoint], needed: int, state: str) -> str:
    if not present:
        treatment = alarm.get("TreatMissingData") or "missing"
        return f"Insufficient Data: no data points were received; missing data is treated as [{treatment}]."
    _compare, words = _COMPARISONS[alarm["ComparisonOperator"]]
    shown = ", ".join(f"{point.value} ({_clock(point.start)})" for point in present)
    return (
        f"Threshold Crossed: {len(breaching)} out of the last {len(present)} datapoints [{shown}] "
        f"{'were' if len(present) > 1 else 'was'} {words} the threshold ({float(alarm.get('Threshold') or 0)}) "
        f"(minimum {needed} datapoint{'s' if needed > 1 else ''} for {alarm['StateValue']} -> {state} transition)."
    )


def _clock(start: float) -> str:
    return datetime.fromtimestamp(start, UTC).strftime("%d/%m/%y %H:%M:%S")
