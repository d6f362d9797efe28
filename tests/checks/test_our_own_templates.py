"""What this library makes itself is clean: every example of the documentation, and the sample app."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_lambda_patterns.checks import assert_no_findings

TESTS = Path(__file__).parents[1]
SNAPSHOTS = sorted(
    file for folder in ("docs", "sample_app") for file in (TESTS / folder).rglob("__snapshots__/**/*.json")
)


def name(file: Path) -> str:
    return file.stem.rpartition("[")[2].rstrip("]")


def test_there_are_templates_to_check() -> None:
    assert len(SNAPSHOTS) >= 10


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=name)
def test_a_template_of_ours_is_clean_and_leaves_nothing_to_guess(snapshot: Path) -> None:
    report = assert_no_findings(snapshot)

    assert [outcome.message for outcome in report.undecided] == []
