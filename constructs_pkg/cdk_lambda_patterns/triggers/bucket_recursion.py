"""Which keys of a bucket a function was granted to write."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns.json_values import as_list, as_mapping

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_WRITES = ("s3:PutObject", "s3:ReplicateObject", "s3:RestoreObject")


def written_patterns(function: WellArchitectedFunction, bucket: s3.IBucket) -> list[str]:
    """The patterns of keys, with wildcards, that the function may write in the bucket.

    Args:
        function: The function, whose role's own policy is read; managed policies are left to the checks over the
            template.
        bucket: The bucket.
    """
    stack = cdk.Stack.of(function)
    policy = cast("cdk.aws_iam.IRole", function.role).node.try_find_child("DefaultPolicy")
    if not isinstance(policy, iam.Policy):
        return []
    bucket_arn = stack.resolve(bucket.bucket_arn)
    document = stack.resolve(policy.document)
    return [
        pattern
        for statement in document.get("Statement", [])
        if statement.get("Effect") == "Allow" and _writes(statement)
        for resource in as_list(statement.get("Resource"))
        for pattern in _keys(resource, bucket_arn)
    ]


def _writes(statement: dict[str, Any]) -> bool:
    return any(
        fnmatch.fnmatchcase(write.lower(), action.lower())
        for action in as_list(statement.get("Action"))
        for write in _WRITES
    )


def _keys(resource: object, bucket_arn: object) -> list[str]:
    """The pattern of keys that a resource of a policy names in the bucket, if it does."""
    if resource == "*":
        return ["*"]
    if isinstance(resource, str) and isinstance(bucket_arn, str):
        return [resource.removeprefix(f"{bucket_arn}/")] if resource.startswith(f"{bucket_arn}/") else []
    parts = _joined(resource)
    arn = _joined(bucket_arn)
    if parts[: len(arn)] != arn or len(parts) != len(arn) + 1:
        return []
    rest = parts[-1]
    return [rest.removeprefix("/")] if isinstance(rest, str) else ["*"]


def _joined(value: object) -> list[Any]:
    """The parts of an `Fn::Join` without a separator; anything else is one part."""
    join = as_list((as_mapping(value) or {}).get("Fn::Join"))
    if not join or join[0] != "":
        return [value]
    parts = as_list(join[1])
    last = parts[-1]
    if isinstance(last, str) and "/" in last and not last.startswith("/"):
        head, tail = last.split("/", 1)
        return [*parts[:-1], head, f"/{tail}"]
    return parts
