"""What two templates have in common beside the names that were given."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_lambda_patterns.testing import Template

_POLICY = "AWS::IAM::Policy"


def types(template: Template) -> Counter[str]:
    """How many resources there are of each type."""
    return Counter(resource["Type"] for resource in template["Resources"].values())


def size(template: Template) -> int:
    """Bytes of the template as CloudFormation receives it, without the texts of alarms, which say more or less."""
    return len(json.dumps(_without_descriptions(template), separators=(",", ":")).encode())


def content(template: Template) -> dict[str, Any]:
    """The resources by what they are, without names and texts; what roles may do, wherever it stands."""
    names = {name: _label(resource) for name, resource in template["Resources"].items()}
    renamed = _renamed(_without_descriptions(template)["Resources"], names)
    statements = []
    for resource in renamed.values():
        policies = resource["Properties"].pop("Policies", [])
        if resource["Type"] == _POLICY:
            policies = [resource["Properties"]]
        statements += [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
        # Which of them waits for which follows from the references.
        resource.pop("DependsOn", None)
    return {
        "resources": {label: resource for label, resource in renamed.items() if resource["Type"] != _POLICY},
        "statements": sorted(json.dumps(statement, sort_keys=True) for statement in statements),
    }


def _label(resource: dict[str, Any]) -> str:
    kind = str(resource["Type"])
    return f"{kind} {resource['Properties']['MetricName']}" if kind == "AWS::CloudWatch::Alarm" else kind


def _without_descriptions(template: Template) -> Template:
    copy: Template = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        resource.get("Properties", {}).pop("AlarmDescription", None)
    return copy


def _renamed(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(element, names) for element in value]
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(element, names) for key, element in value.items()}
    return value
