"""Deploys an app to the local cloud: synthesized as ever, bootstrapped, then the ordinary `cdk deploy`."""

from __future__ import annotations

import contextlib
import inspect
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cdk_lambda_patterns.errors import LocalCloudError

from .cdk_cli import CdkTimeoutError
from .description import DeployedStack
from .settings import CONTEXT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

    import aws_cdk as cdk

    from .cdk_cli import CdkCli
    from .cloud import LocalCloud
    from .settings import Progress

_DEFAULT_QUALIFIER = "hnb659fds"
_TOOLKIT_STACK = "CDKToolkit"


@dataclass(frozen=True, slots=True)
class _Environment:
    account: str
    region: str
    qualifier: str


def synthesize_project(
    cloud: LocalCloud,
    cli: CdkCli,
    folder: Path,
    *,
    context: Mapping[str, str],
    timeout: float | None,
    progress: Progress | None,
) -> Path:
    """Synthesize the app that a folder's `cdk.json` names, and return the assembly.

    The project is left as it was: neither its `cdk.out` nor its `cdk.context.json` changes.
    """
    assembly = cloud.process.folder / "cdk.out"
    # The CLI itself sets what begins with `aws:`, and takes text.
    values = {**context, CONTEXT_KEY: cloud.context[CONTEXT_KEY]}
    with _untouched(folder / "cdk.context.json"):
        cli.run(
            *("synth", "--quiet", "--ci", "--no-notices", "--path-metadata", "--profile=default"),
            *(f"--output={assembly}", *(f"--context={key}={value}" for key, value in values.items()), "**"),
            cwd=folder,
            timeout=timeout,
            progress=progress,
        )
    return assembly


def synthesize_subject(
    cloud: LocalCloud,
    subject: type[cdk.Stack] | cdk.Stage | Callable[[cdk.Stack], object],
    *,
    context: Mapping[str, object],
    recommended_flags: bool,
    stack_props: Mapping[str, object],
) -> Path:
    """Synthesize, in this process, what a test names, and return the assembly."""
    import aws_cdk  # noqa: PLC0415 - half a second

    if isinstance(subject, aws_cdk.Stage):
        if context or recommended_flags or stack_props:
            raise LocalCloudError("an app that exists takes no further context, flags or properties; give them to it")
        if any(subject.node.try_get_context(key) != value for key, value in cloud.context.items()):
            raise LocalCloudError(
                "the app does not know that it will run here; make it with cdk.App(context=cloud.context)"
            )
        return Path(subject.synth(force=True).directory)
    is_stack = inspect.isclass(subject) and issubclass(subject, aws_cdk.Stack)
    if not is_stack and (inspect.isclass(subject) or not callable(subject)):
        from cdk_lambda_patterns.testing.synthesis import subject_name  # noqa: PLC0415 - imports the CDK

        raise LocalCloudError(
            "a class of stacks, a function, an app, a stage or a folder can be deployed, got "
            f"{subject_name(subject)}; give its class, or the app it is in, or a function: `lambda stack: ...`"
        )
    flags: Mapping[str, object] = {}
    if recommended_flags:
        from cdk_lambda_patterns.testing import recommended_feature_flags  # noqa: PLC0415 - imports the CDK

        flags = recommended_feature_flags()
    app = aws_cdk.App(
        # One folder for all: an asset that was packaged once is found again.
        outdir=str(cloud.process.folder / "assembly"),
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        context={**flags, **context, **cloud.context},
    )
    if is_stack:
        cast("Callable[..., cdk.Stack]", subject)(app, cast("type[cdk.Stack]", subject).__name__, **stack_props)
    else:
        stack = cast("Callable[..., cdk.Stack]", aws_cdk.Stack)(app, "Stack", **stack_props)
        cast("Callable[[cdk.Stack], object]", subject)(stack)
    return Path(app.synth().directory)


def deploy_assembly(
    cloud: LocalCloud,
    cli: CdkCli,
    assembly: Path,
    *,
    stacks: Sequence[str],
    timeout: float | None,
    progress: Progress | None,
) -> list[DeployedStack]:
    """Deploy stacks of an assembly with `cdk deploy`, and return where those of its stacks are that are there then."""
    found = list(_stacks_of(cloud, assembly))
    for environment in dict.fromkeys(environment for _, environment in found):
        _bootstrap(cloud, cli, environment)
    try:
        cli.run(
            *("deploy", "--ci", "--no-notices", "--require-approval=never", "--method=direct", "--progress=events"),
            *("--profile=default", f"--app={assembly}", *stacks),
            cwd=cloud.process.folder,
            timeout=timeout,
            progress=progress,
        )
    except CdkTimeoutError as error:
        waiting = ", ".join(_in_progress(cloud, (stack for stack, _ in found)))
        raise CdkTimeoutError(f"{error.summary}, in progress: {waiting or 'nothing'}", error.said) from None
    return [stack for stack, _ in found if exists(cloud, stack)]


