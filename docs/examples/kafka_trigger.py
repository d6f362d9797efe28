from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import KafkaTrigger, MskCluster, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"
CLUSTER = "arn:aws:kafka:eu-central-1:111122223333:cluster/shop/2f0c7bb4-5ce1-4c3d-9d0a-6f1f0b8c2a11-4"


class Sales(cdk.Stack):
    """The topic of sales, read from an MSK cluster with the function's role, as one consumer group."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        add_up = WellArchitectedFunction(
            self, "AddUp", code=PythonCode.from_folder(HANDLERS / "sales"), handler="sales.handler"
        )
        KafkaTrigger(
            self, "Sales", function=add_up, cluster=MskCluster(CLUSTER), topic="sales", consumer_group_id="add-up"
        )
