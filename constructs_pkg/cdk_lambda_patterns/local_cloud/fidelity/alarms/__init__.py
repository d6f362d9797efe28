"""CloudWatch alarms that go off.

What the published emulator does: it evaluates an alarm when an application puts data of the same metric, whatever its
dimensions, over all periods at once; never on the metrics of services, never because time passes. Missing data, M out
of N and metric math are ignored.

What AWS does: it evaluates each alarm over and over, on the data of its own dimensions, period by period, with missing
data treated as the alarm says, and notifies on every change of state.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
"""

from __future__ import annotations

import logging
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..support import recorded
from ..support.emulator import Record, around, module
from .evaluation import evaluate
from .metric_math import Expression, UnsupportedExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("fidelity.alarms")
_EVERY_SECONDS = 1.0
_evaluating = threading.Lock()


def apply() -> None:
    """Evaluate every alarm each second."""
    cloudwatch = module("services.cloudwatch")
    provisioners = module("services.cloudformation.provisioners")

    @around(cloudwatch, "_evaluate_alarm", "alarm")
    def _evaluate(original: object, alarm: Record) -> None:
        del original
        if alarm.get("Metrics") or alarm.get("MetricName"):
            _update_state(alarm)

    @around(cloudwatch, "_put_metric_alarm", "params, cbor_data, is_cbor, is_json")
    def _put(original: Callable[..., object], params: Record, cbor_data: Record, *protocol: bool) -> object:
        answer = original(params, cbor_data, *protocol)
        alarm = cloudwatch._alarms.get(cbor_data.get("AlarmName"))
        if alarm is not None and cbor_data.get("Metrics"):
            alarm["Metrics"] = cbor_data["Metrics"]
        return answer

    @around(provisioners, "_cw_metric_alarm_record", "name, props")
    def _from_template(original: Callable[..., Record], name: str, props: Record) -> Record:
        metrics: list[Record] | None = props.get("Metrics")
        if not metrics:
            return original(name, props)
        single = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = original(name, {**single, "MetricName": "-", "Namespace": "-"})
        for absent in ("MetricName", "Namespace", "Statistic", "Period"):
            alarm.pop(absent)
        return {**alarm, "Metrics": metrics}

    handler = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(original: Callable[..., object], logical_id: str, props: Record, stack_name: str) -> object:
        for text in _unsupported(props.get("Metrics") or []):
            recorded.note(stack_name, logical_id, "AWS::CloudWatch::Alarm.Metrics", f"{text} is not evaluated")
        return original(logical_id, props, stack_name)

    provisioners._RESOURCE_HANDLERS.setdefault(
        "AWS::CloudWatch::CompositeAlarm",
        {"create": _create_composite, "update": _update_composite, "delete": _delete_composite},
    )
    threading.Thread(target=_watch, daemon=True, name="alarms").start()


def _create_composite(logical_id: str, props: Record, stack_name: str) -> tuple[str, Record]:
    name = str(
        props.get("AlarmName") or module("services.cloudformation.provisioners")._physical_name(stack_name, logical_id)
    )
    return _put_composite(name, props)


def _update_composite(physical_id: str, _old_props: Record, new_props: Record, _stack_name: str) -> tuple[str, Record]:
    return _put_composite(physical_id, new_props)


def _put_composite(name: str, properties: Record) -> tuple[str, Record]:
    cloudwatch = module("services.cloudwatch")
    request = {**properties, "AlarmName": name}
    status, _headers, body = cloudwatch._put_composite_alarm({}, request, is_cbor=False, is_json=True)
    if status != HTTPStatus.OK:
        raise ValueError(body.decode())
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete_composite(physical_id: str, _props: Record) -> None:
    module("services.cloudwatch")._composite_alarms.pop(physical_id, None)


def _unsupported(metrics: list[Record]) -> list[str]:
    found: list[str] = []
    for query in metrics:
        if isinstance(query.get("Expression"), str):
            try:
                Expression(query["Expression"])
            except UnsupportedExpressionError:
                found.append(query["Expression"])
    return found


def _watch() -> None:
    cloudwatch = module("services.cloudwatch")
    while True:
        time.sleep(_EVERY_SECONDS)
        for (account, region, _name), alarm in list(cloudwatch._alarms._data.items()):
            with module("core.responses").request_scope(account, region):
                try:
                    cloudwatch._evaluate_alarm(alarm)
                except Exception:
                    _logger.exception("alarm %s could not be evaluated", alarm.get("AlarmName"))


def _update_state(alarm: Record) -> None:
    """Set the state that the data asks for, and tell whoever the alarm names."""
    cloudwatch = module("services.cloudwatch")
    # Who releases a function evaluates its alarms too: a change is noticed once.
    with _evaluating:
        try:
            verdict = evaluate(alarm)
        except UnsupportedExpressionError:
            return
        before = alarm["StateValue"]
        if verdict.state == before:
            return
        alarm["StateValue"] = verdict.state
    alarm["StateReason"] = verdict.reason
    alarm["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], before, verdict.state, verdict.reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)
