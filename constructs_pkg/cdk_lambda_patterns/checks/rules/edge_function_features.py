"""A function at CloudFront's edge uses what there is not at the edge.

## Why
Lambda@Edge takes numbered versions of Node.js and Python functions from us-east-1, in the account of the distribution,
without environment variables, VPC, layers, dead-letter queue, tracing, container image or arm64. CloudFront refuses the
association, at the end of a long deployment.

## Fix
Take it away; put settings into the code when it is packed.

```python
EdgeFunction(self, "Rewrite", code=code, handler="index.handler")  # takes only what works there
```
```yaml
# before
Environment: {Variables: {STAGE: prod}}
```
```yaml
# after: nothing
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.graph import VERSION, Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Value

_MISSING = {
    ("Code", "SourceKMSKeyArn"): "package encrypted with a customer's key",
    ("DeadLetterConfig",): "a dead-letter queue",
    ("FileSystemConfigs",): "a file system",
    ("Layers",): "layers",
    ("SnapStart",): "SnapStart",
}
_ABSENT: tuple[Value, ...] = (None, [])
_VALUES_MISSING = {
    ("PackageType", "Image"): "container image",
    ("RuntimeManagementConfig", "UpdateRuntimeOn", "FunctionUpdate"): "choice of when the runtime is updated",
    ("RuntimeManagementConfig", "UpdateRuntimeOn", "Manual"): "choice of the runtime's version",
    ("TracingConfig", "Mode", practices.TRACING): "tracing",
}


class EdgeFunctionFeatures(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"
    )

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            associations = list(app.flow.starts(function, Mode.EDGE))
            if not associations:
                continue  # a role that trusts the edge is not yet an association
            used = sorted(_used(app, function))
            for what in _perhaps_used(app, function):
                yield self.cannot_tell(function, f"whether {function.name}, at CloudFront's edge, has {what}")
            if used:
                yield self.finding(
                    function,
                    f"function {function.name} runs at CloudFront's edge, where there is no {listed(used)}",
                    fix="take it away, or do the work in a function behind the origin",
                )
            region = function.template.region
            if region is not None and region != quotas.EDGE_REGION:
                yield self.finding(
                    function,
                    f"function {function.name} runs at CloudFront's edge, but is in {region} instead of "
                    f"{quotas.EDGE_REGION}",
                    fix=f"a stack in {quotas.EDGE_REGION}",
                )
            for edge in associations:
                for message, fix in _refused(app, function, edge):
                    yield self.finding(
                        edge.via,
                        f"distribution {edge.via.name} is associated with {message}",
                        fix=fix,
                        function=function,
                    )


def _refused(app: App, function: Resource, edge: Edge) -> Iterator[tuple[str, str]]:
    """Why CloudFront does not take an association, and what to change."""
    accounts = function.template.account, edge.via.template.account
    if None not in accounts and len(set(accounts)) > 1:
        yield (
            f"function {function.name} of account {accounts[0]}, and CloudFront takes those of its own, {accounts[1]}",
            "a function in the account of each distribution",
        )
    version = edge.qualifier
    if isinstance(version, Resource) and version.type == VERSION:
        provisioned = app.templates.cases(version, "ProvisionedConcurrencyConfig")
        if any(value is not None and not isinstance(value, Unknown) for value, _ in provisioned):
            yield (
                f"a version of function {function.name} that has provisioned concurrency, and the edge has none",
                "take it away",
            )
    elif not str(version).isdigit():
        yield (
            f"{version or '$LATEST'} of function {function.name}, and CloudFront takes numbered versions only",
            "a version: function.current_version",
        )


def _used(app: App, function: Resource) -> Iterator[str]:
    one = app.templates.one
    for path, what in _MISSING.items():
        if any(
            not isinstance(value, Unknown) and value not in _ABSENT for value, _ in app.templates.cases(function, *path)
        ):
            yield what
    for (*inside, value), what in _VALUES_MISSING.items():
        if one(function, *inside) == value:
            yield what
    if any(value for value, _ in app.templates.cases(function, "Environment", "Variables")):
        yield "environment"
    if list(app.templates.entries(function, "VpcConfig", "SubnetIds")):
        yield "VPC"
    if any(value == "arm64" for value, _ in app.templates.entries(function, "Architectures")):
        yield "arm64"
    storage = app.templates.number(function, "EphemeralStorage", "Size", default=quotas.EPHEMERAL_STORAGE.minimum)
    if any(not isinstance(size, Unknown) and size > quotas.EPHEMERAL_STORAGE.minimum for size, _ in storage):
        yield f"ephemeral storage above {quotas.EPHEMERAL_STORAGE.minimum:g} MB"
    runtime = one(function, "Runtime")
    if isinstance(runtime, str) and not runtime.startswith(quotas.EDGE_RUNTIMES):
        yield runtime


def _perhaps_used(app: App, function: Resource) -> Iterator[str]:
    for path, what in _MISSING.items():
        if any(isinstance(value, Unknown) for value, _ in app.templates.cases(function, *path)):
            yield what
