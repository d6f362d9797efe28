"""What is deployed, by the names that the app gives it: `orders.queue("Orders/DeadLetterQueue")`.

Names are looked up in the deployed templates, where the CDK leaves each resource's construct path, so they work in any
process that finds the cloud running.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cdk_lambda_patterns.errors import LocalCloudError

from .resources import Alarm, Bucket, EventBus, Function, Queue, Resource, Stream, Table, Topic
from .unsupported import NotShown, covers, not_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .cloud import LocalCloud, Recorded

ResourceT = TypeVar("ResourceT", bound=Resource)

_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """Where a stack was deployed to."""

    name: str
    """CloudFormation's name of it."""
    path: str
    """The construct's path, for example `Prod/Orders`."""
    account: str
    """The account it is in, 12 digits."""
    region: str
    """The region it is in."""


class Deployment:
    """What was deployed together: one stack or several, with their resources by construct path.

    A resource is named as in the app: by its construct's path in its stack (`"Orders/DeadLetterQueue"`), by the path of
    a construct that has one such resource within it, by the last words of its path, or by its logical id. A name that
    means none, or several, is a `LocalCloudError` that says what there is.
    """

    def __init__(self, cloud: LocalCloud, stacks: Sequence[DeployedStack]) -> None:
        """Describe stacks of a cloud; `LocalCloud.deploy()` and `LocalCloud.deployed()` do so.

        Args:
            cloud: Where they are.
            stacks: Which they are.
        """
        self.cloud = cloud
        self.stacks = tuple(stacks)

    def __repr__(self) -> str:
        return f"<Deployment of {', '.join(stack.path for stack in self.stacks) or 'nothing'} at {self.cloud.endpoint}>"

    def stack(self, name: str) -> Deployment:
        """The part of it that one stack is.

        Args:
            name: The stack's construct path or CloudFormation's name of it.

        Raises:
            LocalCloudError: No stack is called so.
        """
        found = [stack for stack in self.stacks if name in (stack.path, stack.name)]
        if len(found) != 1:
            names = ", ".join(stack.path for stack in self.stacks) or "none"
            raise LocalCloudError(f"no stack is called '{name}'; deployed are: {names}")
        return Deployment(self.cloud, found)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The outputs by name; of several stacks by `<stack's name>.<name>`, as the CDK CLI prints them."""
        found: dict[str, str] = {}
        for stack in self.stacks:
            described = self._cloudformation(stack).describe_stacks(StackName=stack.name)["Stacks"][0]
            prefix = f"{stack.name}." if len(self.stacks) > 1 else ""
            found |= {prefix + output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
        return found

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource, in nested stacks too."""
        return tuple(found for stack in self.stacks for found in self._resources_of(stack, stack.name))

    @property
    def templates(self) -> Iterator[tuple[DeployedStack, Mapping[str, Any]]]:
        """The template of each stack, as it was deployed, those of nested stacks included."""
        for stack in self.stacks:
            yield stack, self._template(stack, stack.name)
            for resource in self.resources:
                if resource.type == _NESTED and resource.stack == stack:
                    yield stack, self._template(stack, resource.physical_id)

    def function(self, name: str) -> Function:
        """The Lambda function of that name; see the class for what a name may be."""
        return self._named(name, Function)

    def queue(self, name: str) -> Queue:
        """The SQS queue of that name; see the class for what a name may be."""
        return self._named(name, Queue)

    def bucket(self, name: str) -> Bucket:
        """The S3 bucket of that name; see the class for what a name may be."""
        return self._named(name, Bucket)

    def topic(self, name: str) -> Topic:
        """The SNS topic of that name; see the class for what a name may be."""
        return self._named(name, Topic)

    def table(self, name: str) -> Table:
        """The DynamoDB table of that name; see the class for what a name may be."""
        return self._named(name, Table)

    def stream(self, name: str) -> Stream:
        """The Kinesis stream of that name; see the class for what a name may be."""
        return self._named(name, Stream)

    def event_bus(self, name: str = "default") -> EventBus:
        """The EventBridge bus of that name.

        Args:
            name: See the class for what a name may be; `default` is the bus that every account has.
                Default: default
        """
        if name == "default":
            stack = self.stacks[0]
            return EventBus(
                cloud=self.cloud,
                stack=stack,
                stack_name=stack.name,
                path=name,
                type=EventBus.types[0],
                logical_id=name,
                physical_id=name,
            )
        return self._named(name, EventBus)

    def alarm(self, name: str) -> Alarm:
        """The CloudWatch alarm of that name; see the class for what a name may be."""
        return self._named(name, Alarm)

    def resource(self, name: str, type: str | None = None) -> Resource:  # noqa: A002 - CloudFormation's word
        """The resource of that name, for its physical id.

        Args:
            name: See the class for what a name may be.
            type: Its type, for example `AWS::SNS::Topic`, where the name alone does not tell.
                Default: - any.

        Raises:
            LocalCloudError: None is called so, or several are; with what there is.
        """
        return _find(
            name, [found for found in self.resources if type is None or found.type == type], type or "resource"
        )

    def all(self, kind: type[ResourceT]) -> list[ResourceT]:
        """Every resource of a kind: `all(Queue)`."""
        return [resource for resource in self.resources if isinstance(resource, kind)]

    @property
    def recorded(self) -> list[Recorded]:
        """What of it the local cloud only keeps a record of."""
        names = {resource.stack_name for resource in self.resources} | {stack.name for stack in self.stacks}
        return [entry for entry in self.cloud.recorded() if entry.stack in names]

    @property
    def not_shown(self) -> list[NotShown]:
        """What of it the local cloud cannot show: see `cdk_lambda_patterns.local_cloud.unsupported`."""
        return not_shown(template for _, template in self.templates)

    @property
    def notes(self) -> list[str]:
        """What a deployment that succeeds here does not prove, line by line: for people, after each deployment."""
        entries = self.not_shown
        recorded: dict[str, list[str]] = {}
        for found in self.recorded:
            if not any(covers(entry, found.type) for entry in entries):
                recorded.setdefault(f"{found.type}: {found.reason}", []).append(found.logical_id)
        return [*map(str, entries), *(f"{what} ({', '.join(ids)})" for what, ids in recorded.items())]

    def _named(self, name: str, kind: type[ResourceT]) -> ResourceT:
        return _find(name, self.all(kind), kind.word)

    def _cloudformation(self, stack: DeployedStack) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
        return self.cloud.client("cloudformation", account=stack.account, region=stack.region)

    def _template(self, stack: DeployedStack, name: str) -> Mapping[str, Any]:
        body = self._cloudformation(stack).get_template(StackName=name)["TemplateBody"]
        template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
        return template

    def _resources_of(self, stack: DeployedStack, name: str) -> Iterator[Resource]:
        declared = self._template(stack, name).get("Resources", {})
        pages = self._cloudformation(stack).get_paginator("list_stack_resources").paginate(StackName=name)
        for summary in (summary for page in pages for summary in page["StackResourceSummaries"]):
            logical_id, physical_id = summary["LogicalResourceId"], summary.get("PhysicalResourceId", "")
            kind = _KINDS.get(summary["ResourceType"], Resource)
            path = declared.get(logical_id, {}).get("Metadata", {}).get("aws:cdk:path")
            yield kind(
                cloud=self.cloud,
                stack=stack,
                stack_name=name,
                path=_construct_path(path) if path else f"{stack.path}/{logical_id}",
                type=summary["ResourceType"],
                logical_id=logical_id,
                physical_id=physical_id,
            )
            if summary["ResourceType"] == _NESTED and physical_id:
                yield from self._resources_of(stack, physical_id)


