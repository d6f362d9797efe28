"""The files of this project that are made from others, never by hand.

A generator is a function that returns text; listing it here is all there is to do: `make generate` writes its file, and
a test fails when the committed one is stale.
"""

from __future__ import annotations

from pathlib import Path

from tests.generated.checks_data import actions, runtimes
from tests.generated.command_line_page import command_line_page
from tests.generated.function_kwargs import function_kwargs
from tests.generated.local_cloud_page import local_cloud_page
from tests.generated.pictures import pictures
from tests.generated.public_api import public_api
from tests.generated.reference_pages import api_pages, errors_page, practices_page, quotas_page
from tests.generated.rule_pages import rule_pages

ROOT = Path(__file__).parents[2]


def generated_files() -> dict[str, str]:
    """The text of each generated file, by its path in the project."""
    return {
        "constructs_pkg/cdk_lambda_patterns/checks/data/actions.json": actions(),
        "constructs_pkg/cdk_lambda_patterns/checks/data/runtimes.json": runtimes(),
        "constructs_pkg/cdk_lambda_patterns/function/function_kwargs.py": function_kwargs(),
        "docs/guides/local-cloud-fidelity.md": local_cloud_page(),
        **api_pages(),
        "docs/reference/command-line.md": command_line_page(),
        "docs/reference/errors.md": errors_page(),
        "docs/reference/practices.md": practices_page(),
        "docs/reference/quotas.md": quotas_page(),
        **pictures(),
        **rule_pages(),
        "tests/generated/public_api.json": public_api(),
    }
