"""Puts data points of AWS's own metrics where the emulator keeps those that applications publish."""

from __future__ import annotations

from .emulator import Record, module
from .functions import Invoked


def put(namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    """Put one data point, in the account and Region that the current thread acts in."""
    module("services.cloudwatch").record_metric(namespace, name, value, unit, dimensions)


def put_lambda(config: Record, name: str, value: float, unit: str = "Count", *, version: str | None = None) -> None:
    """Put one data point of a function under each set of dimensions that Lambda publishes.

    Args:
        config: The function's configuration, whose ARN ends in the qualifier that was invoked.
        name: The metric's name.
        value: The value.
        unit: Its unit.
        version: The version that was executed, where an alias was invoked.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html#monitoring-metrics-dimensions
    """
    invoked = Invoked.of(config)
    function = {"FunctionName": invoked.function_name}
    resource = {**function, "Resource": ":".join(filter(None, [invoked.function_name, invoked.qualifier]))}
    sets: list[dict[str, str]] = [{}, function, resource]
    if version is not None and invoked.is_alias:
        sets.append({**resource, "ExecutedVersion": version})
    with invoked.scope():
        for dimensions in sets:
            put("AWS/Lambda", name, value, unit, dimensions)
