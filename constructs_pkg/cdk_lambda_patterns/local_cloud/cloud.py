"""The local cloud, as one starts it, deploys to it and stops it."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cdk_lambda_patterns.errors import LocalCloudError

from .cdk_cli import CdkCli
from .deployment import deploy_assembly, exists, other_stacks, synthesize_project, synthesize_subject
from .description import DeployedStack, Deployment
from .environment import environment, uv_platform
from .http_request import Response, send_request
from .process import EmulatorProcess, start_emulator
from .settings import ACCOUNT, CONTEXT_KEY, REGION, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    import aws_cdk as cdk

    from .settings import Progress

_RECORDED = "recorded.jsonl"
_DEPLOYED = "deployed.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something of a template that the local cloud keeps a record of and does nothing about."""

    stack: str
    """CloudFormation's name of the stack."""
    logical_id: str
    """The resource's name in the template."""
    type: str
    """The resource's type, or the property of it that is meant."""
    reason: str
    """What does not happen."""


class LocalCloud:
    """A cloud of one's own, in a process on this machine: real functions, real events, no account, no Docker.

    ```python
    with LocalCloud.start() as cloud:
        orders = cloud.deploy(Orders)
        orders.queue("Orders").send({"id": 7})
    ```
    """

    def __init__(self, process: EmulatorProcess, *, python: str, account: str = ACCOUNT, region: str = REGION) -> None:
        """Take over an emulator that runs; `LocalCloud.start()` starts one.

        Args:
            process: The emulator.
            python: The Python version that its functions run on.
            account: The account that clients, and stacks without one of their own, use: 12 digits.
                Default: 000000000000
            region: The region that they use.
                Default: us-east-1
        """
        self.process = process
        self.python = python
        self.account = account
        self.region = region
        self.bootstrapped: set[object] = set()
        """The environments that are known to be bootstrapped."""
        self._clients: dict[tuple[str, str, str], Any] = {}

    @classmethod
    def start(
        cls,
        *,
        port: int | None = None,
        python: str | None = None,
        account: str = ACCOUNT,
        region: str = REGION,
        without: Iterable[str] = (),
        real_waits: bool = False,
        outlives_this_process: bool = False,
        timeout: float = 30,
        progress: Progress | None = None,
    ) -> LocalCloud:
        """Start a local cloud and wait until it answers, in about a second.

        Args:
            port: Where it listens on 127.0.0.1. Default: - a free one.
            python: The Python version that functions run on, for example `3.13`. Default: - that of this process.
            account: The account to deploy to, 12 digits.
                Default: 000000000000
            region: The region to deploy to.
                Default: us-east-1
            without: Names of behaviours that the emulator is to lack; `all` leaves it as its makers published it.
                Default: - none.
            real_waits: Whether retries wait as long as in AWS. Otherwise about a second passes where there minutes do:
                between asynchronous retries, until a failed message is visible again, in `Wait` states.
                Default: False
            outlives_this_process: Whether it goes on when this process ends without stopping it.
                Default: False
            timeout: Seconds that it may take to answer.
                Default: 30
            progress: Is told what takes long, line by line.
                Default: - nobody is.

        Raises:
            LocalCloudError: It could not be installed or did not start; with the reason.
        """
        if not re.fullmatch(r"\d{12}", account):
            raise LocalCloudError(f"an account has 12 digits, got {account!r}; leave it out to get {ACCOUNT}")
        found = environment(python, progress=progress)
        process = start_emulator(
            found,
            port=port,
            without=[without] if isinstance(without, str) else without,
            real_waits=real_waits,
            owned=not outlives_this_process,
            timeout=timeout,
        )
        return cls(process, python=found.version, account=account, region=region)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, with every function that it runs, and delete what it kept. A second time does nothing."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self.process.stop()

    @property
    def endpoint(self) -> str:
        """The address that takes the place of AWS's: `http://127.0.0.1:<port>`."""
        return self.process.endpoint

    @property
    def running(self) -> bool:
        """Whether it runs: false after `stop()`, and if its process died."""
        return self.process.alive

    @property
    def context(self) -> Mapping[str, Any]:
        """The CDK context for an app that is deployed here: `cdk.App(context=cloud.context)`.

        Packages are then made for this machine, and templates name the constructs of their resources.
        """
        return {CONTEXT_KEY: f"{self.python}/{uv_platform()}", "aws:cdk:enable-path-metadata": True}

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that make an AWS SDK or CLI talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def reset(self) -> None:
        """Delete everything that was deployed and happened, in a fraction of a second.

        Raises:
            LocalCloudError: It does not run any more.
        """
        self.process.request("POST", "/_ministack/reset")
        self.bootstrapped.clear()
        for name in (_RECORDED, _DEPLOYED):
            (self.process.folder / name).unlink(missing_ok=True)

    def deploy(
        self,
        subject: type[cdk.Stack] | cdk.Stage | Callable[[cdk.Stack], object] | Path | str,
        *,
        stacks: Sequence[str] = ("**",),
        context: Mapping[str, object] | None = None,
        recommended_flags: bool = False,
        timeout: float | None = 300,
        progress: Progress | None = None,
        **stack_props: object,
    ) -> Deployment:
        """Deploy with the ordinary `cdk deploy`, and return what is there then.

        ```python
        orders = cloud.deploy(Orders)
        orders = cloud.deploy(lambda stack: SqsTrigger(stack, "Orders", function=...))
        shop = cloud.deploy(".")
        ```

        Args:
            subject: A class of stacks; a function that defines constructs in the stack it is given; an app or a stage
                that was made with `context`; the folder of a project with a `cdk.json`; the folder of a cloud assembly.
            stacks: Patterns of the stacks to deploy, as the CDK CLI takes them.
                Default: - all, those of stages too.
            context: Context values of the app, feature flags among them. Not with an app that exists.
                Default: - none.
            recommended_flags: Whether every feature flag that the CDK recommends is on. With a class or a function.
                Default: False
            timeout: Seconds that each of synthesis and deployment may take. None waits as long as it takes.
                Default: 300
            progress: Is told what the CDK CLI says, line by line.
                Default: - nobody is.
            stack_props: What else the class takes; for a function, what `Stack` takes.

        Raises:
            LocalCloudError: It is stopped, this cannot be deployed, there is no CDK CLI, or synthesis or deployment
                failed; with the CLI's own words.
        """
        require_boto3()
        if not self.running:
            raise LocalCloudError(f"the local cloud at {self.endpoint} is not running any more; start another")
        folder = Path(subject).resolve() if isinstance(subject, (str, Path)) else Path.cwd()
        cli = CdkCli.find(folder, self.variables, self.process.folder)
        if isinstance(subject, (str, Path)):
            if (folder / "manifest.json").exists():
                assembly = folder
            elif not (folder / "cdk.json").exists():
                raise LocalCloudError(
                    f"there is no cdk.json in {folder}; name the folder of a project, or of a cloud assembly"
                )
            else:
                values = {key: str(value) for key, value in (context or {}).items()}
                assembly = synthesize_project(self, cli, folder, context=values, timeout=timeout, progress=progress)
        else:
            assembly = synthesize_subject(
                self, subject, context=context or {}, recommended_flags=recommended_flags, stack_props=stack_props
            )
        deployed = deploy_assembly(self, cli, assembly, stacks=stacks, timeout=timeout, progress=progress)
        known = [stack for stack in self._deployed() if stack not in deployed]
        (self.process.folder / _DEPLOYED).write_text(json.dumps([asdict(stack) for stack in [*known, *deployed]]))
        return Deployment(self, deployed)

    def deployed(self) -> Deployment:
        """Everything that is deployed to it, by this process or another, or by the CDK CLI alone."""
        known = self._deployed()
        return Deployment(self, [*known, *other_stacks(self, known)])

    def _deployed(self) -> list[DeployedStack]:
        path = self.process.folder / _DEPLOYED
        noted = [DeployedStack(**stack) for stack in json.loads(path.read_text())] if path.exists() else []
        return [stack for stack in noted if exists(self, stack)]

    def client(self, service: str, *, region: str | None = None, account: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
        """Return a boto3 client that talks to it, and to nobody else whatever profiles and variables this machine has.

        Args:
            service: As boto3 names it, for example `sqs`.
            region: Default: - the cloud's.
            account: Default: - the cloud's.

        Raises:
            LocalCloudError: boto3 is not installed.
        """
        key = (service, region or self.region, account or self.account)
        if key not in self._clients:
            self._clients[key] = _boto3_client(self.endpoint, *key)
        return self._clients[key]

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        body: bytes | str | object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request to what a deployed app serves, by the address that AWS would serve it at.

        ```python
        response = cloud.request(shop.outputs["ApiUrl"] + "orders", method="POST", body={"id": 7})
        ```

        Args:
            url: An API's or a function URL's address, as in the outputs, or a path at the endpoint.
            method: The method.
                Default: GET
            body: Bytes, text, or what is sent as JSON.
                Default: - none.
            headers: Further headers.
                Default: - none.

        Raises:
            LocalCloudError: Nothing answers. Any answer is returned, a refusal too.
        """
        return send_request(self.process.port, url, method=method, body=body, headers=headers or {})

    def recorded(self) -> list[Recorded]:
        """Return what of the deployed templates it only keeps a record of, such as a web firewall."""
        path = self.process.folder / _RECORDED
        lines = path.read_text().splitlines() if path.exists() else []
        return list(dict.fromkeys(Recorded(**json.loads(line)) for line in lines))


def require_boto3() -> None:
    """Refuse to begin what cannot be done without boto3.

    Raises:
        LocalCloudError: It is not installed.
    """
    if importlib.util.find_spec("boto3") is None:
        raise LocalCloudError(
            "talking to the local cloud from Python needs boto3; pip install boto3, or this package with its extra: "
            "pip install './cdk-lambda-patterns[local]' from a clone of its repository"
        )


def _boto3_client(endpoint: str, service: str, region: str, account: str) -> Any:  # noqa: ANN401 - as above
    require_boto3()
    import boto3  # noqa: PLC0415 - optional, and 0.2 s
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # Neither the user's profile nor their configuration files have a say: a mistyped profile must not fail a test.
    unset: tuple[Any, Any, Any, Any] = (None, None, None, None)
    nothing = {"profile": unset, "config_file": unset, "credentials_file": unset, "ca_bundle": unset}
    session = boto3.session.Session(
        aws_access_key_id=account,
        aws_secret_access_key=SECRET,
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=nothing),
    )
    settings = Config(proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint, config=settings)  # type: ignore[call-overload]
