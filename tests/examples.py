"""The examples of the documentation, for tests that deploy them or call their handlers."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
if str(EXAMPLES) not in sys.path:  # where an app of its own would stand: it imports its handlers' settings
    sys.path.append(str(EXAMPLES))


def example_stack(stem: str) -> type[cdk.Stack]:
    """The one stack that an example defines.

    Args:
        stem: The example's file, without its ending.
    """
    module = _load(EXAMPLES / f"{stem}.py")
    (stack,) = (
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, cdk.Stack) and member.__module__ == module.__name__
    )
    return stack


def example_handler(path: str) -> ModuleType:
    """A handler of the examples, as Lambda imports it: once for each test that asks, with the environment of now.

    Args:
        path: Its file among the handlers, as `bot/bot.py`.
    """
    return _load(EXAMPLES / "handlers" / path)


def _load(file: Path) -> ModuleType:
    name = f"tested_{file.parent.name}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
