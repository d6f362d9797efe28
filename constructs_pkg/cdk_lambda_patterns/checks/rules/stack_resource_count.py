"""A stack has nearly as many resources as CloudFormation takes.

## Why
At 500 resources the next deployment fails, and what is to be moved into another stack is by then in use: its data and
its names cannot move without care. Split while there is room.

## Fix
Split the stack by what changes together; nested stacks count their own.

```python
Orders(app, "Orders")
Payments(app, "Payments")  # a stack of its own
```
```yaml
# before: 480 resources
# after
Payments: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: payments.yaml}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class StackResourceCount(Rule):
    severity = Severity.WARNING
    pillar = Pillar.OPERATIONAL_EXCELLENCE
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    equivalents = {"cfn-lint": "E3010, I3010"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for template in app.templates.templates:
            count = len(template.resources)
            if count > practices.STACK_RESOURCES_MAXIMUM:
                too_many = not quotas.STACK_RESOURCES.admits(count)
                name = template.construct_path or template.stack_name or template.name
                yield self.finding(
                    next(iter(template.resources.values())),
                    f"stack {name} has {count} resources; CloudFormation takes {quotas.STACK_RESOURCES.maximum:g}",
                    fix="split it by what changes together",
                    severity=Severity.ERROR if too_many else Severity.WARNING,
                    built_in="E3010" if too_many else "",
                )
