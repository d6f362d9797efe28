"""Generates `FunctionKwargs`: a Lambda function's options that our constructs pass on, from the CDK's own signature.

With it mypy and pyright find a misspelt or mistyped option behind `**kwargs`, and a new version of the CDK brings its
new options along.
"""

from __future__ import annotations

import inspect
import re
import textwrap
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.function_checks import REPLACED_OPTIONS
from tests.generated.formatting import formatted

# What WellArchitectedFunction lists in its own signature, and what it does in another way: function_checks.py says how.
_OWN = {
    "code",
    "handler",
    "runtime",
    "role",
    "log_group",
    "log_retention",
    "log_removal_policy",
    "on_failure",
    "on_success",
    "retry_attempts",
    "max_event_age",
    *REPLACED_OPTIONS,
}

# Where this library's default is not the CDK's.
_PRACTICES = {
    "application_log_level_v2": "APPLICATION_LOG_LEVEL",
    "architecture": "ARCHITECTURE",
    "logging_format": "LOG_FORMAT",
    "memory_size": "MEMORY_MB",
    "recursive_loop": "RECURSIVE_LOOP",
    "system_log_level_v2": "SYSTEM_LOG_LEVEL",
    "timeout": "TIMEOUT_SECONDS",
    "tracing": "TRACING",
}

_HEADER = '''"""The options of a Lambda function that our constructs pass on to `aws_lambda.Function`.

Generated from `aws_lambda.FunctionProps` by `make generate`: do not edit. Deprecated options are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
'''
_CLASS = '''
class FunctionKwargs(TypedDict, total=False):
    """What `aws_lambda.Function` takes and our constructs pass on as it is. None is the default."""

'''
_COLLECTIONS = {Mapping: "Mapping", Sequence: "Sequence", dict: "dict", list: "list"}


def function_kwargs() -> str:
    """The text of `function/function_kwargs.py`."""
    hints = get_type_hints(lambda_.FunctionProps.__init__)
    docs = _documented_parameters(lambda_.FunctionProps.__init__)
    options = [name for name in docs if name not in _OWN and not docs[name].startswith("(deprecated)")]

    imports: set[str] = set()
    fields = [
        f'{name}: {_type_text(hints[name], imports)} | None\n"""{_docstring(name, docs[name], options)}"""'
        for name in options
    ]
    body = [_HEADER, textwrap.indent("\n".join(imports), "    "), _CLASS, textwrap.indent("\n".join(fields), "    ")]
    return formatted("\n".join(body))


def _documented_parameters(function: object) -> dict[str, str]:
    """Each parameter's text, by name, in the order of the signature."""
    parts = re.split(r"^:param (\w+): ", inspect.getdoc(function) or "", flags=re.MULTILINE)[1:]
    return {name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _docstring(name: str, text: str, options: list[str]) -> str:
    """The first sentence and the default, with options named as Python names them."""
    description, _, default = text.partition(" Default: ")
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z])", description)[0].rstrip(".")
    default = re.split(r"(?<=[.!?]) (?=[A-Z])", default)[0].rstrip(".")
    if practice := _PRACTICES.get(name):
        default = f"{getattr(practices, practice)}, see `practices.{practice}`"
    line = f"{sentence}. Default: {default}." if default else f"{sentence}."
    line = re.sub(r"``(\w+)``", lambda match: f"`{_snake(match[1], options)}`", line)
    return "\n".join(textwrap.wrap(line.replace("``", "`").replace("’", "'"), 110))  # noqa: RUF001 - the CDK's own


def _snake(name: str, options: list[str]) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return snake if snake in options else name


def _type_text(hint: Any, imports: set[str]) -> str:  # noqa: ANN401 - any annotation
    """The annotation without None, as a person writes it; what it needs is added to the imports."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not types.NoneType]
        if set(members) == {int, float}:
            return "float"  # an int is one, for a type checker
        return " | ".join(_type_text(member, imports) for member in members)
    if origin is not None:
        name = _COLLECTIONS[origin]
        if name in ("Mapping", "Sequence"):
            imports.add(f"from collections.abc import {name}")
        return f"{name}[{', '.join(_type_text(argument, imports) for argument in get_args(hint))}]"
    if hint is Any:
        imports.add("from typing import Any")
        return "Any"
    if hint.__module__ == "builtins":
        return str(hint.__name__)
    return f"{_module_name(hint.__module__, imports)}.{hint.__qualname__}"


def _module_name(module: str, imports: set[str]) -> str:
    """The name that a module of the CDK gets, imported as the project imports it everywhere."""
    if module == "aws_cdk":
        imports.add("import aws_cdk as cdk")
        return "cdk"
    package, _, service = module.rpartition(".")
    name = service.removeprefix("aws_")
    name = {"lambda": "lambda_"}.get(name, name)
    if package != "aws_cdk":
        name = f"{name.rstrip('_')}_{package.removeprefix('aws_cdk.')}"
    imports.add(f"from {package} import {service} as {name}")
    return name
