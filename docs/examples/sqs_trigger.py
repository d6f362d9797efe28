from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, SqsTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class OrdersQueue(cdk.Stack):
    """Orders in groups, each group in order, ten functions at once at most."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        process = WellArchitectedFunction(
            self,
            "Process",
            code=PythonCode.from_folder(HANDLERS / "orders"),
            handler="orders.handler",
            environment={"TABLE_NAME": "orders"},
        )
        orders = SqsTrigger(self, "Orders", function=process, fifo=True, max_concurrency=10)
        cdk.CfnOutput(self, "QueueUrl", value=orders.queue.queue_url)
