"""Every example of the documentation is an app that works: synthesized, reviewed as a snapshot, and without findings.

An example is a file in `docs/examples` that defines exactly one stack: written for readers, tested as it stands.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.examples import EXAMPLES as FOLDER, example_stack
from tests.findings import cfn_lint_findings, synthesis_findings

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

ROOT = Path(__file__).parents[2]
EXAMPLES = {file.stem: file for file in sorted(FOLDER.glob("*.py"))}


the_stack_of = cache(example_stack)


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_on_a_page(example: str) -> None:
    pages = [page.read_text() for page in (ROOT / "docs").rglob("*.md") if "site" not in page.parts]

    assert any(f'--8<-- "examples/{example}.py"' in page for page in pages), f"include {example}.py in a guide"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_makes_the_template_that_was_reviewed(example: str, template_snapshot: SnapshotAssertion) -> None:
    assert synthesize(the_stack_of(example)) == template_snapshot


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_no_findings_of_our_own_checks(example: str) -> None:
    app = fast_app()
    stack = the_stack_of(example)
    stack(app, stack.__name__)

    assert_no_findings(app)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_no_findings_of_cdk_nag_and_the_cdk(example: str, tmp_path: Path) -> None:
    assert synthesis_findings(the_stack_of(example), tmp_path) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_no_findings_of_cfn_lint(example: str) -> None:
    assert cfn_lint_findings(synthesize(the_stack_of(example))) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_the_same_resources_with_the_recommended_feature_flags(example: str) -> None:
    """What the CDK would do in its own way under a flag, the library does in one way."""
    stack = the_stack_of(example)

    assert types_in(synthesize(stack, recommended_flags=True)) == types_in(synthesize(stack))


def types_in(template: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    return sorted(resource["Type"] for resource in template["Resources"].values())
