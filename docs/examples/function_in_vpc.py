from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_lambda_patterns import PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Inventory(cdk.Stack):
    """A function in a VPC, which reaches a service of AWS without the internet."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Functions", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
            flow_logs={"Rejected": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.REJECT)},
        )
        queues = vpc.add_interface_endpoint("Queues", service=ec2.InterfaceVpcEndpointAwsService.SQS, open=False)

        count = WellArchitectedFunction(
            self,
            "Count",
            code=PythonCode.from_folder(HANDLERS / "inventory"),
            handler="count.handler",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            allow_all_outbound=False,
        )
        count.connections.allow_to(queues, ec2.Port.HTTPS, "SQS")
