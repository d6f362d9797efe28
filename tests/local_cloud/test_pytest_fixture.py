"""The fixtures of the pytest plugin, in test suites of their own."""

from __future__ import annotations

import pytest

from cdk_lambda_patterns.local_cloud.environment import cache_folder

pytestmark = pytest.mark.local_cloud

CACHE = cache_folder().parent  # suites run with a home of their own


@pytest.fixture(autouse=True)
def _cache(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    del pytester
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))


def test_each_test_gets_an_empty_cloud_even_after_one_that_ended_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os, signal, time

        ENDPOINTS = []

        def test_fills_it(local_cloud):
            ENDPOINTS.append(local_cloud.endpoint)
            local_cloud.client("sqs").create_queue(QueueName="queue")

        def test_finds_the_same_one_empty(local_cloud):
            assert local_cloud.endpoint == ENDPOINTS[0]
            assert not local_cloud.client("sqs").list_queues().get("QueueUrls")
            os.kill(local_cloud.process.pid, signal.SIGKILL)
            while local_cloud.running:
                time.sleep(0.01)

        def test_gets_another_when_it_has_ended(local_cloud):
            assert local_cloud.running
            assert local_cloud.endpoint != ENDPOINTS[0]
            print("pid", local_cloud.process.pid)
        """
    )

    result = pytester.runpytest("-p", "no:cacheprovider", "-s")

    result.assert_outcomes(passed=3)
    pid = result.stdout.str().partition("pid ")[2].split()[0]
    assert pytester.run("ps", "-o", "pid=", "-p", pid).ret != 0, "it ends with the session"


def test_the_shared_one_keeps_what_fixtures_deploy_beside_the_others(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def queue(shared_local_cloud):
            return shared_local_cloud.client("sqs").create_queue(QueueName="queue")["QueueUrl"]

        @pytest.mark.parametrize("time", [1, 2])
        def test_it_is_there(queue, shared_local_cloud, local_cloud, time):
            assert len(shared_local_cloud.client("sqs").list_queues()["QueueUrls"]) == 1
            assert not local_cloud.client("sqs").list_queues().get("QueueUrls")
        """
    )

    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_suite_decides_how_its_clouds_are_started(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def local_cloud_options():
            return {"region": "eu-central-1", "account": "123456789012"}
        """
    )
    pytester.makepyfile(
        """
        def test_it(local_cloud):
            identity = local_cloud.client("sts").get_caller_identity()
            assert identity["Account"] == "123456789012"
            assert local_cloud.region == "eu-central-1"
        """
    )

    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_each_worker_of_xdist_has_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pathlib, pytest, time

        @pytest.mark.parametrize("number", range(2))
        def test_it(local_cloud, number, testrun_uid):
            here = pathlib.Path(f"endpoint-{number}")
            other = pathlib.Path(f"endpoint-{1 - number}")
            here.write_text(local_cloud.endpoint)
            deadline = time.monotonic() + 30
            while not (other.exists() and other.read_text()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert other.read_text() != local_cloud.endpoint
        """
    )

    pytester.runpytest("-p", "no:cacheprovider", "-n", "2").assert_outcomes(passed=2)
