"""The local cloud, as one starts it, deploys to it and stops it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_lambda_patterns.errors import LocalCloudError

from .environment import environment, uv_platform
from .process import EmulatorProcess, start_emulator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from .progress import Progress

ACCOUNT = "000000000000"
"""The account that one deploys to unless a stack names another."""

REGION = "us-east-1"
"""The region that one deploys to unless a stack names another."""

CONTEXT_KEY = "cdk-lambda-patterns:local-cloud"
"""The context value that says where functions will run, as `<Python version>/<uv's --python-platform>`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something of a template that the local cloud keeps a record of and does nothing about."""

    stack: str
    logical_id: str
    type: str
    """The resource's type."""
    reason: str


class LocalCloud:
    """A cloud of one's own, in a process on this machine: real functions, real events, no account, no Docker.

    ```python
    with LocalCloud.start() as cloud:
        orders = cloud.deploy(Orders)
        orders.queue("Orders").send({"id": 7})
    ```
    """

    def __init__(self, process: EmulatorProcess, *, python: str, account: str = ACCOUNT, region: str = REGION) -> None:
        """Args:
        process: A running emulator; `LocalCloud.start()` starts one.
        python: The Python version that its functions run on.
        account: The account that clients and stacks without one of their own use, 12 digits.
        region: The region that they use.
        """
        self.process = process
        self.python = python
        self.account = account
        self.region = region
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
        outlives_this_process: bool = False,
        timeout: float = 30,
        progress: Progress | None = None,
    ) -> LocalCloud:
        """Start a local cloud and wait until it answers, in about a second.

        Args:
            port: Where it listens on 127.0.0.1. Default: - a free one.
            python: The Python version that functions run on, for example `3.13`. Default: - that of this process.
            account: The account to deploy to, 12 digits.
            region: The region to deploy to.
            without: Names of behaviours that the emulator is to lack; `all` leaves it as its makers published it.
            outlives_this_process: Whether it goes on when this process ends without stopping it.
            timeout: Seconds that it may take to answer.
            progress: Is told what takes long, line by line.

        Raises:
            LocalCloudError: It could not be installed or did not start; with the reason.
        """
        found = environment(python, progress=progress)
        process = start_emulator(found, port=port, without=without, timeout=timeout, owned=not outlives_this_process)
        return cls(process, python=found.version, account=account, region=region)

    def __enter__(self) -> LocalCloud:
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
    def context(self) -> Mapping[str, str]:
        """The CDK context under which packages are made that run on this machine: `cdk.App(context=cloud.context)`."""
        return {CONTEXT_KEY: f"{self.python}/{uv_platform()}"}

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that make an AWS SDK or CLI talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "local-cloud",
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
        (self.process.folder / "recorded.jsonl").unlink(missing_ok=True)

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

    def recorded(self) -> list[Recorded]:
        """Return what of the deployed templates it only keeps a record of, such as a CodeDeploy deployment group."""
        path = self.process.folder / "recorded.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return list(dict.fromkeys(Recorded(**json.loads(line)) for line in lines))


def _boto3_client(endpoint: str, service: str, region: str, account: str) -> Any:  # noqa: ANN401 - as above
    try:
        import boto3  # noqa: PLC0415 - optional, and 0.2 s
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise LocalCloudError(
            "talking to the local cloud from Python needs boto3; install cdk-lambda-patterns[local]"
        ) from error
    # Neither the user's profile nor their configuration files have a say: a mistyped profile must not fail a test.
    nothing = {name: (None, None, None, None) for name in ("profile", "config_file", "credentials_file", "ca_bundle")}
    session = boto3.session.Session(
        aws_access_key_id=account,
        aws_secret_access_key="local-cloud",  # noqa: S106 - the emulator asks for any
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=nothing),
    )
    settings = Config(proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint, config=settings)  # type: ignore[call-overload]
