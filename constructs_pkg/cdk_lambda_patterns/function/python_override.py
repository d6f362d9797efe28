"""Methods of the CDK's classes that are replaced for callers in Python."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Method = TypeVar("Method", bound="Callable[..., Any]")


def python_override(method: Method) -> Method:
    """Replace a method of a class of the CDK without telling Node.

    jsii would have Node call every function that replaces one of its own, also from the constructor of the CDK's class:
    a message each time, to an object that Python does not know yet. It looks for functions, and this is none.

    Args:
        method: The method.
    """
    return cast("Method", _PythonMethod(method))


class _PythonMethod:
    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, instance: object, owner: type) -> Callable[..., Any]:
        return self._method if instance is None else MethodType(self._method, instance)
