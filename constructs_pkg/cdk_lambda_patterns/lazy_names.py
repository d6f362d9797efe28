"""Public names that are imported when they are used.

Importing the CDK starts Node and takes a good part of a second, and every run of pytest imports this package's plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Make a package's `__getattr__`. Hide it from type checkers: one that saw it would accept every name.

    Args:
        package: The package's `__name__`.
        homes: The module of each name, relative to the package (`.cloud`) or absolute. One that ends with the name is
            what the name stands for.
    """

    def __getattr__(name: str) -> object:  # noqa: N807 - it becomes the package's
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(homes[name], package)
        return module if homes[name].endswith(f".{name}") else getattr(module, name)

    return __getattr__
