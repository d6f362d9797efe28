"""The ordinary CDK CLI, pointed at the local cloud and away from everything else."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_lambda_patterns.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .settings import Progress

# What else in the environment would make the CLI use another app, account or role than the one meant here.
_MISLEADING = frozenset({"CDK_APP", "CDK_OUTPUT", "CDK_PROFILE", "CDK_ROLE_ARN", "PYTHONDONTWRITEBYTECODE"})
_EVENT = re.compile(r"^\S+ \|\s*\d+(/\d+)? \| [^|]+ \| (?P<status>[A-Z_]+)\s+\| ")
_STACK_FRAME = re.compile(r"^\s+at .*[(:]\S+:\d+")
# Times, each asset's way, outputs (which are shown better in the end), hints for later, failures told once more, and
# where these may have left a trace on AWS.
_CHATTER = re.compile(
    r"^\s*$|^Stack ARN:|^arn:aws[\w-]*:cloudformation:|^✨|^Outputs:|^\S+\.\w+ = |feature flags are not configured"
    r"|: (start|success): (Building|Built|Publishing|Published) |^Successfully synthesized to|^Supply a stack id"
    r"|^Failed resources:$|^\S+ \| [\d:]+ [AP]M \| [A-Z_]*FAILED |^\s*CloudTrail delivery can lag "
    r"|^Source Location: [^/]*$|^\s+\(no user code in \d+ frames"
)


class CdkError(LocalCloudError):
    """The CDK CLI failed."""

    summary: str
    """That it failed, without its own words."""
    said: Sequence[str]
    """Its own words, line by line: what `progress` was told."""

    def __init__(self, summary: str, said: Sequence[str]) -> None:
        """Make the error.

        Args:
            summary: That it failed.
            said: Its own words.
        """
        super().__init__("".join([summary, ":" if said else "", *(f"\n  {line}" for line in said)]))
        self.summary = summary
        self.said = said


class CdkTimeoutError(CdkError):
    """The CDK CLI took too long."""


@dataclass(frozen=True, slots=True)
class CdkCli:
    """The CDK CLI of a project, and the environment that it runs in."""

    command: tuple[str, ...]
    env: Mapping[str, str]

    @classmethod
    def find(cls, folder: Path, variables: Mapping[str, str], home: Path) -> CdkCli:
        """Find the CDK CLI of the project that a folder belongs to.

        Args:
            folder: Where to look from: `node_modules` here and in the folders above, then from the current folder
                likewise, then `PATH`.
            variables: What makes AWS's SDKs talk to the local cloud.
            home: A folder for the files that the CLI is to find instead of the user's own AWS configuration.

        Raises:
            LocalCloudError: There is no CDK CLI, or no Node.js; with how to get it.
        """
        node, found = find_cli(folder)
        script = Path(found).resolve()
        with script.open("rb") as file:
            for_node = b"node" in file.readline()
        return cls(command=(node, str(script)) if for_node else (found,), env=_environment(node, variables, home))

    def run(self, *arguments: str, cwd: Path, timeout: float | None, progress: Progress | None) -> str:
        """Run it and return what it printed.

        Args:
            arguments: Its arguments.
            cwd: The folder it runs in; its `cdk.json` counts.
            timeout: Seconds that it may take. None waits as long as it takes.
            progress: Is told each line that matters as it comes.

        Raises:
            CdkError: It failed; with its own words.
            CdkTimeoutError: It took too long; with its own words.
        """
        lines: list[str] = []
        late = threading.Event()
        child = subprocess.Popen(  # noqa: S603 - the CLI found above
            [*self.command, *arguments],
            cwd=cwd,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

        def give_up() -> None:
            late.set()
            _kill_group(child.pid)

        timer = threading.Timer(timeout, give_up) if timeout is not None else None
        try:
            if timer is not None:
                timer.start()
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            for line in child.stdout:
                lines.append(line.rstrip())
                if progress is not None and matters(lines[-1]):
                    progress(lines[-1])
            status = child.wait()
        except BaseException:
            _kill_group(child.pid)
            child.wait()
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if child.stdout is not None:
                child.stdout.close()
        said = [line for line in lines[-200:] if matters(line)]
        if late.is_set():
            raise CdkTimeoutError(f"cdk {arguments[0]} took longer than {timeout:g} s", said)
        if status != 0:
            raise CdkError(f"cdk {arguments[0]} ended with {status}", said)
        return "\n".join(lines)

    def output(self, *arguments: str, cwd: Path) -> str:
        """Run it and return what it wrote to its standard output, without the warnings it may have written beside.

        Raises:
            CdkError: It failed; with its own words.
        """
        ran = subprocess.run(  # noqa: S603 - the CLI found above
            [*self.command, *arguments], cwd=cwd, env=dict(self.env), capture_output=True, text=True, check=False
        )
        if ran.returncode != 0:
            raise CdkError(f"cdk {arguments[0]} ended with {ran.returncode}", ran.stderr.strip().splitlines())
        return ran.stdout


def find_cli(folder: Path) -> tuple[str, str]:
    """Node.js, and the CDK CLI of the project that a folder belongs to.

    Args:
        folder: Where to look from, as for `CdkCli.find`.

    Raises:
        LocalCloudError: There is none of either; with how to get it.
    """
    node = find_node()
    if node is None:
        raise LocalCloudError("Node.js was not found; install Node.js 22 or newer, or name it in JSII_NODE")
    here = Path.cwd()
    places = [place / "node_modules" / ".bin" for place in (folder, *folder.parents, here, *here.parents)]
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which("cdk", path=path)
    if found is None:
        raise LocalCloudError(
            f"the CDK CLI was not found, in node_modules above {folder} or on PATH; npm install aws-cdk@2"
        )
    return node, found


def find_node() -> str | None:
    """The Node.js that jsii would use: `JSII_NODE`, or the first on `PATH`."""
    return shutil.which(os.environ.get("JSII_NODE") or "node") or shutil.which("node")


def path_with_node(path: str, node: str | None) -> str:
    """`PATH` with that Node.js on it, for those who look for it under its usual name."""
    if node is None or shutil.which("node", path=path) is not None:
        return path
    return os.pathsep.join([path, str(Path(node).parent)])


def matters(line: str) -> bool:
    """Whether a line of the CLI's says something to a reader: not each resource's progress, and no stack frames."""
    event = _EVENT.match(line)
    if event is not None:
        return "FAILED" in event["status"] or "ROLLBACK" in event["status"]
    return not _CHATTER.search(line) and not _STACK_FRAME.match(line)


def _environment(node: str, variables: Mapping[str, str], home: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k not in _MISLEADING}
    path = env.get("PATH", os.defpath)
    if "VIRTUAL_ENV" not in env:
        # As if this package's environment were activated: an app's command is mostly a bare `python`.
        path = os.pathsep.join([str(Path(sys.executable).parent), path])
    # Whatever profile `cdk.json` names, the CLI is told to use this one; it cannot reach the user's own.
    credentials = home / "aws-credentials"
    credentials.write_text(
        f"[default]\naws_access_key_id = {variables['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {variables['AWS_SECRET_ACCESS_KEY']}\n"
    )
    here = "127.0.0.1,localhost"
    return {
        **env,
        **variables,
        "PATH": path_with_node(path, node),
        "JSII_NODE": node,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "NO_COLOR": "1",
        **{name: f"{env[name]},{here}" if env.get(name) else here for name in ("NO_PROXY", "no_proxy")},
    }


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
