"""A secret stands in a function's environment in plain text.

## Why
Whoever may look at the function's configuration, the template or the deployment's history reads it; it stays in every
published version, and changing it means deploying. A parameter with `NoEcho`, or a dynamic reference, does not help:
CloudFormation writes the value itself into the configuration.

## Fix
Pass the secret's name, and let the function read it.

```python
function.secret("DB_PASSWORD", secret)  # grant, reference and the extension that caches it
```
```yaml
# before
Environment: {Variables: {DB_PASSWORD: "{{resolve:secretsmanager:db:SecretString:password}}"}}
```
```yaml
# after
Environment: {Variables: {DB_PASSWORD_ARN: !Ref DatabaseSecret}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import truth
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Text, Unknown, is_mapping, mapping
from cdk_lambda_patterns.plaintext import FLAG_VALUES, SECRET_NAME, SECRET_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource
    from cdk_lambda_patterns.checks.values import Value

_RESOLVED = "CloudFormation writes what the reference stands for into the configuration"


class PlaintextSecret(Rule):
    severity = Severity.ERROR
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"
    equivalents = {"checkov": "CKV_AWS_45"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            for variables, _ in app.templates.cases(function, "Environment", "Variables"):
                for name in mapping(variables):
                    for value, _ in app.templates.inside(function.template, variables, name):
                        how = _how(function, name, value)
                        if how:
                            # Never the value: the report may be public.
                            yield self.finding(
                                function,
                                f"variable {name} of function {function.name} holds a secret in plain text: {how}",
                                fix="pass the secret's name and read it in the function, as function.secret(...) does",
                            )


def _how(function: Resource, name: str, value: Value) -> str:
    """In what way a value gives a secret away; empty if it does not."""
    named = SECRET_NAME.search(name) is not None
    if isinstance(value, str):
        if SECRET_VALUE.search(value):
            return "its value is one"
        return "its name says so" if named and value.lower() not in FLAG_VALUES else ""
    if isinstance(value, Text):
        literal = "".join(part for part in value.parts if isinstance(part, str))
        found = _RESOLVED if "{{resolve:" in literal else "its value is one"
        return found if SECRET_VALUE.search(literal) else ""
    return _of_unknown(function, value) if isinstance(value, Unknown) else ""


def _of_unknown(function: Resource, value: Unknown) -> str:
    if SECRET_VALUE.search(value.why):
        return _RESOLVED
    parameter = value.why.removeprefix("parameter ")
    declared = function.template.section("Parameters").get(parameter)
    if is_mapping(declared) and truth(declared.get("NoEcho")) is True:
        return f"parameter {parameter} is secret, and its value is written into the configuration"
    return ""
