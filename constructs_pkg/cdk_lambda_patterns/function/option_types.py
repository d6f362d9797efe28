"""Refuses options of the wrong type before anything reads them.

The types of the CDK's own options are those of `aws_lambda.FunctionOptions`, whose Python side compares them without
asking Node. Its words are kept for what `function_checks` says nothing better about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns.json_values import as_list
from cdk_lambda_patterns.validation import did_you_mean

from .cdk_refusals import cdk_refusals, expect_type, require_type
from .function_kwargs import FunctionKwargs
from .packaging import PythonCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.validation import Where

_SAID_BETTER = frozenset(
    {"ephemeral_storage_size", "max_event_age", "memory_size", "reserved_concurrent_executions", "timeout"}
)

_BEHIND_INTERFACES = {
    "code_signing_config": ("code_signing_config_ref", "aws_lambda.ICodeSigningConfig"),
    "environment_encryption": ("key_ref", "aws_kms.IKey"),
    "layers": ("layer_version_arn", "aws_lambda.ILayerVersion"),
    "profiling_group": ("profiling_group_arn", "aws_codeguruprofiler.IProfilingGroup"),
    "security_groups": ("security_group_id", "aws_ec2.ISecurityGroup"),
    "vpc": ("select_subnets", "aws_ec2.IVpc"),
}
"""What objects behind an interface have. The CDK's Python side does not look at them, and Node stumbles over others."""


def check_types(
    where: Where,
    *,
    code: object,
    handler: object,
    runtime: object,
    options: Mapping[str, Any],
    log_removal_policy: Any = None,  # noqa: ANN401 - anything at all
) -> None:
    """Refuse options that do not exist, and values of another type.

    Args:
        where: The construct.
        code: The code.
        handler: The handler.
        runtime: The runtime; None for the default one.
        options: The options of `aws_lambda.Function` as they were given, None left out.
        log_removal_policy: That of the log group.

    Raises:
        ValidationError: An unknown option, or a value of another type.
    """
    if not isinstance(code, lambda_.Code | PythonCode):
        where.refuse(
            "code",
            "must be a PythonCode, or an aws_lambda.Code",
            got=repr(code),
            fix='write PythonCode.from_folder("..."), .from_project("...") or .from_requirements("...")',
            code="TypeMismatch",
        )
    if not isinstance(handler, str):
        where.refuse(
            "handler", "must be text", got=repr(handler), fix='write it as "module.function"', code="TextExpected"
        )
    expect_type(where, "runtime", runtime, "supports_inline_code", "aws_lambda.Runtime")
    for name in options:
        if name not in FunctionKwargs.__annotations__:
            where.refuse(
                name,
                "is not an option of a function",
                got="a value for it",
                fix=did_you_mean(name, FunctionKwargs.__annotations__, otherwise="leave it out"),
                code="OptionUnknown",
            )
    typed = {name: value for name, value in options.items() if name not in _SAID_BETTER}
    if typed or log_removal_policy is not None:  # each is compared, given or not
        with cdk_refusals(where):
            lambda_.FunctionOptions(log_removal_policy=log_removal_policy, **typed)
    for name, (attribute, type_name) in _BEHIND_INTERFACES.items():
        for element in as_list(options.get(name)):
            require_type(where, name, element, attribute, type_name)
