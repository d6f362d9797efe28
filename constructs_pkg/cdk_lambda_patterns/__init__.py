"""AWS Lambda done right, in Python CDK, and proven before it is deployed.

The public names are imported when they are used: importing this package loads neither the CDK nor Node.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import ValidationError as ValidationError
    from .function.container_image import ContainerImage as ContainerImage
    from .function.packaging import PythonCode as PythonCode, PythonLayer as PythonLayer
    from .function.well_architected_function import WellArchitectedFunction as WellArchitectedFunction
    from .function.well_architected_image_function import WellArchitectedImageFunction as WellArchitectedImageFunction
    from .triggers.s3_trigger import S3Trigger as S3Trigger

_HOMES = {
    "ContainerImage": ".function.container_image",
    "PythonCode": ".function.packaging",
    "PythonLayer": ".function.packaging",
    "S3Trigger": ".triggers.s3_trigger",
    "ValidationError": ".errors",
    "WellArchitectedFunction": ".function.well_architected_function",
    "WellArchitectedImageFunction": ".function.well_architected_image_function",
}

__all__ = [
    "ContainerImage",
    "PythonCode",
    "PythonLayer",
    "S3Trigger",
    "ValidationError",
    "WellArchitectedFunction",
    "WellArchitectedImageFunction",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
