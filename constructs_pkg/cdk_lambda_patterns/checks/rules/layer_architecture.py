"""A layer is not for the function's architecture or runtime.

## Why
Compiled code in a layer runs on one architecture, and packages are found under one runtime's path. The mismatch shows
at the first import, after a deployment that looked fine.

## Fix
Take the layer's edition for the function's architecture, or change the function's.

```python
# built for the runtime and architecture that it is used with
PythonLayer(self, "Pandas", requirements="requirements.txt")
```
```yaml
# before: in an arm64 function
Layers: ["arn:aws:lambda:eu-central-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python314-x86_64:1"]
```
```yaml
# after
Layers: ["arn:aws:lambda:eu-central-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python314-arm64:1"]
```
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.addresses import External, is_known
from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import NONE, Case, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Address
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Assumptions, Value

# AWS's layers that say arm64 in their name, and nothing where they are for the other architecture.
_X86_UNLESS_NAMED = {
    "AWS-Parameters-and-Secrets-Lambda-Extension",
    "LambdaInsightsExtension",
    "AWS-AppConfig-Extension",
}


class LayerArchitecture(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if "Layers" not in function.properties:
                continue
            layers = list(app.flow.addresses.of(function.template, function.properties["Layers"]))
            for (what, own, when), layer in product(_own(app, function), layers):
                if app.templates.together(function.condition, when, layer.when):
                    yield from self._compare(function, what, own, layer, _fits(app, layer, what))

    def _compare(
        self, function: Resource, what: str, own: Value, layer: Address, fits: list[str] | Unknown
    ) -> Iterator[Finding | Undecided]:
        if isinstance(fits, Unknown) or (fits and isinstance(own, Unknown)):
            yield self.cannot_tell(function, f"whether a layer of {function.name} is for its {what}")
        elif fits and own not in fits:
            yield self.finding(
                function,
                f"function {function.name} is for {own}, its layer {_name(layer)} for {listed(fits)}",
                fix=f"the layer's edition for {own}, or another {what}",
            )


def _own(app: App, function: Resource) -> Iterator[tuple[str, Value, Assumptions]]:
    """The architecture and the runtime of a function, in every branch."""
    chosen = list(app.templates.entries(function, "Architectures"))
    for value, when in chosen or [Case(quotas.DEFAULT_ARCHITECTURE, NONE)]:
        yield "architecture", value, when
    for value, when in app.templates.cases(function, "Runtime"):
        yield "runtime", value, when


def _fits(app: App, layer: Address, what: str) -> list[str] | Unknown:
    """The architectures or runtimes that a layer is for: none if it does not say."""
    node = layer.node
    if isinstance(node, Resource):
        key = "CompatibleArchitectures" if what == "architecture" else "CompatibleRuntimes"
        values = [value for value, _ in app.templates.entries(node, key)]
        unknown = next((value for value in values if isinstance(value, Unknown)), None)
        return unknown or [str(value) for value in values]
    if what == "architecture" and isinstance(node, External) and is_known(node.name):
        name = _name(layer)
        if re.search(r"arm64|aarch64", name, re.IGNORECASE):
            return ["arm64"]
        if re.search(r"x86[_-]?64|amd64", name, re.IGNORECASE) or name in _X86_UNLESS_NAMED:
            return ["x86_64"]
    return []


def _name(layer: Address) -> str:
    """A layer's name: of an ARN what stands between `layer:` and the version."""
    if isinstance(layer.node, Resource):
        return layer.node.name
    return layer.rest.split(":")[1] if ":" in layer.rest else str(layer.node)
