"""What tests of apps import: templates in milliseconds, snapshots that only change when the infrastructure does.

from cdk_lambda_patterns.testing import synthesize

def test_orders(template_snapshot):
    assert synthesize(Orders) == template_snapshot
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.lazy_names import lazy_names

if TYPE_CHECKING:
    from cdk_lambda_patterns.checks.assertions import assert_no_findings as assert_no_findings

    from .edge import (
        EdgeFunctionError as EdgeFunctionError,
        edge_request as edge_request,
        edge_response as edge_response,
        run_edge_handler as run_edge_handler,
    )
    from .normalization import normalized as normalized
    from .plugin import template_snapshot as template_snapshot
    from .synthesis import (
        Template as Template,
        fast_app as fast_app,
        recommended_feature_flags as recommended_feature_flags,
        synthesize as synthesize,
    )
    from .viewer import (
        ViewerFunctionError as ViewerFunctionError,
        run_viewer_function as run_viewer_function,
        viewer_request as viewer_request,
        viewer_response as viewer_response,
    )

_MODULES = {
    "EdgeFunctionError": ".edge",
    "Template": ".synthesis",
    "ViewerFunctionError": ".viewer",
    "assert_no_findings": "cdk_lambda_patterns.checks.assertions",
    "edge_request": ".edge",
    "edge_response": ".edge",
    "fast_app": ".synthesis",
    "normalized": ".normalization",
    "recommended_feature_flags": ".synthesis",
    "run_edge_handler": ".edge",
    "run_viewer_function": ".viewer",
    "synthesize": ".synthesis",
    "template_snapshot": ".plugin",
    "viewer_request": ".viewer",
    "viewer_response": ".viewer",
}

__all__ = [
    "EdgeFunctionError",
    "Template",
    "ViewerFunctionError",
    "assert_no_findings",
    "edge_request",
    "edge_response",
    "fast_app",
    "normalized",
    "recommended_feature_flags",
    "run_edge_handler",
    "run_viewer_function",
    "synthesize",
    "template_snapshot",
    "viewer_request",
    "viewer_response",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