def exists(cloud: LocalCloud, stack: DeployedStack) -> bool:
    """Whether a stack is there."""
    cloudformation = cloud.client("cloudformation", account=stack.account, region=stack.region)
    try:
        cloudformation.describe_stacks(StackName=stack.name)
    except cloudformation.exceptions.ClientError:
        return False
    return True


def _in_progress(cloud: LocalCloud, stacks: Iterable[DeployedStack]) -> Iterator[str]:
    """What CloudFormation waits for: mostly a custom resource whose function does not answer."""
    for stack in (stack for stack in stacks if exists(cloud, stack)):
        cloudformation = cloud.client("cloudformation", account=stack.account, region=stack.region)
        latest: dict[str, Any] = {}
        for event in cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]:
            latest.setdefault(event["LogicalResourceId"], event)
        for name, event in latest.items():
            if name != stack.name and event["ResourceStatus"].endswith("_IN_PROGRESS"):
                yield f"{name} ({event['ResourceType']}) of {stack.path}"


def other_stacks(cloud: LocalCloud, known: Collection[DeployedStack]) -> Iterator[DeployedStack]:
    """The stacks of the cloud's own account and region that another tool deployed, named as CloudFormation does."""
    cloudformation = cloud.client("cloudformation")
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    ids = {stack["StackName"]: stack["StackId"] for page in pages for stack in page["Stacks"]}
    # The emulator does not say which stack a nested one belongs to, but the other one names it.
    nested = {
        resource.get("PhysicalResourceId")
        for name in ids
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudFormation::Stack"
    }
    here = {stack.name for stack in known if (stack.account, stack.region) == (cloud.account, cloud.region)}
    for name, stack_id in ids.items():
        if name not in here and stack_id not in nested and not name.startswith(_TOOLKIT_STACK):
            yield DeployedStack(name=name, path=name, account=cloud.account, region=cloud.region)


def _stacks_of(cloud: LocalCloud, assembly: Path) -> Iterator[tuple[DeployedStack, _Environment]]:
    """The stacks of an assembly and of the stages in it."""
    for name, artifact in json.loads((assembly / "manifest.json").read_bytes()).get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks_of(cloud, assembly / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            account, _, region = artifact["environment"].removeprefix("aws://").partition("/")
            account = cloud.account if account.startswith("unknown-") else account
            region = cloud.region if region.startswith("unknown-") else region
            parameter = properties.get("bootstrapStackVersionSsmParameter", "").split("/")
            qualifier = parameter[2] if parameter[1:2] == ["cdk-bootstrap"] else _DEFAULT_QUALIFIER
            yield (
                DeployedStack(
                    name=properties.get("stackName", name),
                    path=artifact.get("displayName", name).partition(" (")[0],
                    account=account,
                    region=region,
                ),
                _Environment(account, region, qualifier),
            )


def _bootstrap(cloud: LocalCloud, cli: CdkCli, environment: _Environment) -> None:
    """What `cdk bootstrap` does, with its own template, in a fifth of the time: the CLI would poll and synthesize."""
    if environment in cloud.bootstrapped:
        return
    account, region, qualifier = environment.account, environment.region, environment.qualifier
    cloudformation = cloud.client("cloudformation", account=account, region=region)
    name = _TOOLKIT_STACK if qualifier == _DEFAULT_QUALIFIER else f"{_TOOLKIT_STACK}-{qualifier}"
    with contextlib.suppress(cloudformation.exceptions.AlreadyExistsException):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=_bootstrap_template(cloud, cli),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[
                {"ParameterKey": "Qualifier", "ParameterValue": qualifier},
                {
                    "ParameterKey": "CloudFormationExecutionPolicies",
                    "ParameterValue": "arn:aws:iam::aws:policy/AdministratorAccess",
                },
            ],
        )
    status = _settled(cloudformation, name)
    if status != "CREATE_COMPLETE":
        raise LocalCloudError(f"the local cloud's account {account} in {region} could not be bootstrapped: {status}")
    cloud.bootstrapped.add(environment)


def _bootstrap_template(cloud: LocalCloud, cli: CdkCli) -> str:
    kept = cloud.process.folder / "bootstrap-template.yaml"
    if not kept.exists():
        kept.write_text(cli.output("bootstrap", "--show-template", "--no-notices", cwd=cloud.process.folder))
    return kept.read_text()


def _settled(cloudformation: Any, name: str) -> str:  # noqa: ANN401 - boto3 makes its types at run time
    deadline = time.monotonic() + 60
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status: str = stack["StackStatus"]
        if not status.endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            return status
        time.sleep(0.02)


@contextlib.contextmanager
def _untouched(file: Path) -> Generator[None]:
    """Put a file back as it was: the CLI keeps there what it looked up, and here it looks it up in the local cloud."""
    before = file.read_bytes() if file.exists() else None
    try:
        yield
    finally:
        if before is None:
            file.unlink(missing_ok=True)
        elif file.read_bytes() != before:
            file.write_bytes(before)
