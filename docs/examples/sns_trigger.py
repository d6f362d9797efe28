from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, SnsTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Invoices(cdk.Stack):
    """Invoices, and not the other messages of a topic."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        book = WellArchitectedFunction(
            self, "Book", code=PythonCode.from_folder(HANDLERS / "invoices"), handler="invoices.handler"
        )
        messages = SnsTrigger(self, "Messages", function=book, filter_policy={"kind": ["invoice"]})
        cdk.CfnOutput(self, "TopicArn", value=messages.topic.topic_arn)
