from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import PythonCode, S3BatchOperations, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Labels(cdk.Stack):
    """Photos that are there already get a label, a job at a time."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        photos = s3.Bucket(self, "Photos", enforce_ssl=True, minimum_tls_version=1.2)
        label = WellArchitectedFunction(
            self,
            "Label",
            code=PythonCode.from_requirements(HANDLERS / "labels" / "requirements.txt", exclude=["*.in"]),
            handler="label.handler",
        )
        objects = photos.arn_for_objects("photos/*")
        label.add_to_role_policy(iam.PolicyStatement(actions=["s3:PutObjectTagging"], resources=[objects]))

        jobs = S3BatchOperations(self, "Jobs", function=label, manifests=photos, user_arguments={"owner": "marketing"})
        cdk.CfnOutput(self, "Job", value=jobs.job_as_text())

        for construct, finding, reason in (
            (photos, "S1", "CloudTrail's data events tell who read and wrote, sooner than logs"),
            (label, "IAM5[Resource::<PhotosB9552D0D.Arn>/photos/*]", "users choose the photos' names"),
        ):
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
            cdk.Validations.of(construct).acknowledge(acknowledgment)
