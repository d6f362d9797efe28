"""Deploy the app of this folder to the local cloud, with the ordinary CDK CLI; starts the cloud if need be.

Prints the outputs, and what a deployment that succeeds here does not prove.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli.local.up import add_start_arguments, say, started

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument("stacks", nargs="*", default=["**"], help="stacks, as `cdk deploy` takes them (default: all)")
    parser.add_argument(
        "-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="context, as `cdk deploy` takes it"
    )
    add_start_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Deploy and print what is there then."""
    from cdk_lambda_patterns.cli._table import table
    from cdk_lambda_patterns.errors import LocalCloudError
    from cdk_lambda_patterns.local_cloud.cdk_cli import CdkError, find_cli
    from cdk_lambda_patterns.local_cloud.cloud import require_boto3
    from cdk_lambda_patterns.local_cloud.running import alone, project_folder

    begin = time.monotonic()
    context = dict(_pair(given) for given in arguments.context)
    project = project_folder()
    # Before a cloud is started that nobody can talk to, or deploy to.
    require_boto3()
    find_cli(project)
    if not any((project / name).is_file() for name in ("cdk.json", "manifest.json")):
        raise LocalCloudError(f"there is no cdk.json in {project} or above; go to the folder of the app")
    with alone(project):
        cloud = started(project, arguments)
        say("Synthesizing ...")
        try:
            deployment = cloud.deploy(project, stacks=arguments.stacks, context=context, timeout=None, progress=say)
        except CdkError as error:
            # Its words were told as they came.
            raise LocalCloudError(f"{error.summary}, see above") from error
    names = ", ".join(stack.path for stack in deployment.stacks) or "nothing"
    print(f"Deployed {names} to {cloud.endpoint} in {time.monotonic() - begin:.1f} s")
    outputs = [(name, value) for name, value in deployment.outputs.items() if not _joins_stacks(name)]
    if outputs:
        print(table(("output", "value"), outputs, indent="  "))
    notes = deployment.notes
    if notes:
        print("This does not show")
        for note in notes:
            print(f"  {note}")
    return 0


def _joins_stacks(output: str) -> bool:
    """Whether the CDK made it, for another stack: of several stacks these are most, and nobody asked for them."""
    return output.rpartition(".")[2].startswith(("ExportsOutput", "PublishOutput"))


def _pair(given: str) -> tuple[str, str]:
    from cdk_lambda_patterns.errors import LocalCloudError

    key, equals, value = given.partition("=")
    if not key or not equals:
        raise LocalCloudError(f"'--context' takes KEY=VALUE, got {given}")
    return key, value
