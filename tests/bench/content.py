"""What two templates have in common beside the names that were given."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_lambda_patterns.testing import Template

_OF_ROLES = "AWS::IAM::Policy"
_OF_QUEUES = "AWS::SQS::QueuePolicy"
# As the CDK's alias says it, so that who says it waits for the alias.
_NAME_OF_THE_ALIAS = {"Fn::Select": [7, {"Fn::Split": [":", {"Ref": "AWS::Lambda::Alias"}]}]}


def types(template: Template) -> Counter[str]:
    """How many resources there are of each type."""
    return Counter(resource["Type"] for resource in template["Resources"].values())


def size(template: Template) -> int:
    """Bytes of the template as CloudFormation receives it, without the texts of alarms, which say more or less."""
    return len(json.dumps(_without_descriptions(template), separators=(",", ":")).encode())


def content(template: Template) -> dict[str, Any]:
    """The resources by what they are, without names and texts; what roles may do and queues refuse, wherever it stands.

    Which of them waits for which follows from the references.
    """
    names = {name: _label(resource) for name, resource in template["Resources"].items()}
    renamed = _renamed(_without_descriptions(template)["Resources"], names)
    of_roles, of_queues = [], []
    for resource in renamed.values():
        properties = resource["Properties"]
        policies = [properties] if resource["Type"] == _OF_ROLES else properties.pop("Policies", [])
        of_roles += [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
        if resource["Type"] == _OF_QUEUES:
            statements = properties["PolicyDocument"]["Statement"]
            # The resource is the queue that has the policy, however it is named.
            of_queues += [
                {**statement, "Resource": queue} for queue in properties["Queues"] for statement in statements
            ]
        if properties.get("Qualifier") == _NAME_OF_THE_ALIAS:
            properties["Qualifier"] = "live"
        resource.pop("DependsOn", None)
    return {
        "resources": {
            label: resource for label, resource in renamed.items() if resource["Type"] not in {_OF_ROLES, _OF_QUEUES}
        },
        "roles": sorted(
            (action, json.dumps(statement["Resource"])) for statement in of_roles for action in _actions(statement)
        ),
        "queues": sorted(json.dumps(statement, sort_keys=True) for statement in of_queues),
    }


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


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
