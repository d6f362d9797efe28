"""What is measured of both contenders."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.bench.contenders import by_hand, with_the_library
from tests.bench.content import size
from tests.bench.jsii_messages import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdk_lambda_patterns.testing import Template
    from tests.bench.jsii_messages import Messages


@dataclass(frozen=True, slots=True)
class Cost:
    """What one function costs."""

    messages: Messages
    """Messages to Node for a function that is not the first one of its stack."""
    messages_at_synthesis: int
    """Further ones while the app is synthesized: what is only looked at when all is defined."""
    resources: int
    """Those of a function that is not the first one of its stack."""
    template_bytes: int


def template_of(definition: Callable[[cdk.Stack, str], object]) -> Template:
    """The template of one function, named `Process`."""
    return synthesize(lambda stack: definition(stack, "Process"))


def cost(definition: Callable[[cdk.Stack, str], object]) -> Cost:
    """The costs that can be counted."""
    stack = cdk.Stack(fast_app(), "Stack")
    definition(stack, "First")
    before = _resources(stack)
    with counted() as messages:
        definition(stack, "Second")
    return Cost(
        messages=messages,
        messages_at_synthesis=_messages_at_synthesis(definition, 2) - _messages_at_synthesis(definition, 1),
        resources=_resources(stack) - before,
        template_bytes=size(template_of(definition)),
    )


def _messages_at_synthesis(definition: Callable[[cdk.Stack, str], object], functions: int) -> int:
    app = fast_app()
    stack = cdk.Stack(app, "Stack")
    for number in range(functions):
        definition(stack, f"Function{number}")
    with counted() as messages:
        app.synth()
    return len(messages)


def _resources(stack: cdk.Stack) -> int:
    return sum(isinstance(part, cdk.CfnResource) for part in stack.node.find_all())


@dataclass(frozen=True, slots=True)
class Time:
    """Milliseconds for a function, in the median of the rounds."""

    wall: float
    python: float
    """Processor time of Python."""
    node: float
    """Processor time of Node; 0 where the system does not tell."""


def times(
    definitions: Sequence[Callable[[cdk.Stack, str], object]] = (with_the_library, by_hand),
    *,
    rounds: int = 15,
    functions: int = 20,
) -> list[Time]:
    """The time that each definition takes: by turns, so that a busy machine is busy for all of them."""
    measured: list[list[Time]] = [[] for _ in definitions]
    for number in range(rounds + 1):
        for samples, definition in zip(measured, definitions, strict=True):
            stack = cdk.Stack(fast_app(), "Stack")
            wall, python, node = time.perf_counter(), time.process_time(), _node_seconds()
            for function in range(functions):
                definition(stack, f"Function{function}")
            per_function = 1000 / functions
            if number > 0:  # the first round loads modules
                samples.append(
                    Time(
                        wall=(time.perf_counter() - wall) * per_function,
                        python=(time.process_time() - python) * per_function,
                        node=(_node_seconds() - node) * per_function,
                    )
                )
    return [
        Time(
            wall=median(sample.wall for sample in samples),
            python=median(sample.python for sample in samples),
            node=median(sample.node for sample in samples),
        )
        for samples in measured
    ]


def _node_seconds() -> float:
    """Processor time of the children that still run; 0 where the system does not tell (Linux does)."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        return 0
    total, waiting = 0, children.read_text().split()
    while waiting:
        process = Path("/proc") / waiting.pop()
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            waiting += (process / "task" / process.name / "children").read_text().split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Import:
    """What `import cdk_lambda_patterns` costs."""

    milliseconds: float
    """The least of the runs."""
    modules: list[str]
    """What of the CDK it imports."""
    processes: int
    """Processes that it starts."""


_IMPORT = """
import json, os, pathlib, sys
import cdk_lambda_patterns
children = pathlib.Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
print(json.dumps({
    "modules": sorted({name.partition(".")[0] for name in sys.modules} & {"aws_cdk", "constructs", "jsii"}),
    "processes": len(children.read_text().split()) if children.exists() else 0,
}))
"""


def import_cost(*, runs: int = 5) -> Import:
    """The cost of importing the package, in processes of its own."""

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)

    milliseconds = []
    for _ in range(runs):
        report = python("-X", "importtime", "-c", "import cdk_lambda_patterns").stderr
        total = re.search(r"\| *(\d+) \| cdk_lambda_patterns$", report, flags=re.MULTILINE)
        assert total is not None
        milliseconds.append(int(total[1]) / 1000)
    return Import(milliseconds=min(milliseconds), **json.loads(python("-c", _IMPORT).stdout))
