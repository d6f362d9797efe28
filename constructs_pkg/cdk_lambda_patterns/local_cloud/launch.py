"""Serves the emulator, made faithful: run by path, with the interpreter of the emulator's own environment.

It knows nothing but its environment variables, so that it runs where this library is not installed:

- `GATEWAY_PORT`, `BIND_HOST`: where it listens.
- `LOCAL_CLOUD_DIR`: a private folder; `recorded.jsonl` in it names what templates ask for and is not emulated.
- `LOCAL_CLOUD_WITHOUT`: behaviours to leave out, by name, separated by commas; `all` is the emulator as published.
- `LOCAL_CLOUD_PYTHONS`: interpreters for functions, `python3.13=/path,python3.12=/path`.
  Default: - the interpreter that this file is run with.
- `LOCAL_CLOUD_QUEUE_RETRY_SECONDS`: when a message that failed is visible again.
  Default: - after the visibility timeout.
- `LOCAL_CLOUD_RELEASE_MINUTE_SECONDS`: how long a minute of a gradual release takes.
  Default: 60
- `LOCAL_CLOUD_OWNER`: the process that started this one; when it is gone, so are the emulator
  and its folder.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

# What of this process's environment would change how the emulator, or a handler, talks to services.
_MISLEADING = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "LOCALSTACK_HOSTNAME", "PYTHONPATH")

# The emulator's own settings, where this process's environment says nothing else.
_SETTINGS = {
    # Listeners that nobody here uses, on fixed ports that a second emulator could not have.
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    # Nobody waits minutes here: AWS waits 60 s before it tries an asynchronous event again, then 120 s.
    "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
    "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "1",
    "SFN_WAIT_SCALE": "0.1",
    # Each environment is a process of this machine.
    "LAMBDA_ACCOUNT_CONCURRENCY": "50",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    """Put the emulator right, and serve until told to stop."""
    for name in _MISLEADING:
        os.environ.pop(name, None)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    _end_with(os.environ.get("LOCAL_CLOUD_OWNER", ""))
    fidelity = _fidelity()
    fidelity.apply(os.environ.get("LOCAL_CLOUD_WITHOUT", "").split(","))
    sys.argv = sys.argv[:1]
    fidelity.serve()


def _fidelity() -> ModuleType:
    """The folder beside this file as a package of its own; nothing else of this library can be imported."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    folder = here / "fidelity"
    spec = importlib.util.spec_from_file_location(
        "fidelity", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package at {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["fidelity"] = module
    spec.loader.exec_module(module)
    return module


def _end_with(owner: str) -> None:
    if not owner.isdigit():
        return

    def watch() -> None:
        while os.getppid() == int(owner):
            time.sleep(0.5)
        shutil.rmtree(os.environ["LOCAL_CLOUD_DIR"], ignore_errors=True)
        # The whole group: functions run in processes of their own.
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="owner").start()


if __name__ == "__main__":
    main()
