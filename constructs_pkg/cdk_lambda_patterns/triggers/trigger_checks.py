"""What triggers ask of what they are given: a key, a source within reach, no unused option."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import aws_cdk as cdk

from cdk_lambda_patterns.function.cdk_refusals import expect_type
from cdk_lambda_patterns.json_values import as_sequence
from cdk_lambda_patterns.tokens import is_known_to_differ
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from cdk_lambda_patterns.validation import Where


_T = TypeVar("_T")


def check_key(where: Where, key: object) -> None:
    """Refuse what is no key, as its ARN. None passes.

    Args:
        where: The trigger.
        key: What the user gave as 'encryption_key'.

    Raises:
        ValidationError: It is something else.
    """
    expect_type(where, "encryption_key", key, "key_arn", "aws_kms.IKey")


def require_list(where: Where, prop: str, values: Sequence[_T]) -> Sequence[_T]:
    """The values, unless one stands in the list's place: a text would be taken for its letters.

    Args:
        where: The trigger.
        prop: The property.
        values: What the user gave.

    Raises:
        ValidationError: It is no list.
    """
    if as_sequence(values) is None:
        where.refuse(prop, "must be a list", got=_shown(values), fix="write it in brackets", code="ListExpected")
    return values


def check_unused(where: Where, options: Mapping[str, object], rule: str, *, fix: str, code: str) -> None:
    """Refuse options that nothing would use. None is no option.

    Args:
        where: The trigger.
        options: What the user gave, by its properties.
        rule: What it would need, or why it must be left out.
        fix: What to do instead.
        code: The error's code.

    Raises:
        ValidationError: One is given.
    """
    for name, value in options.items():
        if value is not None:
            where.refuse(name, rule, got=_shown(value), fix=fix, code=code)


def check_region(
    where: Where, prop: str, source: cdk.IResource | cdk.Resource, rule: str, *, fix: str, code: str
) -> None:
    """Refuse a source of another Region. What only the deployment knows passes.

    Args:
        where: The trigger.
        prop: The property that the source was given for.
        source: The source.
        rule: Why it must be of the trigger's Region.
        fix: What to do instead.
        code: The error's code.

    Raises:
        ValidationError: The two Regions are known and differ.
    """
    check_same(where, prop, source.env.region, cdk.Stack.of(where.scope).region, rule, fix=fix, code=code)


def check_account(
    where: Where, prop: str, source: cdk.IResource | cdk.Resource, rule: str, *, fix: str, code: str
) -> None:
    """Refuse a source of another account. What only the deployment knows passes.

    Args:
        where: The trigger.
        prop: The property that the source was given for.
        source: The source.
        rule: Why it must be of the trigger's account.
        fix: What to do instead.
        code: The error's code.

    Raises:
        ValidationError: The two accounts are known and differ.
    """
    check_same(where, prop, source.env.account, cdk.Stack.of(where.scope).account, rule, fix=fix, code=code)


def check_same(where: Where, prop: str, theirs: str, own: str, rule: str, *, fix: str, code: str) -> None:
    """Refuse what is of another Region or account. What only the deployment knows passes.

    Args:
        where: The trigger.
        prop: The property that the source was given for.
        theirs: The source's Region or account.
        own: The trigger's.
        rule: Why they must be the same.
        fix: What to do instead.
        code: The error's code.

    Raises:
        ValidationError: The two are known and differ.
    """
    if is_known_to_differ(theirs, own):
        where.refuse(prop, rule, got=f"{theirs} and not {own}", fix=fix, code=code)


def warn_of_metrics(scope: Construct, source: cdk.IResource | cdk.Resource, alarm: str) -> None:
    """Warn of an alarm that never goes off: a source's metrics are in the account that it belongs to.

    Args:
        scope: The trigger.
        source: The source.
        alarm: The alarm's name, as the trigger has it.
    """
    theirs, own = source.env.account, cdk.Stack.of(scope).account
    if is_known_to_differ(theirs, own):
        cdk.Annotations.of(scope).add_warning_v2(
            f"cdk-lambda-patterns:metricsElsewhere:{alarm}",
            f"the alarm {alarm} never goes off: the metrics of {source.node.path} are in the account {theirs} and not "
            f"in {own}. Define an alarm there",
        )


def _shown(value: object) -> object:
    if isinstance(value, cdk.Duration):
        return value.to_human_string()
    return repr(value) if isinstance(value, (bool, int, str)) else type_name(value)
