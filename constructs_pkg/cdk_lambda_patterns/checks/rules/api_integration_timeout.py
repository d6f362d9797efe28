"""A function may run longer than its API waits for it.

## Why
API Gateway waits 29 seconds (30 for an HTTP API), then answers with an error. The function goes on to its own
timeout, is paid for, and does what the caller, who tries again, believes not to have happened.

## Fix
Let the function give up before the API does; hand longer work to a queue or state machine and answer at once.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler", timeout=Duration.seconds(29))
```
```yaml
# before: of a function behind a REST API
Timeout: 60
```
```yaml
# after
Timeout: 29
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import called, seconds
from cdk_lambda_patterns.checks.graph import Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import NONE, NumberCase, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_DESCRIBED = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_REST, _HTTP = quotas.REST_API_TIMEOUT.maximum, quotas.HTTP_API_TIMEOUT.maximum


class ApiIntegrationTimeout(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        varied = {api for api in app.templates.of_type(*_DESCRIBED) if _varies(api)}
        for function in app.flow.functions:
            for edge in app.flow.starts(function, Mode.SYNCHRONOUS):
                if edge.via.type.startswith("AWS::ApiGateway") and "Authorizer" not in edge.via.type:
                    yield from self._compare(app, function, edge, varied)

    def _compare(
        self, app: App, function: Resource, edge: Edge, varied: Collection[Resource]
    ) -> Iterator[Finding | Undecided]:
        timeout = app.templates.number(function, "Timeout", default=quotas.DEFAULT_TIMEOUT_SECONDS)
        waits = _waits(app, edge, varied)
        for runs, patience in app.templates.combined(timeout, waits, given=(function, edge.via)):
            if isinstance(runs, Unknown) or isinstance(patience, Unknown):
                if (
                    not isinstance(runs, Unknown)
                    and runs <= min(_REST, _HTTP)
                    and "imeoutInMillis" not in str(edge.via.raw)
                ):
                    continue  # no API waits for less, unless it says so
                why = runs.why if isinstance(runs, Unknown) else patience.why if isinstance(patience, Unknown) else ""
                yield self.cannot_tell(edge.via, f"how long {function.name} runs, or its API waits, depends on {why}")
            elif runs > patience:
                yield self.finding(
                    function,
                    f"{called(edge.source)} waits {seconds(patience)} for function {function.name}, which may run "
                    f"{seconds(runs)}: its callers get an error while it goes on",
                    fix=f"Timeout: {patience:g} or less, or answer at once and work from a queue",
                )


def _varies(api: Resource) -> bool:
    """Whether an OpenAPI document says for some of its routes how long they wait."""
    body = str(api.properties.get("Body"))
    return any(word in body for word in ("timeoutInMillis", "responseTransferMode"))


def _waits(app: App, edge: Edge, varied: Collection[Resource]) -> tuple[NumberCase, ...]:
    """How long an API waits."""
    via = edge.via
    if via.type == "AWS::ApiGateway::Method":
        if app.templates.one(via, "Integration", "ResponseTransferMode") == "STREAM":
            return (NumberCase(quotas.TIMEOUT.maximum, NONE),)
        waits = app.templates.number(via, "Integration", "TimeoutInMillis", default=_REST * 1_000)
    elif via.type == "AWS::ApiGatewayV2::Integration":
        default = _default(app, edge)
        if isinstance(default, Unknown):
            return (NumberCase(default, NONE),)
        waits = app.templates.number(via, "TimeoutInMillis", default=default * 1_000)
    else:
        default = _HTTP if via.type == "AWS::ApiGatewayV2::Api" else _REST
        return (NumberCase(Unknown("its OpenAPI document") if via in varied else default, NONE),)
    return tuple(NumberCase(w if isinstance(w, Unknown) else w / 1_000, when) for w, when in waits)


def _default(app: App, edge: Edge) -> float | Unknown:
    api = edge.source
    if not isinstance(api, Resource) or api is edge.via:
        return Unknown("the kind of its API")
    protocol = app.templates.one(api, "ProtocolType")
    return {"HTTP": _HTTP, "WEBSOCKET": _REST}.get(str(protocol), Unknown("the kind of its API"))
