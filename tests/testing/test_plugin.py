"""The plugin as a user meets it: a run of pytest of its own, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# The user's own pytest has neither this project's settings nor, by default, the plugins of its test suite.
SNAPSHOTS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest")

TEST_OF_A_USER = """
    import aws_cdk as cdk
    from aws_cdk import aws_sqs as sqs
    from cdk_lambda_patterns.testing import synthesize

    class Orders(cdk.Stack):
        def __init__(self, scope, construct_id, **kwargs):
            super().__init__(scope, construct_id, **kwargs)
            sqs.Queue(self, "Queue", delivery_delay=cdk.Duration.seconds(1))
            cdk.CfnOutput(self, "Asset", value="a" * 64)

    def test_orders(template_snapshot):
        assert synthesize(Orders) == template_snapshot
"""


def a_test_of_a_user(pytester: pytest.Pytester, *, delay: int = 1, digest: str = "a" * 64) -> None:
    template = {"Resources": {"Queue": {"Properties": {"DelaySeconds": delay, "Asset": digest}}}}
    pytester.makepyfile(test_orders=f"def test_orders(template_snapshot): assert {template} == template_snapshot")


def test_a_snapshot_is_one_readable_json_file_beside_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_orders=TEST_OF_A_USER)

    # In a process of its own: in this one pytester would forget the CDK again, and later tests would get a second copy.
    assert pytester.runpytest_subprocess(*SNAPSHOTS, "--snapshot-update").ret == 0

    file = pytester.path / "__snapshots__" / "test_orders" / "test_orders.json"
    assert json.loads(file.read_text()) == {
        "Outputs": {"Asset": {"Value": "<asset>"}},
        "Resources": {
            "Queue4A7E3555": {
                "DeletionPolicy": "Delete",
                "Properties": {"DelaySeconds": 1},
                "Type": "AWS::SQS::Queue",
                "UpdateReplacePolicy": "Delete",
            }
        },
    }
    assert file.read_text().count("\n") == 17


def test_a_snapshot_holds_until_the_infrastructure_changes(pytester: pytest.Pytester) -> None:
    a_test_of_a_user(pytester)
    pytester.runpytest_inprocess(*SNAPSHOTS, "--snapshot-update")

    a_test_of_a_user(pytester, digest="b" * 64)
    assert pytester.runpytest_inprocess(*SNAPSHOTS).ret == 0

    a_test_of_a_user(pytester, delay=2)
    result = pytester.runpytest_inprocess(*SNAPSHOTS)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*DelaySeconds*"])


def test_a_missing_snapshot_fails(pytester: pytest.Pytester) -> None:
    a_test_of_a_user(pytester)

    result = pytester.runpytest_inprocess(*SNAPSHOTS)

    assert result.ret == 1
    assert not (pytester.path / "__snapshots__").exists()


def test_parts_of_a_template_can_be_compared_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_names(template_snapshot): assert ['Queue', 'Topic'] == template_snapshot")

    assert pytester.runpytest_inprocess(*SNAPSHOTS, "--snapshot-update").ret == 0
    assert pytester.runpytest_inprocess(*SNAPSHOTS).ret == 0


def test_the_fixture_can_be_imported_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from cdk_lambda_patterns.testing import template_snapshot

        def test_it(template_snapshot):
            assert {} == template_snapshot
    """)

    assert pytester.runpytest_inprocess(*SNAPSHOTS, "--snapshot-update").ret == 0


def test_fails_with_the_remedy_when_syrupy_is_missing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules['syrupy'] = None")
    pytester.makepyfile("def test_it(template_snapshot): ...")

    result = pytester.runpytest_subprocess("-p", "no:syrupy")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*needs syrupy: pip install syrupy, or this package *with its extra 'testing'"])


def test_a_run_without_the_fixtures_imports_neither_the_cdk_nor_syrupy_by_the_plugin(pytester: pytest.Pytester) -> None:
    code = (
        "import sys; import cdk_lambda_patterns.testing.plugin;"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'aws_cdk', 'boto3', 'jsii', 'syrupy', 'uv'}))"
    )

    result = subprocess.run([sys.executable, "-c", code], cwd=pytester.path, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_an_unknown_name_fails_like_any_other() -> None:
    with pytest.raises(ImportError, match="synthesise"):
        from cdk_lambda_patterns.testing import synthesise  # type: ignore[attr-defined]  # noqa: F401, PLC0415
