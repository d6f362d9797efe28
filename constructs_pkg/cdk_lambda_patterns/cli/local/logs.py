"""Print what a function logged.

Exit code 3 means that no local cloud runs for this folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli._exit_codes import NO_LOCAL_CLOUD
from cdk_lambda_patterns.cli.local.status import running_cloud

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument("function", help="the function's construct path, for example Orders/Process, or its last words")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from cdk_lambda_patterns.local_cloud.running import project_folder

    cloud = running_cloud(project_folder())
    if cloud is None:
        return NO_LOCAL_CLOUD
    for line in cloud.deployed().function(arguments.function).logs():
        print(line)
    return 0
