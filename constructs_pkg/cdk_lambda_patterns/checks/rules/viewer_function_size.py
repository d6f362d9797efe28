"""A CloudFront Function is larger than CloudFront takes.

## Why
The code of a CloudFront Function may have 10 KB, comments included.

## Fix
Minify it, keep data in a key-value store, or use Lambda@Edge.

```python
ViewerFunction(self, "Redirect", code=javascript)  # counts the bytes
```
```yaml
# before
FunctionCode: "... a table of redirects ..."
```
```yaml
# after
KeyValueStoreAssociations: [{KeyValueStoreARN: !GetAtt Redirects.Arn}]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class ViewerFunctionSize(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        most = quotas.VIEWER_FUNCTION_SIZE.maximum
        for function in app.templates.of_type("AWS::CloudFront::Function"):
            for code, _ in app.templates.cases(function, "FunctionCode"):
                parts = code.parts if isinstance(code, Text) else (code,)
                size = sum(len(part.encode("utf-8", "replace")) for part in parts if isinstance(part, str))
                if size > most:
                    yield self.finding(
                        function,
                        f"CloudFront Function {function.name} has {size:,} bytes; CloudFront takes {most:,}",
                        fix="minify it, keep data in a key-value store, or use Lambda@Edge",
                    )
