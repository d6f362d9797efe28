"""Checks: one catalogue of rules over the synthesized templates of any app, at synth, in CI and in pytest.

    from cdk_lambda_patterns.checks import LambdaChecks, assert_no_findings, check

    cdk.Validations.of(app).add_plugins(LambdaChecks())
    assert_no_findings(app)
    check("cdk.out").findings

Only `LambdaChecks` needs the CDK; names are imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.lazy_names import lazy_names

if TYPE_CHECKING:
    from .assertions import assert_no_findings as assert_no_findings
    from .evaluation import Report as Report, UnknownRuleError as UnknownRuleError, check as check
    from .plugin import LambdaChecks as LambdaChecks
    from .rule import Finding as Finding, Severity as Severity, Undecided as Undecided
    from .template import TemplateError as TemplateError

_HOMES = {
    "Finding": ".rule",
    "LambdaChecks": ".plugin",
    "Report": ".evaluation",
    "Severity": ".rule",
    "TemplateError": ".template",
    "Undecided": ".rule",
    "UnknownRuleError": ".evaluation",
    "assert_no_findings": ".assertions",
    "check": ".evaluation",
}

__all__ = [
    "Finding",
    "LambdaChecks",
    "Report",
    "Severity",
    "TemplateError",
    "Undecided",
    "UnknownRuleError",
    "assert_no_findings",
    "check",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
