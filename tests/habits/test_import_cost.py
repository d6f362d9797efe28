"""What importing the package costs its users: milliseconds, and no Node process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

RECORD_MESSAGES = """
import importlib, json, pkgutil
from jsii._kernel.providers import process

sent, send = {}, process._NodeProcess.send
def record(self, request, response_type):
    if type(request).__name__ != "LoadRequest":
        sent.setdefault(name, []).append(str(request))
    return send(self, request, response_type)
process._NodeProcess.send = record

import cdk_lambda_patterns
modules = [m.name for m in pkgutil.walk_packages(cdk_lambda_patterns.__path__, "cdk_lambda_patterns.")]
for name in modules:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps({"modules": len(modules), "messages": sent}))
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, env=os.environ)


def test_importing_the_package_imports_no_cdk_and_starts_no_node() -> None:
    code = "import sys, cdk_lambda_patterns; print({n.partition('.')[0] for n in sys.modules} & {'aws_cdk', 'jsii'})"

    assert python("-c", code).stdout.strip() == "set()"


def test_importing_the_package_costs_less_than_30_milliseconds() -> None:
    def milliseconds() -> float:
        report = python("-X", "importtime", "-c", "import cdk_lambda_patterns").stderr
        total = re.search(r"\| *(\d+) \| cdk_lambda_patterns$", report, flags=re.MULTILINE)
        assert total is not None
        return int(total[1]) / 1000

    assert min(milliseconds() for _ in range(3)) < 30


@pytest.mark.slow
def test_importing_every_module_defines_nothing_in_the_cdk() -> None:
    """A module that makes a Duration or reads a static property when it is imported would cost every user a message."""
    report = json.loads(python("-c", RECORD_MESSAGES).stdout)

    assert report["modules"] > 10
    assert report["messages"] == {}
