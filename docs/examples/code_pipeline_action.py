from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_codepipeline as codepipeline, aws_codepipeline_actions as actions, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import CodePipelineAction, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Releases(cdk.Stack):
    """A pipeline that copies a page to where it is read, and looks whether it is there."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        check = WellArchitectedFunction(
            self, "Check", code=PythonCode.from_folder(HANDLERS / "releases"), handler="check.handler"
        )
        pages = s3.Bucket(self, "Pages", versioned=True, enforce_ssl=True, minimum_tls_version=1.2)
        sources = codepipeline.Artifact()
        pipeline = codepipeline.Pipeline(
            self, "Pipeline", pipeline_type=codepipeline.PipelineType.V2, artifact_bucket=pages
        )
        source = actions.S3SourceAction(
            action_name="Pages", bucket=pages, bucket_key="pages.zip", output=sources, trigger=actions.S3Trigger.NONE
        )
        pipeline.add_stage(stage_name="Source", actions=[source])

        release = pipeline.add_stage(stage_name="Release")
        release.add_action(
            actions.S3DeployAction(action_name="Copy", bucket=pages, object_key="www", input=sources, run_order=1)
        )
        release.add_action(
            CodePipelineAction(
                function=check,
                action_name="Look",
                user_parameters={"url": "https://www.example.com", "text": "Example Domain"},
                run_order=2,
            )
        )

        self._acknowledge(pages, "S1", "CloudTrail's data events tell who read and wrote, sooner than logs")
        for action in ("GetObject", "GetBucket", "List", "DeleteObject", "Abort"):
            self._acknowledge(pipeline, f"IAM5[Action::s3:{action}*]", "what the CDK lets a pipeline do with artifacts")
        self._acknowledge(pipeline, "IAM5[Resource::<Pages127DFD1A.Arn>/*]", "CodePipeline names its artifacts")

    @staticmethod
    def _acknowledge(construct: Construct, finding: str, reason: str) -> None:
        acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
        cdk.Validations.of(construct).acknowledge(acknowledgment)