_KINDS: Mapping[str, type[Resource]] = {
    kind_type: kind
    for kind in (Alarm, Bucket, EventBus, Function, Queue, Stream, Table, Topic)
    for kind_type in kind.types
}


def _construct_path(path: str) -> str:
    """The path of the construct that a user made: an L2's resource is a child that is called `Resource`."""
    return path.removesuffix("/Resource").removesuffix("/Default")


def _find(name: str, candidates: Sequence[ResourceT], word: str) -> ResourceT:
    """The one resource that a name means: the first way of reading it that any resource answers to decides."""
    name = name.strip("/")
    for reading in (_is_it, _is_its_part, _is_within_it, _ends_with_it):
        found = [resource for resource in candidates if reading(resource, name)]
        if len(found) == 1:
            return found[0]
        if found:
            paths = ", ".join(resource.path for resource in found)
            raise LocalCloudError(f"'{name}' may mean several of: {paths}; name one of these")
    names = ", ".join(resource.path for resource in candidates) or "none"
    raise LocalCloudError(f"no {word} is called '{name}'; there are: {names}")


def _is_it(resource: Resource, name: str) -> bool:
    return name in (resource.path, resource.path_in_stack, resource.logical_id, resource.physical_id)


def _is_its_part(resource: Resource, name: str) -> bool:
    """A pattern's main resource has the name of its kind: the queue of `Orders` is `Orders/Queue`."""
    part = type(resource).word.title().replace(" ", "")
    return f"{name}/{part}" in (resource.path, resource.path_in_stack)


def _is_within_it(resource: Resource, name: str) -> bool:
    return any(path.startswith(f"{name}/") for path in (resource.path, resource.path_in_stack))


def _ends_with_it(resource: Resource, name: str) -> bool:
    return resource.path.endswith(f"/{name}")
