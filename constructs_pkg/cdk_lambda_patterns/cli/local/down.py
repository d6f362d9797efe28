"""Stop the local cloud for good, with everything that was deployed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes: nothing."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - what every subcommand gets
    """Stop it."""
    from cdk_lambda_patterns.local_cloud.running import alone, project_folder, stop

    project = project_folder()
    with alone(project):
        was_running = stop(project)
    print("The local cloud is stopped." if was_running else "No local cloud was running.")
    return 0
