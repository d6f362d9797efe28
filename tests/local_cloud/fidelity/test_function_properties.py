"""Properties of functions that templates set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

KEY = "arn:aws:kms:us-east-1:000000000000:key/1"


def deployed(lab: Lab, **properties: object) -> str:
    """A function of a template, with more properties than it must have."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/x",
            "Timeout": 10,
            "Code": {"ZipFile": "import time\ndef handler(event, context): time.sleep(event)"},
            **properties,
        },
    }
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}}
    alias = {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "Name": "live",
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
        },
    }
    resources = {"Function": function, "Version": version, "Alias": alias}
    return lab.deploy(resources, {"Name": {"Ref": "Function"}})["Name"]


def configuration(lab: Lab) -> dict[str, Any]:
    name = deployed(
        lab,
        DeadLetterConfig={"TargetArn": lab.queue().arn},
        KmsKeyArn=KEY,
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    )
    return dict(lab.client("lambda").get_function_configuration(FunctionName=name, Qualifier="live"))


def test_the_template_s_properties_are_kept_also_in_versions(faithful: Lab) -> None:
    kept = configuration(faithful)

    assert kept["DeadLetterConfig"]["TargetArn"].startswith("arn:aws:sqs:")
    assert kept["KMSKeyArn"] == KEY
    assert kept["VpcConfig"]["SubnetIds"] == ["subnet-1"]


def test_the_published_emulator_drops_them(stock: Lab) -> None:
    assert not {"DeadLetterConfig", "KMSKeyArn", "VpcConfig"} & configuration(stock).keys()


def throttled(lab: Lab, reference: str) -> int:
    """How many of three invocations at once are throttled."""

    def invoke(_: int) -> bool:
        try:
            lab.invoke(reference, 0.7)
        except ClientError as error:
            return error.response["Error"]["Code"] == "TooManyRequestsException"
        return False

    with ThreadPoolExecutor(3) as pool:
        return sum(pool.map(invoke, range(3)))


def test_the_alias_shares_the_concurrency_that_the_template_reserves(faithful: Lab) -> None:
    name = deployed(faithful, ReservedConcurrentExecutions=2)

    assert faithful.client("lambda").get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 2
    assert throttled(faithful, f"{name}:live") == 1


def test_a_reserved_concurrency_of_zero_stops_the_function(faithful: Lab) -> None:
    name = deployed(faithful, ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError, match="TooManyRequestsException"):
        faithful.invoke(f"{name}:live", 0)


def test_the_published_emulator_reserves_nothing(stock: Lab) -> None:
    name = deployed(stock, ReservedConcurrentExecutions=0)

    assert stock.invoke(f"{name}:live", 0).error is None
