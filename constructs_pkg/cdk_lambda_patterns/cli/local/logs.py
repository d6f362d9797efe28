"""Print what a function logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument("function", help="the function's construct path, for example Orders/Process, or its last words")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from cdk_lambda_patterns.errors import LocalCloudError
    from cdk_lambda_patterns.local_cloud.running import find, project_folder

    cloud = find(project_folder())
    if cloud is None or not cloud.running:
        raise LocalCloudError("no local cloud runs for this folder; start it: cdk-lambda-patterns local up")
    for line in cloud.deployed().function(arguments.function).logs():
        print(line)
    return 0
