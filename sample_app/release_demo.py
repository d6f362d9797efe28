"""Releases a function on a local cloud while it has customers: `python -m sample_app.release_demo`.

One version fails for some of them. Its smoke test does not see it, its alarm does: it loses its traffic again, and the
repaired one takes over. All that is printed of them is read from the cloud. The exit status is 0 only if all of it
happened.
"""

# ruff: noqa: T201 - it is for people to read
from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_lambda_patterns.errors import LocalCloudError
from sample_app.demo import PROJECT, Steps, local_cloud, print_table, run

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from cdk_lambda_patterns.local_cloud import Deployment, Function, LocalCloud

QUOTES = PROJECT / "sample_app" / "quotes"
STACK = "Quotes"
RATES = {"EUR": 0.86, "JPY": 150.0}
WITHOUT_YEN = {"EUR": 0.86}
REPAIRED = {"EUR": 0.86, "JPY": 151.0}

_BETWEEN_CUSTOMERS_SECONDS = 0.02
_WORDS = {"Succeeded": "live", "ALARM_ACTIVE": "rolled back by its alarm"}


class Outcome(NamedTuple):
    """What became of a version."""

    version: str
    difference: str
    most: str
    answered: str
    failed: str
    fate: str


def main() -> int:
    """Run the demo and return its exit status."""
    return run(_demonstrate)


def _demonstrate(steps: Steps) -> None:
    begin = time.monotonic()
    with local_cloud(steps) as cloud:
        with steps.step("deploy with cdk deploy"):
            deployment = _deploy(cloud, RATES)
            quote = deployment.function("Quote")
            steps.say(f"{len(deployment.resources)} resources, version {quote.invoke(_order('EUR')).version} is live")
        with _customers(steps, quote) as traffic:
            time.sleep(1)
            second = _release(steps, cloud, traffic, "one without yen", WITHOUT_YEN, expected="ALARM_ACTIVE")
            third = _release(steps, cloud, traffic, "a repaired one", REPAIRED, expected="Succeeded")
        outcomes = [
            traffic.outcome("1", "the first", "replaced by version 3"),
            traffic.outcome("2", "without yen", second),
            traffic.outcome("3", "repaired", third),
        ]
    print_table(("version", "", "traffic", "answered", "failed", ""), outcomes)
    print(f"\nAll of it happened, in {time.monotonic() - begin:.1f} s.")


def _deploy(cloud: LocalCloud, rates: Mapping[str, float]) -> Deployment:
    return cloud.deploy(QUOTES, context={"rates": json.dumps(rates)})


def _release(
    steps: Steps, cloud: LocalCloud, traffic: Traffic, title: str, rates: Mapping[str, float], *, expected: str
) -> str:
    """Deploy another version while customers come, see that its release ends as it must, and return how that is."""
    with steps.step(f"release {title}"):
        try:
            _deploy(cloud, rates)
        except LocalCloudError:
            # That it is the release which failed, and why, is CodeDeploy's to say.
            if not _releases(cloud):
                raise
        traffic.wait_for_customers()
        release = _releases(cloud)[-1]
        error = release.get("errorInformation", {})
        outcome: str = error.get("code", release["status"])
        if outcome != expected:
            raise LocalCloudError(f"the release of {title} ended with {release['status']}: {error.get('message', '')}")
        stack = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        steps.say(stack["StackStatus"], *filter(None, [error.get("message")]))
    return _WORDS[outcome]


def _releases(cloud: LocalCloud) -> list[dict[str, Any]]:
    """What CodeDeploy says of each release, rollbacks apart, the first one first."""
    code_deploy = cloud.client("codedeploy")
    ids = code_deploy.list_deployments()["deployments"]
    found = [code_deploy.get_deployment(deploymentId=id_)["deploymentInfo"] for id_ in reversed(ids)]
    return [deployment for deployment in found if deployment["creator"] == "user"]


def _order(currency: str) -> dict[str, Any]:
    return {"dollars": 20, "currency": currency}


@contextmanager
def _customers(steps: Steps, quote: Function) -> Generator[Traffic]:
    """Customers who come, one after the other, until it ends."""
    traffic = Traffic(steps, quote)
    coming = threading.Thread(target=traffic.flow, name="customers")
    coming.start()
    try:
        yield traffic
    finally:
        traffic.over.set()
        coming.join()


class Traffic:
    """Customers who ask for prices in all currencies, and what they get."""

    def __init__(self, steps: Steps, quote: Function) -> None:
        self.over = threading.Event()
        self._steps = steps
        self._quote = quote
        self._answered: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    def flow(self) -> None:
        """Serve customers until it is over, and tell how the traffic is shared whenever that changes."""
        functions = self._quote.cloud.client("lambda")
        shared: dict[str, int] = {}
        for currency in itertools.cycle(RATES):
            if self.over.wait(_BETWEEN_CUSTOMERS_SECONDS):
                return
            alias = functions.get_alias(FunctionName=self._quote.physical_id, Name="live")
            weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            shares = {version: round(100 * weight) for version, weight in weights.items()}
            shares[alias["FunctionVersion"]] = 100 - sum(shares.values())
            if shared and shares != shared:
                self._tell(shares, of={*shares, *shared})
            shared = shares
            self._most |= Counter(shares)
            answer = self._quote.invoke(_order(currency), qualifier="live")
            (self._failed if answer.error else self._answered)[answer.version] += 1

    def wait_for_customers(self) -> None:
        """Let some more come: who has all the traffic now is to be seen."""
        before = self._answered.total() + self._failed.total()
        deadline = time.monotonic() + 10
        while self._answered.total() + self._failed.total() < before + len(RATES):
            if time.monotonic() > deadline:
                raise TimeoutError("no customer was served for 10 s")
            time.sleep(_BETWEEN_CUSTOMERS_SECONDS)

    def outcome(self, version: str, difference: str, fate: str) -> Outcome:
        """A line of the table."""
        answered, failed = str(self._answered[version]), str(self._failed[version])
        return Outcome(version, difference, f"up to {self._most[version]} %", answered, failed, fate)

    def _tell(self, shares: Mapping[str, int], *, of: set[str]) -> None:
        said = ", ".join(f"version {version} {share} %" for version, share in sorted(shares.items()))
        for version in sorted(of):
            if self._failed[version]:
                came = self._failed[version] + self._answered[version]
                said += f"; version {version} failed for {self._failed[version]} of {came} customers"
        self._steps.tell(said)


if __name__ == "__main__":
    sys.exit(main())
