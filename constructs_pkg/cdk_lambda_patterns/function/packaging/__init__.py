"""Python code and layers for Lambda: dependencies resolved with uv for the target, without Docker."""

from __future__ import annotations

from .bundle import bundling_errors as bundling_errors
from .package_size import check_with_layers as check_with_layers
from .python_code import PythonCode as PythonCode
from .python_layer import PythonLayer as PythonLayer

__all__ = ["PythonCode", "PythonLayer", "bundling_errors", "check_with_layers"]
