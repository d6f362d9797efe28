from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import FunctionVpc, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Invoices(cdk.Stack):
    """A function in private subnets, with a way to what it was granted and to nothing else."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        orders = dynamodb.TableV2(
            self, "Orders", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        )
        printing_arn = self.format_arn(service="sqs", resource="printing")
        printing = sqs.Queue.from_queue_arn(self, "Printing", printing_arn)
        vpc = FunctionVpc(self, "Vpc")
        send = WellArchitectedFunction(
            self,
            "Send",
            code=PythonCode.from_folder(HANDLERS / "printing"),
            handler="printing.handler",
            environment={"TABLE_NAME": orders.table_name, "QUEUE_URL": printing.queue_url},
            vpc=vpc,
        )
        orders.grants.read_data(send)
        printing.grant_send_messages(send)
        vpc.add_endpoints_for(send)  # SQS: the table is reached through the gateway that is there
