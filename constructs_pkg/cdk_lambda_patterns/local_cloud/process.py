"""The emulator's process: started on a free port of this machine, and stopped for good.

It and the functions it runs are one process group, so that stopping reaches them all, also when the emulator waits for
a custom resource and does not listen.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cdk_lambda_patterns.errors import LocalCloudError

from .cdk_cli import find_node, path_with_node
from .settings import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .environment import Environment

LAUNCHER = Path(__file__).with_name("launch.py")
# What AWS lets minutes pass for passes in about a second.
_SHORT_WAITS = {
    "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
    "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "1",
    "LOCAL_CLOUD_QUEUE_RETRY_SECONDS": "0.5",
    "LOCAL_CLOUD_RELEASE_MINUTE_SECONDS": "1",
    "SFN_WAIT_SCALE": "0.1",
}
_LOG = "emulator.log"
_GRACE_SECONDS = 5.0
_LAST_PORT = 65_535
# What the emulator inherits. All else would reach it, and handlers, by accident: endpoints, profiles, CA bundles.
_INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "LOCAL_CLOUD_PYTHONS",
)


@dataclass(frozen=True, slots=True)
class EmulatorProcess:
    """A running emulator, as any process of this user can find it again."""

    pid: int
    """Its process, which leads a process group of its own."""

    started: str
    """When the process started, in the system's own words: with `pid`, no other process has ever been this one."""

    port: int
    """Where it listens, on 127.0.0.1."""

    folder: Path
    """Its private folder: the log, what it only recorded, the code of functions. Deleted when it stops."""

    @property
    def endpoint(self) -> str:
        """Where it listens, as an URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return started_at(self.pid) == self.started

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the emulator logged."""
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / _LOG).read_text(errors="replace").splitlines()[-lines:])
        return ""

    def request(self, method: str, path: str, *, timeout: float = 30) -> bytes:
        """Send a request to one of the emulator's own paths, past any proxy.

        Raises:
            LocalCloudError: Nothing answers, or not with success.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            state = "does not answer" if self.alive else "is not running any more"
            raise LocalCloudError(
                f"the local cloud at {self.endpoint} {state}: {error}{_quoted(self.log_tail())}"
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise LocalCloudError(f"the local cloud answered {response.status} to {method} {path}")
        return body

    def stop(self) -> None:
        """End the emulator and every function it runs, and delete its folder; without effect once it is gone."""
        if self.alive:
            _signal_group(self.pid, signal.SIGTERM)
            if not _group_ends(self.pid, _GRACE_SECONDS):
                _signal_group(self.pid, signal.SIGKILL)
                _group_ends(self.pid, _GRACE_SECONDS)
        elif started_at(self.pid) is None and self.folder.exists():
            # The emulator died. Functions it had started may live on in its group, whose number nobody else gets while
            # they do.
            _signal_group(self.pid, signal.SIGKILL)
            _group_ends(self.pid, _GRACE_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_emulator(
    environment: Environment,
    *,
    port: int | None,
    without: Iterable[str],
    real_waits: bool,
    owned: bool,
    timeout: float,
) -> EmulatorProcess:
    """Start an emulator and wait until it answers.

    Args:
        environment: What it runs in.
        port: Where it listens. None takes a free one.
        without: Names of fidelity behaviours to leave out.
        real_waits: Whether retries wait as long as in AWS.
        owned: Whether it ends when this process does, however that ends.
        timeout: Seconds that it may take to answer.

    Raises:
        LocalCloudError: The port is taken, the emulator ended at once, or it does not answer in time; with its log.
    """
    settings = {"LOCAL_CLOUD_WITHOUT": ",".join(without)}
    if owned:
        settings["LOCAL_CLOUD_OWNER"] = str(os.getpid())
    if not real_waits:
        settings |= _SHORT_WAITS
    if port is not None:
        if not isinstance(cast("object", port), int) or not 0 < port <= _LAST_PORT:
            raise LocalCloudError(
                f"a port is a number from 1 to {_LAST_PORT}, got {port!r}; leave it out to get a free one"
            )
        if not _is_free(port):
            raise LocalCloudError(
                f"port {port} is taken; stop what listens there, or leave the port out to get a free one"
            )
        return _start(environment, port, settings, timeout)
    # Another process may take the free port before the emulator does: then a second one is tried.
    for _ in range(3):
        port = _free_port()
        try:
            return _start(environment, port, settings, timeout)
        except _PortTakenError:
            continue
    raise LocalCloudError("no free port could be had: others took three of them first")


def started_at(pid: int) -> str | None:
    """When a process started, in the system's own words, or None if there is none, or only its remains."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        return _started_at_without_proc(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


class _PortTakenError(LocalCloudError):
    pass


def _start(environment: Environment, port: int, settings: Mapping[str, str], timeout: float) -> EmulatorProcess:
    folder = Path(tempfile.mkdtemp(prefix="local-cloud-"))
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # For functions of the nodejs runtimes, the CDK's own custom resources among them.
    env["PATH"] = path_with_node(env.get("PATH", os.defpath), find_node())
    env |= {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "LOCAL_CLOUD_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(folder),
        **settings,
    }
    with (folder / _LOG).open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own launcher in our own environment
            [str(environment.python), str(LAUNCHER)],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = EmulatorProcess(pid=child.pid, started=started_at(child.pid) or "", port=port, folder=folder)
    _children[child.pid] = child
    try:
        _wait_until_healthy(process, child, timeout)
    except BaseException:
        process.stop()
        raise
    return process


def _wait_until_healthy(process: EmulatorProcess, child: subprocess.Popen[bytes], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while child.poll() is None:
        with contextlib.suppress(LocalCloudError):
            process.request("GET", "/_ministack/health", timeout=1)
            if child.poll() is None:
                return
            break
        if time.monotonic() > deadline:
            raise LocalCloudError(f"the local cloud did not answer within {timeout:g} s{_quoted(process.log_tail())}")
        time.sleep(0.02)
    said = process.log_tail()
    kind = _PortTakenError if "in use" in said else LocalCloudError
    raise kind(f"the local cloud ended with {child.returncode} before it answered{_quoted(said)}")


# Children of this process must be waited for, or their remains stay.
_children: dict[int, subprocess.Popen[bytes]] = {}


def _group_ends(group: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    child = _children.get(group)
    while _group_alive(group):
        if child is not None:
            child.poll()
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    if child is not None:
        child.wait()
        _children.pop(group, None)
    return True


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS, of a group of which only remains are left
        return False
    if not Path("/proc/self/stat").exists():
        return True
    # Remains that nobody waits for, as in a container without an init, count as ended.
    return any(_group_of_living(entry.name) == group for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _group_of_living(pid: str) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, _, group, *_ = fields
    return None if state in "ZX" else int(group)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _started_at_without_proc(pid: int) -> str | None:
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)  # noqa: S603 - constant
    state, _, started = ran.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the emulator binds: a port whose last connections are only fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _quoted(log: str) -> str:
    return ":\n" + "\n".join(f"  {line}" for line in log.splitlines()) if log else ""
