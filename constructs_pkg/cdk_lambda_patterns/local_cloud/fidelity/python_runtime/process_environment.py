"""What a function's process gets: its folders, import path and environment variables, and nothing of the emulator's.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..support.emulator import Record, module, part, parts

# What Lambda's Python runtime can import without a deployment package.
_IN_RUNTIME = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
_FROM_HOST = ("SSL_CERT_FILE", "AWS_CA_BUNDLE")
_HANDLER_PROCESS = Path(__file__).with_name("handler_process")


@dataclass(frozen=True)
class ProcessEnvironment:
    """All that is needed to start a function's process."""

    command: list[str]
    variables: dict[str, str]
    task_root: str
    """Where the deployment package lies: `/var/task` on AWS."""
    layers: tuple[str, ...]
    """Where each layer lies, in the order that the function names them: together `/opt` on AWS."""

    def as_on_aws(self, text: str) -> str:
        """The text with the function's folders called what they are called on AWS."""
        text = text.replace(self.task_root, "/var/task")
        for layer in self.layers:
            text = text.replace(layer, "/opt")
        return text


def process_environment(config: Record, code: bytes, runtime_api: str, log_stream: str) -> ProcessEnvironment:
    """Unpack the function and say how its process is started.

    Args:
        config: The function's configuration, as the emulator stores it.
        code: Its deployment package, a zip archive.
        runtime_api: Host and port of the Runtime API.
        log_stream: The log stream that the environment writes to.
    """
    lambda_svc = module("services.lambda_svc")
    task_root: str = lambda_svc._docker_extracted_dir(code, "code")
    layers = tuple(_layers(config))
    runtime = str(config["Runtime"])
    path = [
        task_root,
        # A later layer overwrites an earlier one.
        *(folder for layer in reversed(layers) for folder in _python_folders(layer, runtime)),
        str(runtime_folder()),
    ]
    command = [
        interpreter(runtime),
        "-S",
        str(_HANDLER_PROCESS / "bootstrap.py"),
        os.pathsep.join(path),
        config["Handler"],
    ]
    variables = _variables(config, task_root, layers, runtime_api, log_stream)
    wrapper = variables.get("AWS_LAMBDA_EXEC_WRAPPER")
    if wrapper:
        command.insert(0, _in_layers(wrapper, layers))
    return ProcessEnvironment(command, variables, task_root, layers)


def interpreter(runtime: str) -> str:
    """The interpreter for a runtime: the one named for it, or the emulator's own."""
    named = dict(pair.split("=", 1) for pair in os.environ.get("LOCAL_CLOUD_PYTHONS", "").split(",") if "=" in pair)
    return named.get(runtime, sys.executable)


@cache
def runtime_folder() -> Path:
    """A folder with the packages of Lambda's runtime alone, linked to where they are installed: `/var/runtime`."""
    folder = Path(tempfile.mkdtemp(prefix="runtime-"))
    for name in _IN_RUNTIME:
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            # The compiled Runtime API client is for one interpreter; ours is for all.
            if top != "__pycache__" and not top.startswith("runtime_client."):
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    (folder / "runtime_client.py").symlink_to(_HANDLER_PROCESS / "runtime_client.py")
    return folder


def _layers(config: Record) -> list[str]:
    lambda_svc = module("services.lambda_svc")
    archives = [lambda_svc._resolve_layer_zip(layer) for layer in parts(config, "Layers")]
    return [lambda_svc._docker_extracted_dir(archive, "layer") for archive in archives if archive]


def _python_folders(layer: str, runtime: str) -> list[str]:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html."""
    folders = (f"{layer}/python/lib/{runtime}/site-packages", f"{layer}/python")
    return [folder for folder in folders if Path(folder).is_dir()]


def _in_layers(path: str, layers: tuple[str, ...]) -> str:
    for layer in reversed(layers):
        candidate = Path(layer, path.removeprefix("/opt/"))
        if path.startswith("/opt/") and candidate.exists():
            return str(candidate)
    return path


def _variables(
    config: Record, task_root: str, layers: tuple[str, ...], runtime_api: str, log_stream: str
) -> dict[str, str]:
    lambda_svc = module("services.lambda_svc")
    lambda_runtime = module("core.lambda_runtime")
    logging = part(config, "LoggingConfig")
    _account, region = lambda_runtime._account_region_from_function_config(config)
    snap_start = part(config, "SnapStart").get("OptimizationStatus") == "On" and config["Version"] != "$LATEST"
    # Each environment has a folder of its own for temporary files; nothing of the user's home is read.
    temporary = tempfile.mkdtemp(prefix="tmp-")
    variables = {name: os.environ[name] for name in _FROM_HOST if name in os.environ}
    variables |= lambda_svc._runtime_env_vars(config)
    variables |= {
        "_HANDLER": config["Handler"],
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": gateway(),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if snap_start else "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": region,
        "LAMBDA_RUNTIME_DIR": str(runtime_folder()),
        "LAMBDA_TASK_ROOT": task_root,
        "LANG": "en_US.UTF-8",
        # Clients put the account into host names that only AWS resolves.
        lambda_runtime.HOST_PREFIX_ENV: "true",
        **lambda_runtime.execution_credentials(config),
    }
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
    binaries = os.pathsep.join([os.environ.get("PATH", os.defpath), *(f"{layer}/bin" for layer in layers)])
    libraries = os.pathsep.join([task_root, f"{task_root}/lib", *(f"{layer}/lib" for layer in layers)])
    for name, value in {
        "HOME": temporary,
        "LD_LIBRARY_PATH": libraries,
        "PATH": binaries,
        "TMPDIR": temporary,
        "TZ": ":UTC",
    }.items():
        variables.setdefault(name, value)
    return variables


def gateway() -> str:
    """Where the emulator listens, for the processes it starts."""
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
