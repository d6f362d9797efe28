"""A service may invoke a function on behalf of anybody.

## Why
A permission for `events.amazonaws.com` without a source lets every rule of every account invoke the function: AWS
checks the service, not its customer. With `SourceArn` (and `SourceAccount` for buckets, whose ARNs name none) it is
yours alone.

## Fix
Say who: the ARN of the rule, bucket, topic or API.

```python
EventBridgeTrigger(self, "Paid", function=function, pattern={"source": ["shop"]})  # each with its source
```
```yaml
# before
Principal: events.amazonaws.com
```
```yaml
# after
Principal: events.amazonaws.com
SourceArn: !GetAtt Nightly.Arn
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource

_SOURCES = ("SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID")
# A target group needs the permission before its targets can be registered: the source cannot be named in one template.
_WITHOUT_SOURCE = {"elasticloadbalancing.amazonaws.com"}


class PermissionSource(Rule):
    severity = Severity.WARNING
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"
    equivalents = {"cfn-lint": "W3663", "checkov": "CKV_AWS_364"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for permission in app.templates.of_type("AWS::Lambda::Permission"):
            principal = app.templates.one(permission, "Principal")
            if isinstance(principal, Unknown):
                yield self.cannot_tell(
                    permission, f"whom permission {permission.name} is for depends on {principal.why}"
                )
            elif isinstance(principal, str) and (principal == "*" or principal.endswith(".amazonaws.com")):
                yield from self._look(app, permission, principal)

    def _look(self, app: App, permission: Resource, principal: str) -> Iterator[Finding | Undecided]:
        given = {key for key in _SOURCES if app.templates.one(permission, key) is not None}
        function = self._function(app, permission)
        if principal == "*":
            # Of a function URL the rule PublicFunctionUrl speaks.
            url = {"FunctionUrlAuthType", "InvokedViaFunctionUrl"} & set(permission.properties)
            if not url and not given:
                yield self.finding(
                    permission,
                    f"everybody may invoke function {label(function)}",
                    fix="a Principal that is an account or a service with its SourceArn",
                    function=function,
                    severity=Severity.ERROR,
                )
        elif not given and principal not in _WITHOUT_SOURCE:
            yield self.finding(
                permission,
                f"{principal} may invoke function {label(function)} on behalf of any account: the permission has no "
                "source",
                fix="SourceArn with the ARN of what calls it",
                function=function,
            )
        elif principal == "s3.amazonaws.com" and "SourceAccount" not in given:
            yield self.finding(
                permission,
                f"s3.amazonaws.com may invoke function {label(function)} for a bucket of that name in any account: "
                "without "
                "SourceAccount, whoever takes the name after you may",
                fix="SourceAccount: !Ref AWS::AccountId",
                function=function,
                built_in="W3663",
            )

    @staticmethod
    def _function(app: App, permission: Resource) -> Resource | Unknown:
        from cdk_lambda_patterns.checks.template import Resource  # noqa: PLC0415

        for address in app.flow.addresses.of(permission.template, permission.properties.get("FunctionName"), "lambda"):
            node, _ = app.flow.called(address)
            if isinstance(node, Resource):
                return node
        return Unknown("a function elsewhere")
