"""Show what is deployed to the local cloud: functions with their invocations, queues with their depth, alarms.

Exit code 3 means that no local cloud runs for this folder.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli._exit_codes import NO_LOCAL_CLOUD

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cdk_lambda_patterns.local_cloud import LocalCloud


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes: nothing."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - what every subcommand gets
    """Print it."""
    from cdk_lambda_patterns.local_cloud.running import project_folder

    project = project_folder()
    cloud = running_cloud(project)
    if cloud is None:
        return NO_LOCAL_CLOUD
    print(f"The local cloud of {project} is up at {cloud.endpoint}")
    print(f"  Python {cloud.python}, account {cloud.account}, {cloud.region}, process {cloud.process.pid}")
    print(_described(cloud))
    return 0


def running_cloud(project: Path) -> LocalCloud | None:
    """The local cloud of a project; None, and said why, where none runs."""
    from cdk_lambda_patterns.local_cloud.running import find

    cloud = find(project)
    if cloud is None:
        print(f"No local cloud runs for {project}; start it: cdk-lambda-patterns local up", file=sys.stderr)
    elif not cloud.running:
        print(f"The local cloud of {project} has ended by itself; its last words:", file=sys.stderr)
        print(cloud.process.log_tail() or "(none)", file=sys.stderr)
        return None
    return cloud


def _described(cloud: LocalCloud) -> str:
    from cdk_lambda_patterns.cli._table import table
    from cdk_lambda_patterns.local_cloud.resources import Alarm, Function, Queue

    deployment = cloud.deployed()
    if not deployment.stacks:
        return "Nothing is deployed; deploy: cdk-lambda-patterns local deploy"
    blocks: list[str] = []
    functions = [(function.path, *function.activity(), function.last_logged) for function in deployment.all(Function)]
    if functions:
        blocks.append(table(("function", "invocations", "errors", "throttles", "last logged"), functions))
    queues = [(queue.path, *queue.depth()) for queue in deployment.all(Queue)]
    if queues:
        blocks.append(table(("queue", "visible", "in flight", "delayed"), queues))
    alarms = [(alarm.path, alarm.state) for alarm in deployment.all(Alarm)]
    if alarms:
        blocks.append(table(("alarm", "state"), alarms))
    others = len(deployment.resources) - len(functions) - len(queues) - len(alarms)
    stacks = ", ".join(stack.path for stack in deployment.stacks)
    return "\n\n".join([*blocks, f"Stacks: {stacks}; {others} other resources"])
