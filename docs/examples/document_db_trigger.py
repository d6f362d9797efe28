from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_docdb as docdb, aws_secretsmanager as secretsmanager, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import DocumentDbTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"
USER = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:library/reader-a1B2c3"


class Library(cdk.Stack):
    """Documents of a DocumentDB cluster as they change; those that nobody can read are set aside."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        set_aside = sqs.Queue(self, "SetAside", enforce_ssl=True, retention_period=cdk.Duration.days(14))
        index = WellArchitectedFunction(
            self,
            "Index",
            code=PythonCode.from_folder(HANDLERS / "documents"),
            handler="documents.handler",
            environment={"SET_ASIDE_URL": set_aside.queue_url},
        )
        set_aside.grant_send_messages(index)
        DocumentDbTrigger(
            self,
            "Changes",
            function=index,
            cluster=docdb.DatabaseCluster.from_database_cluster_attributes(
                self, "Cluster", cluster_identifier="library"
            ),
            secret=secretsmanager.Secret.from_secret_complete_arn(self, "User", USER),
            database="library",
            collection="documents",
            full_document="UpdateLookup",
        )
        cdk.Validations.of(set_aside).acknowledge(
            cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="it is where failures end")
        )
