"""Start the local cloud, if it does not run yet, and say how to use it."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cdk_lambda_patterns.local_cloud import LocalCloud

_HOW_TO = """\
  cdk-lambda-patterns local deploy                  deploy the app of this folder
  eval "$(cdk-lambda-patterns local up --export)"   let AWS's tools of this shell use it
  cdk-lambda-patterns local down                    stop it"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    add_start_arguments(parser)
    parser.add_argument("--export", action="store_true", help="print shell commands that set the variables to use it")


def add_start_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a start takes: `local deploy` starts it too."""
    parser.add_argument("--port", type=int, help="where it listens on 127.0.0.1 (default: a free port)")
    parser.add_argument("--python", metavar="X.Y", help="the Python that functions run on (default: this command's)")
    parser.add_argument("--region", default=None, help="the region to deploy to (default: us-east-1)")


def run(arguments: argparse.Namespace) -> int:
    """Start it and print where it is."""
    from cdk_lambda_patterns.local_cloud.running import alone, project_folder

    project = project_folder()
    with alone(project):
        cloud = started(project, arguments)
    if arguments.export:
        # A profile would win over the keys, a session token would go with them.
        print("unset AWS_PROFILE AWS_SESSION_TOKEN")
        for name, value in cloud.variables.items():
            print(f"export {name}={shlex.quote(value)}")
    else:
        print(f"The local cloud of {project} is up at {cloud.endpoint}")
        print(f"  Python {cloud.python}, account {cloud.account}, {cloud.region}")
        print(_HOW_TO)
    return 0


def started(project: Path, arguments: argparse.Namespace) -> LocalCloud:
    """The project's cloud, which is started if it does not run."""
    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.running import find, remember, stop

    cloud = find(project)
    if cloud is not None and cloud.running:
        _refuse_other_settings(cloud, arguments)
        return cloud
    stop(project)
    options = {"region": arguments.region} if arguments.region is not None else {}
    cloud = LocalCloud.start(
        port=arguments.port, python=arguments.python, outlives_this_process=True, progress=say, **options
    )
    remember(cloud, project)
    return cloud


def say(line: str) -> None:
    """Print what happens where it does not get among the results."""
    print(line, file=sys.stderr, flush=True)


def _refuse_other_settings(cloud: LocalCloud, arguments: argparse.Namespace) -> None:
    from cdk_lambda_patterns.errors import LocalCloudError

    wanted = {"port": arguments.port, "python": arguments.python, "region": arguments.region}
    has = {"port": cloud.process.port, "python": cloud.python, "region": cloud.region}
    for name, value in wanted.items():
        if value is not None and value != has[name]:
            raise LocalCloudError(
                f"the local cloud runs already, with {name} {has[name]}, got {value}; stop it first: "
                "cdk-lambda-patterns local down"
            )
