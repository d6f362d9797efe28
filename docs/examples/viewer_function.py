from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import ViewerFunction

HANDLERS = Path(__file__).parent / "handlers"


class Handbook(cdk.Stack):
    """A website whose old addresses lead to the new ones."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, env=cdk.Environment(region="us-east-1"))
        moved = ViewerFunction(
            self,
            "Moved",
            code=cloudfront.FunctionCode.from_file(file_path=str(HANDLERS / "moved" / "moved.js")),
            key_values=HANDLERS / "moved" / "moved.json",
        )

        logs = s3.Bucket(self, "Logs", enforce_ssl=True, object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED)
        pages = s3.Bucket(self, "Pages", enforce_ssl=True)
        site = cloudfront.Distribution(
            self,
            "Site",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(pages),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                function_associations=[moved.at(cloudfront.FunctionEventType.VIEWER_REQUEST)],
            ),
            log_bucket=logs,
        )
        cdk.CfnOutput(self, "Address", value=site.domain_name)

        for construct, finding, reason in (
            (logs, "S1", "CloudFront alone writes here"),
            (pages, "S1", "CloudFront alone reads here, and its own log says for whom"),
            (site, "CFR1", "the handbook is for readers everywhere"),
            (site, "CFR2", "only files are served, and nothing is sent in"),
            (site, "CFR4", "CloudFront's own name and certificate are used"),
        ):
            cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
