from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import EdgeFunction, PythonCode

HANDLERS = Path(__file__).parent / "handlers"


class Magazine(cdk.Stack):
    """A website in several languages: a function at the edge chooses the folder."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, env=cdk.Environment(region="us-east-1"))
        languages = EdgeFunction(
            self, "Languages", code=PythonCode.from_folder(HANDLERS / "languages"), handler="languages.handler"
        )

        logs = s3.Bucket(self, "Logs", enforce_ssl=True, object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED)
        pages = s3.Bucket(self, "Pages", enforce_ssl=True)
        site = cloudfront.Distribution(
            self,
            "Site",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(pages),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=cloudfront.CachePolicy(
                    self,
                    "ByLanguage",
                    header_behavior=cloudfront.CacheHeaderBehavior.allow_list("Accept-Language"),
                ),
                edge_lambdas=[languages.at(cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST)],
            ),
            log_bucket=logs,
        )
        cdk.CfnOutput(self, "Address", value=site.domain_name)

        for construct, finding, reason in (
            (logs, "S1", "CloudFront alone writes here"),
            (pages, "S1", "CloudFront alone reads here, and its own log says for whom"),
            (site, "CFR1", "the magazine is for readers everywhere"),
            (site, "CFR2", "only files are served, and nothing is sent in"),
            (site, "CFR4", "CloudFront's own name and certificate are used"),
        ):
            cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
