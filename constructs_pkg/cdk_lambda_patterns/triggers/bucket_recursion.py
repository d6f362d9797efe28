"""Whether a function may change, in a bucket, what its own trigger watches.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns.json_values import as_list
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aws_cdk import aws_s3 as s3

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

# What stands in a pattern of keys for a part that is only known at deployment.
_UNKNOWN = "\0"
# Wildcards of IAM, its policy variables, and the unknown.
_SPECIAL = re.compile(rf"[*?]|\$\{{[^}}]*\}}|{_UNKNOWN}")
_ANY_BUCKET = re.compile(r"arn:[^:]*:s3:::\*(?:/(?P<keys>.*))?")


class Grant(NamedTuple):
    """A right of a function in a bucket."""

    action: str
    keys: str
    """The pattern of keys, with IAM's wildcards."""


def grants_in(function: WellArchitectedFunction, bucket: s3.IBucket, actions: Sequence[str]) -> list[Grant]:
    """The function's rights to do any of the actions to objects of the bucket.

    Args:
        function: The function, whose role's own policies are read; AWS managed policies are left to the checks over the
            template.
        bucket: The bucket.
        actions: The actions, as in `s3:PutObject`.
    """
    stack = cdk.Stack.of(function)
    bucket_arn = stack.resolve(bucket.bucket_arn)
    return [
        Grant(action, keys)
        for document in _policy_documents(stack, cast("iam.IRole", function.role))
        for statement in as_list(document.get("Statement"))
        if statement.get("Effect") == "Allow" and (action := _allowed(statement, actions)) is not None
        for resource in as_list(statement.get("Resource"))
        if (keys := _keys(resource, bucket_arn)) is not None
    ]


def overlaps(keys: str, prefix: str, suffix: str) -> bool:
    """Whether a pattern of keys is known to hold keys that begin with the prefix and end with the suffix.

    Args:
        keys: The pattern, with IAM's wildcards.
        prefix: What is watched; may hold tokens.
        suffix: What is watched; may hold tokens.
    """
    known_prefix, known_suffix = re.split(r"\$\{Token\[", prefix, maxsplit=1)[0], suffix.rsplit("]}", 1)[-1]
    specials = _SPECIAL.findall(keys)
    if not specials:
        complete = not is_token(prefix) and not is_token(suffix)
        return complete and keys.startswith(known_prefix) and keys.endswith(known_suffix)
    parts = _SPECIAL.split(keys)
    head, tail = parts[0], parts[-1]
    begins = (not is_token(prefix) and head.startswith(known_prefix)) or (
        specials[0] != _UNKNOWN and known_prefix.startswith(head)
    )
    ends = (not is_token(suffix) and tail.endswith(known_suffix)) or (
        specials[-1] != _UNKNOWN and known_suffix.endswith(tail)
    )
    return begins and ends


def _policy_documents(stack: cdk.Stack, role: iam.IRole) -> Iterator[dict[str, Any]]:
    """The policies that were written in this app: grants, inline ones, and what the CDK moved for their size."""
    for part in role.node.find_all():
        if isinstance(part, (iam.Policy, iam.ManagedPolicy)):
            yield stack.resolve(part.document)
        elif isinstance(part, iam.CfnRole):
            for policy in stack.resolve(part.policies) or ():
                yield policy["policyDocument"]


def _allowed(statement: dict[str, Any], actions: Sequence[str]) -> str | None:
    """The first of the actions that a statement names, with IAM's wildcards."""
    for action in actions:
        for pattern in as_list(statement.get("Action")):
            if fnmatch.fnmatchcase(action.lower(), pattern.lower()):
                return action
    return None


def _keys(resource: Any, bucket_arn: Any) -> str | None:  # noqa: ANN401 (policy JSON)
    """The pattern of keys that a resource of a policy names in the bucket; None where it names none."""
    if resource == "*":
        return "*"
    if isinstance(resource, str) and (any_bucket := _ANY_BUCKET.fullmatch(resource)):
        return any_bucket["keys"] or "*"
    parts, arn = _parts(resource), _parts(bucket_arn)
    if parts[: len(arn)] != arn or parts[len(arn) : len(arn) + 1] != ["/"]:
        return None
    return "".join(part if isinstance(part, str) else _UNKNOWN for part in parts[len(arn) + 1 :])


def _parts(value: Any) -> list[Any]:  # noqa: ANN401 (intrinsic functions)
    """The parts of an ARN: text, cut at each slash, and intrinsic functions."""
    parts: list[Any] = []
    for part in _joined(value):
        parts.extend(re.findall(r"/|[^/]+", part) if isinstance(part, str) else [part])
    return parts


def _joined(value: Any) -> list[Any]:  # noqa: ANN401 (intrinsic functions)
    """What an `Fn::Join` without a separator joins; anything else alone."""
    match value:
        case {"Fn::Join": ["", parts]}:
            return as_list(parts)
        case _:
            return [value]
