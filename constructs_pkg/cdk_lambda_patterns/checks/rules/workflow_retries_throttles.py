"""A state machine fails when Lambda throttles the function it calls.

## Why
`Lambda.TooManyRequestsException` is what a task gets when the function's or the account's concurrency is used up: it
passes. Without a retry the whole execution fails, in the hour of the highest load. The CDK's own default retries
Lambda's faults, but not this.

## Fix
Retry it, with backoff and jitter; `States.ALL` and `States.TaskFailed` cover it too.

```python
process = stepfunctions_tasks.LambdaInvoke(self, "Process", lambda_function=function.live)
process.add_retry(errors=["Lambda.TooManyRequestsException"], jitter_strategy=stepfunctions.JitterType.FULL)
stepfunctions.StateMachine(self, "Machine", definition_body=stepfunctions.DefinitionBody.from_chainable(process))
```
```yaml
# before
Retry: [{ErrorEquals: [Lambda.ServiceException]}]
```
```yaml
# after
Retry: [{ErrorEquals: [Lambda.ServiceException, Lambda.TooManyRequestsException], BackoffRate: 2, JitterStrategy: FULL}]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import workflow_definition
from cdk_lambda_patterns.checks.addresses import External
from cdk_lambda_patterns.checks.facts import called
from cdk_lambda_patterns.checks.graph import FUNCTION
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.workflow_definition import Task

_COVERING = {"Lambda.TooManyRequestsException", "States.ALL", "States.TaskFailed"}


class WorkflowRetriesThrottles(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for machine in app.templates.of_type("AWS::StepFunctions::StateMachine"):
            for task in workflow_definition.tasks(app.templates, machine):
                if isinstance(task, Unknown):
                    yield self.cannot_tell(machine, f"what state machine {machine.name} retries is in {task.why}")
                    continue
                function = _function(app, machine, task)
                if isinstance(function, Resource) and app.flow.serves_deployment(function):
                    continue  # the CDK's own machinery, which nobody can change
                if function is not None and not _COVERING & set(task.retried):
                    yield self.finding(
                        machine,
                        f"state {task.name} of {machine.name} fails, and the execution with it, when "
                        f"{called(function)} is throttled",
                        fix="retry Lambda.TooManyRequestsException, with BackoffRate and JitterStrategy",
                        function=function,
                    )


def _function(app: App, machine: Resource, task: Task) -> Node | None:
    """The function that a task calls, if it calls one."""
    if task.resource and ":lambda:invoke" not in task.resource:
        return None
    address = app.flow.addresses.named(machine.template, task.target, task.when, "lambda")
    node, _ = app.flow.called(address)
    is_function = isinstance(node, Resource) and node.type == FUNCTION
    is_elsewhere = bool(task.resource) or (isinstance(node, External) and node.service == "lambda")
    return node if is_function or is_elsewhere else None
