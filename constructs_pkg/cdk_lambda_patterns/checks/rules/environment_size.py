"""A function's environment variables are larger than Lambda takes.

## Why
All variables of a function together, names and values, may have 4 KB. Beyond that the function cannot be created or
updated.

## Fix
Put settings into a parameter or an object, and pass its name.

```python
function.parameter("SETTINGS", parameter)  # the name of an SSM parameter, and the right to read it
```
```yaml
# before
Environment: {Variables: {SETTINGS: "{... 5,000 characters ...}"}}
```
```yaml
# after
Environment: {Variables: {SETTINGS_PARAMETER: !Ref Settings}}
```
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Text, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Value

# An ARN or a generated name, as long as they usually are.
_USUAL = 80


class EnvironmentSize(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"
    equivalents = {"cfn-lint": "E3697"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        limit = quotas.ENVIRONMENT_SIZE.maximum
        for function in app.flow.functions:
            for variables, _ in app.templates.cases(function, "Environment", "Variables"):
                values = {
                    name: app.templates.only(app.templates.inside(function.template, variables, name))
                    for name in mapping(variables)
                }
                known = {name: _known(value) for name, value in values.items()}
                size = len(json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
                unknown = sum(_unknown_parts(value) for value in values.values())
                if size > limit:
                    yield self.finding(
                        function,
                        f"the environment of function {function.name} has {size:,} "
                        f"bytes{' and more' if unknown else ''}; "
                        f"Lambda takes {limit:,}",
                        fix="pass the names of parameters or objects instead of what is in them",
                    )
                elif size + unknown * _USUAL > limit:
                    yield self.cannot_tell(
                        function,
                        f"the environment of {function.name} has {size:,} bytes and {unknown} values that are known at "
                        "deployment",
                    )


def _known(value: Value) -> str:
    parts = value.parts if isinstance(value, Text) else (value,)
    return "".join(str(part) for part in parts if isinstance(part, (str, int, float)))


def _unknown_parts(value: Value) -> int:
    parts = value.parts if isinstance(value, Text) else (value,)
    return sum(not isinstance(part, (str, int, float)) for part in parts)
