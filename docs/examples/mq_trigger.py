from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import MqTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"
BROKER = "arn:aws:mq:eu-central-1:111122223333:broker:mail:b-8f1c2f30-55a4-4d0e-9c6d-0f6f5a0b7e21"
USER = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:mail/reader-a1B2c3"


class Mail(cdk.Stack):
    """Letters from a RabbitMQ broker; those that nobody can read are set aside."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        set_aside = sqs.Queue(self, "SetAside", enforce_ssl=True, retention_period=cdk.Duration.days(14))
        sort = WellArchitectedFunction(
            self,
            "Sort",
            code=PythonCode.from_folder(HANDLERS / "letters"),
            handler="letters.handler",
            environment={"SET_ASIDE_URL": set_aside.queue_url},
        )
        set_aside.grant_send_messages(sort)
        user = secretsmanager.Secret.from_secret_complete_arn(self, "User", USER)
        MqTrigger(self, "Letters", function=sort, broker=BROKER, queue="letters", virtual_host="/", secret=user)
        cdk.Validations.of(set_aside).acknowledge(
            cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="it is where failures end")
        )
