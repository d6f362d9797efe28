"""A function's URL is open to everybody.

## Why
With `AuthType: NONE` anyone who has the address invokes the function, as often as they like, at your cost; the
function itself must tell friend from foe, and refuse without doing work. A distribution before it does not close the
address.

## Fix
Let IAM authorize, and CloudFront sign its requests with an origin access control. Where the callers are the public,
say so with an acknowledgement, and bound the damage with reserved concurrency.

```python
function.live.add_function_url()  # IAM authorizes, unless you say otherwise
```
```yaml
# before
AuthType: NONE
```
```yaml
# after
AuthType: AWS_IAM
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


class PublicFunctionUrl(Rule):
    severity = Severity.ERROR
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    equivalents = {"cdk-nag": "LambdaFunctionUrlAuth", "checkov": "CKV_AWS_258"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for url in app.templates.of_type("AWS::Lambda::Url"):
            function = next((edge.target for edge in app.flow.via(url)), Unknown("a function elsewhere"))
            for kind, _ in app.templates.cases(url, "AuthType"):
                if isinstance(kind, Unknown):
                    yield self.cannot_tell(url, f"who may call {url.name} depends on {kind.why}")
                elif kind == "NONE":
                    yield self.finding(
                        url,
                        f"everybody may call function {label(function)} through {url.name}",
                        fix="AuthType: AWS_IAM (FunctionUrlAuthType.AWS_IAM), with CloudFront's origin access "
                        "control before it",
                        function=function,
                    )
