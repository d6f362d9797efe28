"""The public API as a file: what a user may rely on, so that a change of it is seen in review.

Made from the `__all__` of the package and of the parts that have one.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import cdk_lambda_patterns

if TYPE_CHECKING:
    from types import ModuleType


def public_objects() -> dict[str, Any]:
    """Each public object by the name that a user imports it by, for example `cdk_lambda_patterns.SqsTrigger`."""
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in _public_modules()
        for name in getattr(module, "__all__", ())
    }


def public_api() -> str:
    """The text of `public_api.json`."""
    described = {name: _described(thing) for name, thing in public_objects().items()}
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def own_classes(cls: type) -> list[type]:
    """The class and those of its bases that are ours, not the CDK's."""
    return [base for base in inspect.getmro(cls) if base.__module__.startswith(f"{cdk_lambda_patterns.__name__}.")]


def _public_modules() -> list[ModuleType]:
    parts = [module.name for module in pkgutil.iter_modules(cdk_lambda_patterns.__path__) if module.ispkg]
    return [cdk_lambda_patterns, *(import_module(f"{cdk_lambda_patterns.__name__}.{part}") for part in parts)]


def _described(thing: Any) -> Any:  # noqa: ANN401 - anything can be public
    if inspect.isclass(thing):
        return _class(thing)
    if inspect.isroutine(thing):
        return str(inspect.signature(thing))
    if inspect.ismodule(thing):
        return {name: _described(getattr(thing, name)) for name in getattr(thing, "__all__", ())}
    return type(thing).__name__


def _class(cls: type) -> Any:  # noqa: ANN401 - JSON
    if issubclass(cls, Enum):
        return {member.name: member.value for member in cls}
    members: dict[str, str] = {}
    for base in reversed(own_classes(cls)):
        if is_dataclass(base):
            members |= {field.name: str(field.type) for field in fields(base)}
        members |= {name: str(kind) for name, kind in inspect.get_annotations(base).items()}
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)  # what a classmethod wraps
            if isinstance(member, property) and member.fget is not None:
                members[name] = f"property -> {inspect.signature(member.fget).return_annotation}"
            elif inspect.isfunction(function):
                members[f"{name}()"] = str(inspect.signature(function))
    # The metaclass of jsii hides the signature of the class.
    members["__init__()"] = str(inspect.signature(cls.__init__))
    return {name: kind for name, kind in members.items() if not name.startswith("_") or name == "__init__()"}
