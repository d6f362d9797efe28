"""What tests of apps import: templates in milliseconds, snapshots that only change when the infrastructure does.

from cdk_lambda_patterns.testing import synthesize

def test_orders(template_snapshot):
    assert synthesize(Orders) == template_snapshot
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .normalization import normalized
    from .plugin import template_snapshot
    from .synthesis import Template, fast_app, recommended_feature_flags, synthesize

_MODULES = {
    "Template": "synthesis",
    "fast_app": "synthesis",
    "normalized": "normalization",
    "recommended_feature_flags": "synthesis",
    "synthesize": "synthesis",
    "template_snapshot": "plugin",
}

__all__ = ["Template", "fast_app", "normalized", "recommended_feature_flags", "synthesize", "template_snapshot"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the pytest plugin lives here and is loaded by every run of pytest."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
